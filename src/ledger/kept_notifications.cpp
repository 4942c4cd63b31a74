#include "ledger/kept_notifications.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"
#include "crypto/digest.hpp"
#include "ledger/entry_rows.hpp"
#include "ledger/hash_chain.hpp"

namespace wxpay::ledger {

void KeptNotifications::begin() {
  end_.reset();
  waiting_.clear();
}

void KeptNotifications::keep(KeptNotification notification) {
  waiting_.push_back(std::move(notification));
  if (waiting_.size() == rows_together) flush();
}

void KeptNotifications::flush() {
  // One that is there already has no place in the chain, which those behind it were given for it.
  if (waiting_.size() == rows_together && append(0, rows_together)) waiting_.clear();
  for (std::size_t i = 0; i < waiting_.size(); ++i) append(i, i + 1);
  waiting_.clear();
}

bool KeptNotifications::append(std::size_t first, std::size_t last) {
  auto new_end = end();
  std::array<std::string, rows_together> hashes;
  std::array<NotificationRow, rows_together> rows;
  for (std::size_t i = first; i < last; ++i) {
    const auto& notification = waiting_[i];
    auto& hash = hashes.at(i - first);
    auto& row = rows.at(i - first);
    const auto columns = to_columns(number_after(new_end.number), notification);
    hash = hash_notification(new_end.hash, notification_columns, columns);
    std::copy(columns.begin(), columns.end(), row.begin());
    row[notification_hash] = Blob{hash};
    row[notification_raw] = Blob{notification.raw};
    new_end = {number_after(new_end.number), hash};
  }
  const bool added = store_.append_notifications(std::span{rows}.first(last - first));
  if (added) end_ = std::move(new_end);
  return added;
}

const ChainEnd& KeptNotifications::end() {
  if (!end_) end_ = store_.last_notification().value_or(ChainEnd{0, chain_start()});
  return *end_;
}

std::vector<KeptNotification> KeptNotifications::of_order(const MerchantId& mch_id,
                                                          const OutTradeNo& out_trade_no) {
  flush();
  std::vector<KeptNotification> kept;
  const auto rows = store_.notifications_of(mch_id, out_trade_no);
  for (auto row = rows->next(); !row.empty(); row = rows->next()) {
    kept.push_back(read_notification(row, store_.name()));
  }
  return kept;
}

NotificationChain walk_notifications(LedgerStore& store, std::string_view expected_head) {
  constexpr std::size_t digest_column = 5;
  static_assert(notification_columns[digest_column] == "digest");
  const auto name = [](std::int64_t number) { return "the kept notification " + std::to_string(number); };
  NotificationChain chain;
  auto previous = chain_start();
  chain.head = to_hex(previous);
  const auto rows = store.notifications();
  for (auto row = rows->next(); !row.empty(); row = rows->next()) {
    const auto number = number_in(row.front());
    const auto hash = text_of(row[notification_hash]);
    const auto columns = row.first<notification_columns.size()>();
    if (number != chain.count + 1) {
      chain.problem = name(chain.count + 1) + " is missing";
    } else if (crypto::sha256_hex(text_of(row[notification_raw])) != text_of(row[digest_column])) {
      chain.problem = name(number) + " does not match its digest";
    } else if (hash_notification(previous, notification_columns, columns) != hash) {
      chain.problem = name(number) + " does not match its hash";
    }
    if (!chain.problem.empty()) return chain;
    previous = hash;
    chain.head = to_hex(previous);
    chain.met_expected = chain.met_expected || chain.head == expected_head;
    ++chain.count;
  }
  return chain;
}

namespace {

/// An entry whose notification is gone. The entries say themselves whether it was kept; of those before the
/// mark, all were kept from the first on that still is.
std::string entry_without_notification(LedgerStore& store) {
  bool began = false;
  const auto rows = store.notified_entries();
  for (auto row = rows->next(); !row.empty(); row = rows->next()) {
    const bool was_kept = began || text_in(row[1]) == kept_mark;
    const bool is_kept = number_in(row[2]) != 0;
    if (was_kept && !is_kept) {
      return "the notification that entry " + std::to_string(number_in(row[0])) +
             " names is not kept any more";
    }
    began = was_kept || is_kept;
  }
  return {};
}

}  // namespace

std::string untied_entry(LedgerStore& store) {
  auto problem = entry_without_notification(store);
  if (!problem.empty()) return problem;
  const auto rows = store.notifications_without_entry();
  const auto row = rows->next();
  if (row.empty()) return {};
  return "the kept notification " + std::to_string(number_in(row[0])) + " is in no entry of its order";
}

}  // namespace wxpay::ledger
