#pragma once

#include <cstdint>
#include <string_view>

namespace wxpay::ledger {

/// The kinds of rows that entries of the history are about, as the history names them. Orders are the first.
inline constexpr std::string_view order_subject = "order";

/// What an entry is about: one row of one of the ledger's tables.
struct Subject {
  std::string_view kind = order_subject;  ///< one of the names above
  std::int64_t seq = 0;                   ///< the row's key in its table
};

}  // namespace wxpay::ledger
