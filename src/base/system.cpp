#include "base/system.hpp"

#include <sys/random.h>
#include <time.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace wxpay {

std::chrono::sys_seconds SystemClock::now() const {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

std::chrono::steady_clock::time_point SystemClock::steady_now() const {
  return std::chrono::steady_clock::now();
}

void SystemClock::sleep_for(std::chrono::milliseconds pause) {
  const auto end = steady_now() + pause;
  // A signal that comes just before the sleep is seen only when a slice ends, so slices are short.
  constexpr std::chrono::milliseconds slice{50};
  while (!stop_.requested()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - steady_now());
    if (left <= std::chrono::milliseconds{0}) return;
    const auto nap = std::min(left, slice);
    const timespec duration{0, std::chrono::nanoseconds{nap}.count()};
    nanosleep(&duration, nullptr);
  }
}

bool GraceStop::requested() const noexcept {
  if (!stop_.requested()) return false;
  const auto now = clock_.steady_now().time_since_epoch();
  auto end = end_.load();
  const auto wanted = std::chrono::duration_cast<std::chrono::steady_clock::duration>(now + grace_).count();
  if (end == 0 && end_.compare_exchange_strong(end, wanted)) end = wanted;
  return now.count() >= end;
}

void SystemRandom::fill(std::span<std::byte> bytes) {
  while (!bytes.empty()) {
    if (left_ == 0) {
      const auto drawn = getrandom(pool_.data(), pool_.size(), 0);
      if (drawn < 0) {
        if (errno == EINTR) continue;
        throw std::system_error{errno, std::generic_category(), "cannot draw random bytes"};
      }
      left_ = static_cast<std::size_t>(drawn);
    }
    const auto count = std::min(bytes.size(), left_);
    std::copy_n(pool_.begin() + static_cast<std::ptrdiff_t>(left_ - count), count, bytes.begin());
    left_ -= count;
    bytes = bytes.subspan(count);
  }
}

}  // namespace wxpay
