#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "wxpay/error.hpp"
#include "wxpay/secret.hpp"

namespace wxpay {

enum class HttpMethod : std::uint8_t { get, post, put, patch, del };

/// "GET", "POST" and so on.
std::string_view to_string(HttpMethod method);
/// Exactly those names.
std::optional<HttpMethod> parse_http_method(std::string_view text);
/// Whether a request of it has a body.
constexpr bool has_body(HttpMethod method) { return method != HttpMethod::get && method != HttpMethod::del; }

/// One header of a request. Name and value are not empty and hold no control characters; a request with any
/// other is not sent.
struct HttpHeader {
  std::string name;
  std::string value;

  bool operator==(const HttpHeader&) const = default;
};

/// Takes a response's body piece by piece, where it may be too large for memory.
class BodySink {
 public:
  virtual ~BodySink() = default;
  /// @return whether to go on; false ends the transfer as a failure. Must not throw.
  virtual bool take(std::string_view piece) noexcept = 0;
};

/// The merchant's certificate, by which a server may know who asks, with its key; both PEM.
struct ClientCertificate {
  std::string certificate;
  Secret private_key;
};

struct HttpRequest {
  HttpMethod method = HttpMethod::post;
  std::string url;
  std::vector<HttpHeader> headers = {};
  std::string body = {};  ///< where its method has one
  /// Of this one try; the caller keeps the deadline over all tries.
  std::chrono::milliseconds timeout{30'000};
  std::size_t largest_response = 262'144;  ///< bytes of the body, also of one that goes to `sink`
  /// Takes the body of a response with status 200; any other body stays with the response.
  BodySink* sink = nullptr;
  /// Shown to a server that asks for one. Connections are not shared between two certificates, or one and
  /// none.
  std::shared_ptr<const ClientCertificate> client_certificate = {};
};

struct HttpResponse {
  int status = 0;
  std::string body = {};
  std::optional<std::chrono::sys_seconds> date = {};  ///< of the Date header, for the clock check
  std::string header_lines = {};                      ///< as they came, each with its line end

  /// The value of the first header of that name, in whatever case, without the blanks around it.
  std::optional<std::string_view> header(std::string_view name) const;
};

/// No complete response arrived.
struct TransportFailure {
  ErrorKind kind = ErrorKind::network;  ///< network, timeout, gateway (no HTTP, too large) or interrupted
  bool sent = true;  ///< whether any of the request may have reached the other side; false only if surely not
  std::string message;
};

using HttpResult = std::variant<HttpResponse, TransportFailure>;

/// One HTTP request and its response. Never follows a redirect, never throws for what a network may do.
class Transport {
 public:
  virtual ~Transport() = default;
  virtual HttpResult send(const HttpRequest& request) = 0;
};

/// Several HTTP requests at once, each in a slot of its own, all driven by the one thread that awaits them.
/// Never throws for what a network may do.
class AsyncTransport {
 public:
  struct Arrival {
    std::size_t slot = 0;
    HttpResult result;
  };

  virtual ~AsyncTransport() = default;
  /// Begins a request in a slot that is free. The request must outlive its transfer.
  virtual void start(std::size_t slot, const HttpRequest& request) = 0;
  /// Waits until a request ends, `longest` is over or `wake` is called.
  /// @return the requests that ended, whose slots are free again; may be empty. When the program is asked to
  /// stop, all that is under way ends as interrupted
  virtual std::vector<Arrival> await(std::chrono::milliseconds longest) = 0;
  /// Ends the current wait or, where there is none, the next one. From any thread.
  virtual void wake() noexcept = 0;
};

/// Limits the rate of requests; shared by all who send to one merchant's WeChat Pay. From any thread.
class RateLimiter {
 public:
  virtual ~RateLimiter() = default;
  /// Takes the permission to send one request, if there is one now.
  /// @return zero if it was taken; else the time until there will be one
  virtual std::chrono::nanoseconds try_acquire() = 0;
  /// WeChat Pay said that there were too many requests.
  virtual void slow_down() = 0;
};

}  // namespace wxpay
