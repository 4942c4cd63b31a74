#pragma once

#include <chrono>
#include <cstddef>

namespace wxpay::gateway {

/// Of one request, the first included: after some seconds of trying a person wants to know, and a script has
/// its own way of trying again.
inline constexpr int most_tries = 5;

/// How long to pause after so many tries, from 1 on. It doubles from try to try, and chance takes up to half
/// of it, so that many clients do not come back at the same moment.
std::chrono::milliseconds back_off(int tries, std::byte draw);

}  // namespace wxpay::gateway
