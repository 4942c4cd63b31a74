#pragma once

#include <chrono>
#include <optional>

#include "wxpay/clock.hpp"
#include "wxpay/gateway.hpp"

namespace wxpay::gateway {

/// One try of a request that any gateway answers, be it with a refusal, for the Date of the answer.
class ClockCheck final : public CallOf<ClockReading> {
 public:
  ClockCheck(HttpRequest request, const Clock& clock);

  const HttpRequest& next_attempt() override;
  std::optional<std::chrono::milliseconds> on_result(HttpResult result) override;
  void interrupt() override {}
  ClockReading outcome() override { return reading_; }

 private:
  HttpRequest request_;
  const Clock& clock_;
  ClockReading reading_;
};

}  // namespace wxpay::gateway
