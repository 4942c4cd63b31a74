#include "ledger/order_book.hpp"

#include <utility>

#include "ledger/entry_rows.hpp"
#include "ledger/hash_chain.hpp"
#include "ledger/order_changes.hpp"
#include "ledger/order_rows.hpp"
#include "ledger/replaced_parameters.hpp"
#include "ledger/subject.hpp"
#include "ledger/value.hpp"

namespace wxpay::ledger {

void OrderBook::begin() {
  inserter_.begin();
  if (store_.others_wrote()) cache_.forget();
}

std::optional<Loaded> OrderBook::load(const MerchantId& mch_id, const OutTradeNo& out_trade_no) {
  if (auto begun = cache_.take(mch_id, out_trade_no)) return begun;
  const auto rows = store_.find_order(mch_id, out_trade_no);
  const auto row = rows->next();
  if (row.empty()) return std::nullopt;
  return Loaded{read_order(row.first<order_columns.size()>(), store_.name()),
                hash_subject(order_subject, order_columns, row)};
}

std::optional<Order> OrderBook::create(const OrderIntent& intent, std::chrono::sys_seconds now) {
  StoredOrder stored{0, new_order(intent, now, now)};
  auto row_hash = inserter_.add(stored);
  if (!row_hash) return std::nullopt;
  cache_.keep({stored, std::move(*row_hash)});
  return std::move(stored.order);
}

Order OrderBook::replace(Loaded& loaded, const OrderIntent& intent, std::chrono::sys_seconds now) {
  const auto& before = loaded.stored;
  StoredOrder after{before.seq, new_order(intent, before.order.created_at, now)};
  auto entry = new_entry(now, before.order.state, after.order.state, EvidenceSource::create,
                         std::move(loaded.row_hash));
  entry.details = replaced_parameters(to_row(before.seq, before.order));
  const auto row = to_row(after.seq, after.order);
  store_.update_order(row, ChangedBy::new_try);
  cache_.keep({after, history_.append(order_kind(), row, std::move(entry))});
  return std::move(after.order);
}

void OrderBook::settle(Loaded& loaded, const PaymentEvidence& evidence, const Settlement& settlement,
                       std::chrono::sys_seconds now) {
  auto& stored = loaded.stored;
  const auto from = stored.order.state;
  apply(stored.order, evidence, settlement, now);
  const auto row = to_row(stored.seq, stored.order);
  store_.update_order(row, ChangedBy::evidence);
  auto entry = new_entry(now, from, settlement.to, evidence.source, std::move(loaded.row_hash));
  entry.reason = reason_of(evidence, settlement);
  entry.digest = evidence.digest;
  if (evidence.kept) entry.details = kept_mark;
  loaded.row_hash = history_.append(order_kind(), row, std::move(entry));
}

bool OrderBook::was_only_imported(std::int64_t seq) {
  history_.flush();
  bool imported = false;
  const auto rows = store_.entries_of({order_subject, seq});
  for (auto row = rows->next(); !row.empty(); row = rows->next()) {
    const auto source = parse_evidence_source(text_of(row[entry_place_of("source")]));
    imported = imported || source == EvidenceSource::import;
    if (source == EvidenceSource::import || source == EvidenceSource::hand) continue;
    // An entry without a digest that changes no state is a note.
    const auto& from = row[entry_place_of("from_state")];
    const bool changes_state =
        !is_null(from) && number_in(from) != number_in(row[entry_place_of("to_state")]);
    if (changes_state || !is_null(row[entry_place_of("digest")])) return false;
  }
  return imported;
}

}  // namespace wxpay::ledger
