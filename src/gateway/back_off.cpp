#include "gateway/back_off.hpp"

#include <algorithm>

namespace wxpay::gateway {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds first_pause{200};
constexpr milliseconds longest_pause{5'000};
/// Twice the largest draw, as chance takes at most half.
constexpr int largest_share = 510;

}  // namespace

milliseconds back_off(int tries, std::byte draw) {
  const auto longest = std::min(first_pause * (1 << (tries - 1)), longest_pause);
  return longest / 2 + longest * std::to_integer<int>(draw) / largest_share;
}

}  // namespace wxpay::gateway
