#include "ledger/history_writer.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <variant>

#include "ledger/hash_chain.hpp"
#include "ledger/sql_text.hpp"

namespace wxpay::ledger {

void HistoryWriter::begin() {
  head_.reset();
  waiting_.clear();
}

std::string HistoryWriter::append(std::span<const Value> after, StoredEntry entry) {
  const auto& last = head();
  entry.entry.number = number_after(last.number);
  entry.entry.actor = actor_;
  entry.subject = {order_subject, std::get<std::int64_t>(after.front())};
  entry.hash_after = hash_order(order_columns, after);
  auto order_hash = entry.hash_after;
  auto hash = hash_entry(last.hash, entry_columns, to_row(entry));
  head_ = {entry.entry.number, hash};
  waiting_.push_back({std::move(entry), std::move(hash)});
  if (waiting_.size() == together) flush();
  return order_hash;
}

void HistoryWriter::flush() {
  std::size_t first = 0;
  for (; waiting_.size() - first >= together; first += together) insert<together>(insert_many_, first);
  for (; first < waiting_.size(); ++first) insert<1>(insert_one_, first);
  waiting_.clear();
}

const HistoryWriter::Head& HistoryWriter::head() {
  if (!head_) {
    auto rows = select_head_.run({});
    head_ = rows.next() ? Head{rows.integer(0), std::string{rows.text(1)}} : Head{0, chain_start()};
  }
  return *head_;
}

template <std::size_t Count>
void HistoryWriter::insert(Statement& statement, std::size_t first) {
  std::array<Value, Count * columns> values;
  auto* place = values.begin();
  for (std::size_t i = first; i < first + Count; ++i) {
    const auto row = to_row(waiting_[i].entry);
    place = std::copy(row.begin(), row.end(), place);
    *place++ = Blob{waiting_[i].hash};
  }
  statement.change(values, Count);
}

std::string HistoryWriter::insertion(std::size_t count) {
  return "INSERT INTO history (" + join_columns(entry_columns) + ", entry_hash) VALUES " +
         placeholders(columns, count);
}

}  // namespace wxpay::ledger
