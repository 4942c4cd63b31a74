#pragma once

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "net/http_transport.hpp"

namespace wxpay::test {

class StopButton final : public wxpay::Stop {
 public:
  bool requested() const noexcept override { return pressed_; }
  void press() { pressed_ = true; }

 private:
  std::atomic<bool> pressed_ = false;
};

class KeptLog final : public wxpay::Log {
 public:
  bool enabled(wxpay::LogLevel) const noexcept override { return true; }
  void write(wxpay::LogLevel, std::string_view line) override { lines.emplace_back(line); }
  std::vector<std::string> lines;
};

inline const std::vector<HttpHeader> text_xml{{"Content-Type", "text/xml"}};

/// A transport with what it refers to.
struct Client {
  explicit Client(const std::string& ca_file = {})
      : transport{net::make_http_transport({ca_file, "wxpayctl/test"}, stop, log)} {}

  HttpResult post(const std::string& url, std::chrono::milliseconds timeout = std::chrono::seconds{30},
                  std::string body = "<xml/>") {
    return transport->send({.url = url, .headers = text_xml, .body = std::move(body), .timeout = timeout});
  }

  StopButton stop;
  KeptLog log;
  std::unique_ptr<Transport> transport;
};

/// The answer; the test fails where there is none.
inline HttpResponse answer(const HttpResult& result) {
  if (const auto* failure = std::get_if<TransportFailure>(&result)) FAIL(failure->message);
  return std::get<HttpResponse>(result);
}

/// The failure; the test fails where there was an answer.
inline TransportFailure failure(const HttpResult& result) {
  REQUIRE(std::holds_alternative<TransportFailure>(result));
  auto found = std::get<TransportFailure>(result);
  CHECK(!found.message.empty());
  return found;
}

inline bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace wxpay::test
