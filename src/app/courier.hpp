#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <vector>

#include "wxpay/clock.hpp"
#include "wxpay/gateway.hpp"
#include "wxpay/transport.hpp"

namespace wxpay::app {

/// What a courier works with; all of it must outlive the courier.
struct CourierSeams {
  Carrier& carrier;
  Pace& pace;
  const Clock& clock;
  const Stop& stop;
};

/// Drives many exchanges at once, in one thread: waits for their turns, sends, pauses before another try.
/// From the moment of a stop on, it lets what is under way end and sends nothing more.
class Courier {
 public:
  /// @param lanes  exchanges at once, at most; no more than the carrier has
  Courier(std::size_t lanes, CourierSeams seams);

  std::size_t room() const noexcept { return free_.size(); }
  bool is_idle() const noexcept { return free_.size() == lanes_.size(); }

  /// Begins to drive an exchange, which must outlive the drive. There must be room.
  /// @return the lane that is its own until it has ended
  std::size_t take(Exchange& exchange);

  /// Goes on with all of them for as long as nothing has ended, but not for longer than this.
  /// @return the lanes whose exchanges have ended
  std::vector<std::size_t> await(std::chrono::milliseconds longest);

  /// Forgets all exchanges, however far they are.
  void abandon();

 private:
  using Instant = std::chrono::steady_clock::time_point;

  struct Paused {
    std::size_t lane;
    Instant until;
  };

  void interrupt_waiting(std::vector<std::size_t>& ended);
  std::chrono::milliseconds end_pauses(std::chrono::milliseconds longest);
  std::chrono::milliseconds send_waiting(std::chrono::milliseconds longest);

  CourierSeams seams_;
  std::vector<Exchange*> lanes_;
  std::vector<std::size_t> free_;
  std::deque<std::size_t> waiting_;  ///< for their turn to send
  std::vector<Paused> paused_;
};

}  // namespace wxpay::app
