#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <vector>

#include "wxpay/clock.hpp"
#include "wxpay/gateway.hpp"
#include "wxpay/transport.hpp"

namespace wxpay::app {

/// What a driver works with; all of it must outlive the driver.
struct RequestDriverDeps {
  AsyncTransport& async_transport;
  RateLimiter& rate_limiter;
  const Clock& clock;
  const Stop& stop;
};

/// Drives many calls at once, in one thread: waits for their turns, sends, pauses before another try.
/// From the moment of a stop on, it lets what is under way end and sends nothing more.
class RequestDriver {
 public:
  /// @param slots  calls at once, at most; no more than the async transport has
  RequestDriver(std::size_t slots, RequestDriverDeps deps);

  std::size_t room() const noexcept { return free_.size(); }
  bool is_idle() const noexcept { return free_.size() == slots_.size(); }

  /// Begins to drive a call, which must outlive the drive. There must be room.
  /// @return the slot that is its own until it has ended
  std::size_t start(Call& call);

  /// Goes on with all of them for as long as nothing has ended, but not for longer than this.
  /// @return the slots whose calls have ended
  std::vector<std::size_t> await(std::chrono::milliseconds longest);

  /// Forgets all calls, however far they are.
  void abandon();

 private:
  using Instant = std::chrono::steady_clock::time_point;

  struct Paused {
    std::size_t slot;
    Instant until;
  };

  void interrupt_waiting(std::vector<std::size_t>& ended);
  std::chrono::milliseconds end_pauses(std::chrono::milliseconds longest);
  std::chrono::milliseconds send_waiting(std::chrono::milliseconds longest);

  RequestDriverDeps deps_;
  std::vector<Call*> slots_;
  std::vector<std::size_t> free_;
  std::deque<std::size_t> waiting_;  ///< for their turn to send
  std::vector<Paused> paused_;
};

}  // namespace wxpay::app
