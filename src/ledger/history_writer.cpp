#include "ledger/history_writer.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <variant>

#include "ledger/hash_chain.hpp"

namespace wxpay::ledger {

void HistoryWriter::begin() {
  end_.reset();
  waiting_.clear();
}

void HistoryWriter::append(const Subject& subject, std::string hash_after, StoredEntry entry) {
  const auto& last = end();
  entry.number = number_after(last.number);
  entry.actor = actor_;
  entry.subject = subject;
  entry.hash_after = std::move(hash_after);
  auto hash = hash_entry(last.hash, entry_columns, to_row(entry));
  end_ = {entry.number, hash};
  waiting_.push_back({std::move(entry), std::move(hash)});
  if (waiting_.size() == rows_together) flush();
}

std::string HistoryWriter::append(const SubjectKind& kind, std::span<const Value> after, StoredEntry entry) {
  auto hash = hash_subject(kind.name, kind.columns, after);
  append({kind.name, std::get<std::int64_t>(after.front())}, hash, std::move(entry));
  return hash;
}

void HistoryWriter::flush() {
  if (waiting_.empty()) return;
  std::array<HistoryRow, rows_together> rows;
  for (std::size_t i = 0; i < waiting_.size(); ++i) {
    const auto columns = to_row(waiting_[i].entry);
    std::copy(columns.begin(), columns.end(), rows.at(i).begin());
    rows.at(i).back() = Blob{waiting_[i].hash};
  }
  store_.append_entries(std::span{rows}.first(waiting_.size()));
  waiting_.clear();
}

const ChainEnd& HistoryWriter::end() {
  if (!end_) end_ = store_.last_entry().value_or(ChainEnd{0, chain_start()});
  return *end_;
}

}  // namespace wxpay::ledger
