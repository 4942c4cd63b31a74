#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>

#include "wxpay/clock.hpp"
#include "wxpay/log.hpp"

namespace wxpay {

/// The machine's clock; its pauses end when the program is asked to stop.
class SystemClock final : public Clock {
 public:
  explicit SystemClock(const Stop& stop) : stop_{stop} {}
  std::chrono::sys_seconds now() const override;
  std::chrono::steady_clock::time_point steady_now() const override;
  void sleep_for(std::chrono::milliseconds pause) override;

 private:
  const Stop& stop_;
};

/// The kernel's random source, drawn for many nonces at once.
class SystemRandom final : public Random {
 public:
  void fill(std::span<std::byte> bytes) override;

 private:
  std::array<std::byte, 4096> pool_{};
  std::size_t left_ = 0;
};

/// Delays a request to stop, so that what is under way can end by itself first. From any thread.
class GraceStop final : public Stop {
 public:
  GraceStop(const Stop& stop, const Clock& clock, std::chrono::milliseconds grace)
      : stop_{stop}, clock_{clock}, grace_{grace} {}
  bool requested() const noexcept override;

 private:
  const Stop& stop_;
  const Clock& clock_;
  std::chrono::milliseconds grace_;
  mutable std::atomic<std::chrono::steady_clock::rep> end_ = 0;  ///< of the grace; 0: it has not begun
};

/// For code that is never asked to stop.
class NeverStop final : public Stop {
 public:
  bool requested() const noexcept override { return false; }
};

class NullLog final : public Log {
 public:
  bool enabled(LogLevel) const noexcept override { return false; }
  void write(LogLevel, std::string_view) override {}
};

}  // namespace wxpay
