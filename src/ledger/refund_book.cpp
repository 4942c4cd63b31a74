#include "ledger/refund_book.hpp"

#include <algorithm>
#include <utility>

#include "domain/refund_turns.hpp"
#include "ledger/damage.hpp"
#include "ledger/entry_rows.hpp"
#include "ledger/hash_chain.hpp"
#include "ledger/subject.hpp"

namespace wxpay::ledger {

namespace {

/// Keys are counted from 1, so a higher one was not given by this program.
constexpr std::int64_t highest_refund_seq = std::int64_t{1} << 60U;

/// A refund that another system began, as a query's answer tells of it. It holds no amount yet, so that
/// settle holds its amount against what is left.
std::optional<Refund> taken_over(const Order* order, const RefundEvidence& evidence,
                                 std::chrono::sys_seconds now) {
  const bool is_proved = evidence.source == EvidenceSource::query && evidence.refund_fee &&
                         (is_accepted(evidence.state) || evidence.state == RefundState::closed);
  if (!is_proved || order == nullptr || !is_paid(order->state)) return std::nullopt;
  RefundIntent intent{.mch_id = order->intent.merchant.mch_id,
                      .out_trade_no = order->intent.out_trade_no,
                      .out_refund_no = evidence.out_refund_no,
                      .refund_fee = *evidence.refund_fee,
                      .total_fee = order->intent.total_fee};
  return Refund{.intent = std::move(intent),
                .state = RefundState::failed,
                .sent_at = now,
                .created_at = now,
                .updated_at = now};
}

bool names_another_payment(const Order* order, const RefundEvidence& evidence) {
  return order != nullptr && !order->transaction_id.empty() && !evidence.transaction_id.empty() &&
         order->transaction_id != evidence.transaction_id;
}

}  // namespace

std::optional<LoadedRefund> RefundBook::find(const MerchantId& mch_id, const OutRefundNo& out_refund_no) {
  const auto rows = store_.find_refund(mch_id, out_refund_no);
  const auto row = rows->next();
  if (row.empty()) return std::nullopt;
  return LoadedRefund{read_refund(row, store_.name()), hash_subject(refund_subject, refund_columns, row)};
}

std::vector<Refund> RefundBook::of_order(const MerchantId& mch_id, const OutTradeNo& out_trade_no) {
  std::vector<Refund> refunds;
  const auto rows = store_.refunds_of(mch_id, out_trade_no);
  for (auto row = rows->next(); !row.empty(); row = rows->next()) {
    refunds.push_back(read_refund(row, store_.name()).refund);
  }
  return refunds;
}

std::optional<Refund> RefundBook::begin_refund(const RefundDecision& decision, const RefundRequest& wanted,
                                               const Order* order, std::optional<LoadedRefund> known,
                                               std::chrono::sys_seconds turn, std::chrono::sys_seconds now) {
  if (decision.plan == RefundPlan::first && order != nullptr) {
    RefundIntent intent{.mch_id = wanted.merchant.mch_id,
                        .out_trade_no = wanted.out_trade_no,
                        .out_refund_no = wanted.out_refund_no,
                        .refund_fee = decision.refund_fee,
                        .total_fee = order->intent.total_fee,
                        .reason = wanted.reason,
                        .notify_url = wanted.notify_url,
                        .funds_account = wanted.funds_account};
    return insert({.intent = std::move(intent), .sent_at = turn, .created_at = now, .updated_at = now},
                  EvidenceSource::refund, {});
  }
  if (!known) return std::nullopt;
  auto& [seq, refund] = known->stored;
  const auto from = refund.state;
  // Whoever asks about a refund believes that there is none only a while after it was sent last.
  const bool is_sent_anew = from == RefundState::failed || turn > refund.sent_at ||
                            !is_turn_believed(refund.sent_at, refund_interval, now);
  if (decision.plan != RefundPlan::again || !is_sent_anew) return std::move(refund);
  refund.state = RefundState::unknown;
  refund.sent_at = turn;
  refund.updated_at = std::max(refund.updated_at, now);
  const auto row = to_row(seq, refund);
  store_.update_refund(row);
  history_.append(refund_kind(), row,
                  new_entry(now, from, refund.state, EvidenceSource::refund, std::move(known->row_hash)));
  return std::move(refund);
}

Refund RefundBook::settle_refund(const RefundEvidence& evidence, const RefundSettlement& settlement,
                                 Refund refund, std::optional<LoadedRefund> known,
                                 std::chrono::sys_seconds now) {
  const auto from = refund.state;
  apply(refund, evidence, settlement, now);
  if (!known) return insert(std::move(refund), evidence.source, evidence.digest);
  const auto row = to_row(known->stored.seq, refund);
  store_.update_refund(row);
  auto entry = new_entry(now, from, refund.state, evidence.source, std::move(known->row_hash));
  entry.reason = evidence.reason;
  entry.digest = evidence.digest;
  if (evidence.kept) entry.details = kept_mark;
  history_.append(refund_kind(), row, std::move(entry));
  return refund;
}

Refund RefundBook::insert(Refund refund, EvidenceSource source, const std::string& digest) {
  last_seq_ = last_seq() + 1;
  const auto row = to_row(*last_seq_, refund);
  store_.insert_refund(row);
  auto entry = new_entry(refund.updated_at, std::nullopt, refund.state, source, {});
  entry.digest = digest;
  history_.append(refund_kind(), row, std::move(entry));
  return refund;
}

std::int64_t RefundBook::last_seq() {
  if (!last_seq_) {
    last_seq_ = store_.last_refund();
    if (*last_seq_ > highest_refund_seq) {
      throw damaged(store_.name(), "a refund has a key that is never reached");
    }
  }
  return *last_seq_;
}

JudgedRefund judge_refund(const Refund* known, const Order* order, const std::vector<Refund>& all,
                          const RefundEvidence& evidence, std::chrono::sys_seconds now) {
  auto refund = known != nullptr ? std::optional{*known} : taken_over(order, evidence, now);
  if (!refund) return {};
  RefundSettlement settlement{RefundVerdict::other_order, refund->state};
  if (!names_another_payment(order, evidence)) {
    const auto free = order != nullptr ? refundable(order->intent.total_fee, all) : Fen{0};
    settlement = settle(*refund, evidence, free);
  }
  if (known == nullptr && settlement.verdict != RefundVerdict::apply) refund.reset();
  return {settlement, std::move(refund)};
}

PaymentEvidence evidence_of_refunded_order(const RefundEvidence& evidence, const Refund& refund) {
  PaymentEvidence payment{.source = evidence.source,
                          .merchant = {},
                          .out_trade_no = refund.intent.out_trade_no,
                          .state = OrderState::refund};
  payment.merchant.mch_id = refund.intent.mch_id;
  payment.transaction_id = evidence.transaction_id;
  payment.digest = evidence.digest;
  payment.kept = evidence.kept;
  return payment;
}

void list_refunds(LedgerStore& store, const MerchantId& mch_id, const RefundFilter& filter,
                  const std::function<bool(const Refund&)>& visit) {
  UnreadableOrders unreadable;
  const auto rows = store.refunds(mch_id, filter);
  for (auto row = rows->next(); !row.empty(); row = rows->next()) {
    try {
      const auto stored = read_refund(row, store.name());
      if (!visit(stored.refund)) return;
    } catch (const UnreadableOrder& error) {
      unreadable.add(error);
    }
  }
  if (!unreadable.empty()) throw unreadable.together();
}

std::vector<Refund> page_of(LedgerStore& store, const MerchantId& mch_id, const OpenRefunds& which,
                            OrderCursor& cursor, std::size_t most) {
  std::vector<Refund> refunds;
  bool at_the_end = false;
  // An empty page is the end, so one of nothing but refunds that cannot be read is none.
  while (refunds.empty() && !at_the_end) {
    at_the_end = true;
    const auto rows = store.page(mch_id, which, cursor, most);
    for (auto row = rows->next(); !row.empty(); row = rows->next()) {
      at_the_end = false;
      cursor.seq = number_in(row.front());
      try {
        refunds.push_back(read_refund(row, store.name()).refund);
      } catch (const UnreadableOrder& error) {
        cursor.unreadable.add(error);
      }
    }
  }
  return refunds;
}

}  // namespace wxpay::ledger
