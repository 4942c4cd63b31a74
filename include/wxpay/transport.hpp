#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <variant>

#include "wxpay/error.hpp"

namespace wxpay {

struct HttpRequest {
  std::string url;
  std::string content_type;
  std::string body;
  /// Of this one try; the caller keeps the deadline over all tries.
  std::chrono::milliseconds timeout{30'000};
  std::size_t largest_response = 262'144;
};

struct HttpResponse {
  int status = 0;
  std::string body;
  std::optional<std::chrono::sys_seconds> date;  ///< of the Date header, for the clock check
};

/// No complete response arrived.
struct TransportFailure {
  ErrorKind kind = ErrorKind::network;  ///< network, timeout, gateway (no HTTP, too large) or interrupted
  bool sent = true;  ///< whether any of the request may have reached the other side; false only if surely not
  std::string message;
};

using HttpResult = std::variant<HttpResponse, TransportFailure>;

/// One HTTP POST and its answer. Never follows a redirect, never throws for what a network may do.
class Transport {
 public:
  virtual ~Transport() = default;
  virtual HttpResult send(const HttpRequest& request) = 0;
};

/// When the next request may be sent; shared by all who send to one merchant's WeChat Pay. From any thread.
class Pace {
 public:
  virtual ~Pace() = default;
  /// Returns when a request may be sent, or early when the program is asked to stop.
  virtual void await_turn() = 0;
  /// WeChat Pay said that there were too many requests.
  virtual void slow_down() = 0;
};

}  // namespace wxpay
