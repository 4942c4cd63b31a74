#include "ledger/damage.hpp"

namespace wxpay::ledger {

Error damaged(const std::string& ledger, std::string_view what) {
  return {ErrorKind::ledger, "the ledger " + ledger + " is damaged: " + std::string{what},
          "`wxpayctl ledger restore FILE` puts a copy that `ledger backup` made in its place and keeps "
          "this one"};
}

}  // namespace wxpay::ledger
