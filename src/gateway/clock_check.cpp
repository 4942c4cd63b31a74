#include "gateway/clock_check.hpp"

#include <utility>
#include <variant>

namespace wxpay::gateway {

ClockCheck::ClockCheck(HttpRequest request, const Clock& clock)
    : request_{std::move(request)}, clock_{clock} {}

const HttpRequest& ClockCheck::next_attempt() {
  reading_.sent = clock_.now();
  return request_;
}

std::optional<std::chrono::milliseconds> ClockCheck::on_result(HttpResult result) {
  reading_.received = clock_.now();
  if (const auto* response = std::get_if<HttpResponse>(&result)) {
    reading_.answered = true;
    reading_.date = response->date;
  }
  return std::nullopt;
}

}  // namespace wxpay::gateway
