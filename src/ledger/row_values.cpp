#include "ledger/row_values.hpp"

#include "wxpay/error.hpp"

namespace wxpay::ledger {

std::int64_t within(std::int64_t number, std::int64_t least, std::int64_t most) {
  if (number >= least && number <= most) return number;
  throw Error{ErrorKind::ledger, "a time outside the years 1970 to 9999 cannot be kept in the ledger",
              "set the clock of this machine, for which `wxpayctl doctor` looks"};
}

}  // namespace wxpay::ledger
