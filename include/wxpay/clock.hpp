#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <string>

namespace wxpay {

/// Time, handed in, so that tests need no sleeping.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual std::chrono::sys_seconds now() const = 0;
  /// For deadlines and pauses; never goes backwards.
  virtual std::chrono::steady_clock::time_point steady_now() const = 0;
  /// Returns early when the program is asked to stop.
  virtual void sleep_for(std::chrono::milliseconds pause) = 0;
};

/// Unpredictable bytes, handed in, so that tests can predict them.
class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<std::byte> bytes) = 0;
};

/// Whether the program was asked to end (Ctrl-C, SIGTERM, a closed output). Long work asks between two steps.
class Stop {
 public:
  virtual ~Stop() = default;
  virtual bool requested() const noexcept = 0;
};

/// 32 letters and digits, as nonce_str wants them.
std::string make_nonce(Random& random);

}  // namespace wxpay
