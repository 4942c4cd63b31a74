#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wxpay {

/// How many rows of one kind the history is about.
struct RowCount {
  std::string kind;  ///< in the plural: "orders"
  std::int64_t count = 0;
};

struct CheckReport {
  bool ok = true;
  std::vector<RowCount> rows;  ///< of every kind, the orders first
  std::int64_t entries = 0;
  std::string head;  ///< hash of the last entry, lower-case hex; 64 zeros when there is none
  std::int64_t notifications = 0;
  std::string notifications_head;         ///< hash of the last kept notification, likewise
  std::string problem;                    ///< what is wrong, naming the entry or the order
  std::optional<std::int64_t> bad_entry;  ///< number of the first entry that is wrong

  /// How many rows of this kind there are ("orders").
  std::int64_t count(std::string_view kind) const {
    for (const auto& one : rows) {
      if (one.kind == kind) return one.count;
    }
    return 0;
  }
};

/// What keeps a ledger whole.
class LedgerMaintenance {
 public:
  virtual ~LedgerMaintenance() = default;

  /// Recomputes the whole chain and holds every row that it is about against its last entry.
  /// @param expected_head  a head kept elsewhere, of the entries or of the notifications: it must still be in
  /// its chain
  virtual CheckReport check(const std::optional<std::string>& expected_head) = 0;

  /// A whole copy while others go on writing; never over an existing file.
  virtual void backup(const std::filesystem::path& target) = 0;
};

}  // namespace wxpay
