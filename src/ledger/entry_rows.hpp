#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "ledger/subject.hpp"
#include "ledger/value.hpp"
#include "wxpay/evidence.hpp"

namespace wxpay::ledger {

/// The columns of `history` that an entry's hash covers: all but the hash itself.
inline constexpr std::array<std::string_view, 14> entry_columns{
    "number", "order_seq", "at",      "from_state",        "to_state",   "source",       "actor",
    "reason", "digest",    "details", "order_hash_before", "order_hash", "subject_kind", "subject_seq"};
using EntryRow = std::array<Value, entry_columns.size()>;

/// Where the column of this name stands in an entry.
consteval std::size_t entry_place_of(std::string_view name) {
  std::size_t place = 0;
  while (entry_columns.at(place) != name) ++place;
  return place;
}

/// The number of the next entry in a chain. Only a file that somebody else wrote to has the highest there is,
/// and then this is the lowest, which the tables refuse.
constexpr std::int64_t number_after(std::int64_t number) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(number) + 1);
}

/// The details of an entry whose notification was kept in the same transaction.
inline constexpr std::string_view kept_mark{R"({"kept":true})"};

/// An entry of the history, about a subject of any kind.
struct StoredEntry {
  std::int64_t number = 0;
  std::chrono::sys_seconds at;
  std::optional<std::int64_t> from;  ///< the subject's state before it, as its kind has it; none: its first
  std::int64_t to = 0;               ///< and after it
  EvidenceSource source = EvidenceSource::create;
  std::string actor;
  std::string reason;
  std::string digest;
  std::string details;  ///< the parameters that were replaced (JSON), `kept_mark`, or empty
  Subject subject;
  std::string hash_before;  ///< of the subject's row, raw; empty for its first entry
  std::string hash_after;
};

/// A change of a subject's state. What is not said here is added when the entry is appended.
template <class State>
StoredEntry new_entry(std::chrono::sys_seconds at, std::type_identity_t<std::optional<State>> from, State to,
                      EvidenceSource source, std::string hash_before) {
  StoredEntry entry;
  entry.at = at;
  if (from) entry.from = static_cast<std::int64_t>(*from);
  entry.to = static_cast<std::int64_t>(to);
  entry.source = source;
  entry.hash_before = std::move(hash_before);
  return entry;
}

/// Views into the entry, which must outlive them.
EntryRow to_row(const StoredEntry& entry);

}  // namespace wxpay::ledger
