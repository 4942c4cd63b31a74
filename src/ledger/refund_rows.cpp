#include "ledger/refund_rows.hpp"

#include <utility>

#include "ledger/entry_rows.hpp"
#include "ledger/row_reader.hpp"
#include "ledger/row_values.hpp"

namespace wxpay::ledger {

RefundRow to_row(std::int64_t seq, const Refund& refund) {
  const auto& intent = refund.intent;
  return {seq,
          value_of(intent.mch_id),
          EndedText{intent.out_refund_no.text()},
          value_of(intent.out_trade_no),
          static_cast<std::int64_t>(refund.state),
          value_of(intent.refund_fee),
          value_of(intent.total_fee),
          value_of(refund.refund_id),
          value_of(intent.reason),
          value_of(intent.notify_url),
          to_string(intent.funds_account),
          value_of(refund.sent_at),
          value_of(refund.success_at),
          value_of(refund.created_at),
          value_of(refund.updated_at)};
}

StoredRefund read_refund(std::span<const Value> row, std::string_view ledger) {
  RowReader reader{row, refund_columns, ledger, "refund", refund_place_of("out_refund_no")};
  const auto seq = reader.integer();
  auto mch_id = MerchantId{reader.text()};
  auto out_refund_no = OutRefundNo::trusted(reader.text());
  auto out_trade_no = OutTradeNo::trusted(reader.text());
  const auto state = reader.state(RefundState::failed);
  RefundIntent intent{.mch_id = std::move(mch_id),
                      .out_trade_no = std::move(out_trade_no),
                      .out_refund_no = std::move(out_refund_no),
                      .refund_fee = Fen{0},
                      .total_fee = Fen{0}};
  take(reader, intent.refund_fee);
  take(reader, intent.total_fee);
  auto refund_id = RefundId{reader.text()};
  intent.reason = reader.text();
  intent.notify_url = reader.text();
  intent.funds_account = reader.name(parse_funds_account, "funds account");
  Refund refund{.intent = std::move(intent), .state = state, .refund_id = std::move(refund_id)};
  refund.sent_at = reader.time();
  refund.success_at = reader.optional_time();
  refund.created_at = reader.time();
  refund.updated_at = reader.time();
  return {seq, std::move(refund)};
}

HistoryEntry read_refund_entry(std::span<const Value> row, const OutRefundNo& number,
                               std::string_view ledger) {
  RowReader reader{row, entry_columns, ledger, "history entry", 0};
  HistoryEntry entry;
  entry.number = reader.integer();
  reader.skip();  // the key of an order
  entry.at = reader.time();
  const auto from = reader.optional_state(RefundState::failed);
  const auto to = reader.state(RefundState::failed);
  entry.refund = RefundChange{number, from, to};
  entry.source = reader.name(parse_evidence_source, "source");
  entry.actor = reader.text();
  entry.reason = reader.text();
  entry.digest = reader.text();
  return entry;
}

}  // namespace wxpay::ledger
