#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace wxpay::ledger {

/// The kinds of rows that entries of the history are about, as the history names them. Orders are the first.
inline constexpr std::string_view order_subject = "order";
inline constexpr std::string_view refund_subject = "refund";

/// What an entry is about: one row of one of the ledger's tables.
struct Subject {
  std::string_view kind = order_subject;  ///< one of the names above
  std::int64_t seq = 0;                   ///< the row's key in its table
};

/// What the ledger knows of one kind of subject.
struct SubjectKind {
  std::string_view name;  ///< one of the names above, as hashes and messages have it
  std::string_view with_article;
  std::string_view table;  ///< that holds its rows, and what their count is called
  std::span<const std::string_view>
      columns;               ///< of the table, the key `seq` first; a hash covers all of them
  std::size_t name_column;   ///< which of them messages name a row by
  std::size_t state_column;  ///< which of them entries tell the changes of
  bool is_notified;          ///< notifications may change it; its rows have mch_id and out_trade_no
};

/// All of them, the orders first.
std::span<const SubjectKind> subject_kinds();
inline const SubjectKind& order_kind() { return subject_kinds().front(); }
const SubjectKind& refund_kind();

/// The kind of this name; null where there is none.
const SubjectKind* find_subject_kind(std::string_view name);

}  // namespace wxpay::ledger
