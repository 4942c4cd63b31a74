#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "gateway/back_off.hpp"
#include "gateway/hosts.hpp"
#include "wxpay/clock.hpp"
#include "wxpay/gateway.hpp"
#include "wxpay/log.hpp"
#include "wxpay/transport.hpp"

namespace wxpay::gateway {

/// What came of a request that got no complete response.
/// @param sent_before  whether an earlier try may have reached WeChat Pay
Unknown unknown_after(const TransportFailure& failure, bool sent_before);

/// How far this clock is ahead of the response's Date; one that cannot be is none.
ClockAhead clock_ahead(const HttpResponse& response, const Clock& clock);

/// For how long an answer asks not to be asked again, by its Retry-After (RFC 9110, 10.2.3); none where it
/// has none.
std::optional<std::chrono::milliseconds> retry_after(const HttpResponse& response, const Clock& clock);

/// Where an answer comes from.
struct Origin {
  std::string_view speaker = wechat_pay;
  ClockAhead clock_ahead = {};
};

/// What the calls of one gateway share; all of it must outlive them.
struct CallDeps {
  Hosts& hosts;
  Clock& clock;
  Random& random;
  const Stop& stop;
  Log& log;
};

/// Whether a request that may have reached WeChat Pay may be tried again.
enum class Repeats : std::uint8_t { allowed, unless_sent };

/// Tries a request until there is an answer that may not be asked for again, the tries are used up or the
/// time is nearly over. What every API has alike is here: tries, pauses, one deadline, the change of host.
/// @tparam Prepare  void(HttpRequest&, const std::string& base_url): makes the request ready for this try,
/// its url at least; called for every try, so that an API may sign each anew
/// @tparam Read  Outcome(const HttpResponse&, const Origin&)
template <class Outcome, class Prepare, class Read>
class RetryingCall final : public CallOf<Outcome> {
 public:
  /// @param request  what all tries have alike
  /// @param timeout  of all tries together
  RetryingCall(CallDeps deps, HttpRequest request, std::chrono::milliseconds timeout, Prepare prepare,
               Read read, Repeats repeats = Repeats::allowed)
      : deps_{deps},
        request_{std::move(request)},
        prepare_{std::move(prepare)},
        read_{std::move(read)},
        repeats_{repeats},
        left_{timeout} {}

  const HttpRequest& next_attempt() override {
    using std::chrono::milliseconds;
    host_ = deps_.hosts.current();
    const auto& base_url = deps_.hosts.at(host_).base_url;
    prepare_(request_, base_url);
    if (tries_++ > 0)
      deps_.log.write(LogLevel::info, "trying " + request_.url.substr(base_url.size()) + " again");
    request_.timeout = std::max(std::chrono::ceil<milliseconds>(left_), milliseconds{1});
    begun_ = deps_.clock.steady_now();
    return request_;
  }

  std::optional<std::chrono::milliseconds> on_result(HttpResult result) override {
    left_ -= deps_.clock.steady_now() - begun_;
    const auto* failure = std::get_if<TransportFailure>(&result);
    const bool again = failure == nullptr ? takes(std::get<HttpResponse>(result)) : takes(*failure);
    if (!again) return std::nullopt;
    if (deps_.stop.requested()) {
      interrupt();
      return std::nullopt;
    }
    return pause_before_next();
  }

  void interrupt() override {
    outcome_ = unknown_after({ErrorKind::interrupted, false, "interrupted"}, sent_);
  }

  Outcome outcome() override { return std::move(outcome_); }

 private:
  /// @return whether the request may be tried again, as it surely reached nobody
  bool takes(const TransportFailure& failure) {
    outcome_ = unknown_after(failure, sent_);
    asked_pause_.reset();
    if (failure.sent || failure.kind == ErrorKind::interrupted) return false;
    deps_.hosts.leave(host_);
    return true;
  }

  /// @return whether the request may be tried again: after a 5xx, and where the answer wants it
  bool takes(const HttpResponse& response) {
    sent_ = true;
    const Origin origin{deps_.hosts.at(host_).speaker, clock_ahead(response, deps_.clock)};
    outcome_ = read_(response, origin);
    std::visit([&](auto& answer) { answer.clock_ahead = origin.clock_ahead; }, outcome_);
    if (auto* answered = std::get_if<Refused>(&outcome_)) {
      if (origin.speaker != wechat_pay) answered->speaker = origin.speaker;
      answered->doubtful_before = doubtful_;
    }
    const auto* unknown = std::get_if<Unknown>(&outcome_);
    const auto* refused = std::get_if<Refused>(&outcome_);
    // A signed no is meant so, whatever the status says.
    const bool failed = response.status >= 500 && (refused == nullptr || !refused->said.verified());
    const bool repeatable = failed || (unknown != nullptr && unknown->repeatable);
    doubtful_ = doubtful_ || repeatable;
    asked_pause_ = retry_after(response, deps_.clock);
    // Too many requests: none was carried out, and WeChat Pay says when the next one may come.
    const bool postponed = refused != nullptr && refused->reaction == Reaction::slow_down && asked_pause_;
    return repeats_ == Repeats::allowed && (repeatable || postponed);
  }

  /// Nothing when there is no try or no time left.
  std::optional<std::chrono::milliseconds> pause_before_next() {
    if (tries_ >= most_tries) return std::nullopt;
    std::array<std::byte, 1> draw{};
    deps_.random.fill(draw);
    const auto pause =
        std::max(back_off(tries_, draw[0]), asked_pause_.value_or(std::chrono::milliseconds{}));
    if (pause >= left_) return std::nullopt;
    left_ -= pause;
    return pause;
  }

  CallDeps deps_;
  HttpRequest request_;
  Prepare prepare_;
  Read read_;
  Repeats repeats_;
  std::chrono::steady_clock::duration left_;  ///< of the time for all tries
  std::chrono::steady_clock::time_point begun_;
  std::size_t host_ = 0;  ///< of the last try
  int tries_ = 0;
  std::optional<std::chrono::milliseconds> asked_pause_;  ///< by the last answer
  bool sent_ = false;                                     ///< a try may have reached WeChat Pay
  bool doubtful_ = false;  ///< a try had an answer that does not say whether it was carried out
  Outcome outcome_ = Unknown{};
};

}  // namespace wxpay::gateway
