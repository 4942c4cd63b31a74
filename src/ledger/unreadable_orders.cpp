#include <string>

#include "wxpay/order_ledger.hpp"
#include "wxpay/order_listing.hpp"

namespace wxpay {

namespace {

/// So many are told in words, and the others counted.
constexpr std::int64_t most_told = 10;

}  // namespace

UnreadableOrder::UnreadableOrder(const std::string& what)
    : Error{ErrorKind::ledger, what,
            "the other orders are not concerned; `wxpayctl ledger check` tells whether somebody changed the "
            "file, and if not, an older version wrote it so"} {}

void UnreadableOrders::add(const UnreadableOrder& order) {
  if (++count_ > most_told) return;
  told_ += (count_ == 1 ? "" : "; ") + std::string{order.what()};
}

UnreadableOrder UnreadableOrders::together() const {
  const auto more = count_ - most_told;
  return UnreadableOrder{more > 0 ? told_ + "; and " + std::to_string(more) + " more" : told_};
}

}  // namespace wxpay
