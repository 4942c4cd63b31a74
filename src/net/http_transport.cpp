#include "net/http_transport.hpp"

#include <optional>
#include <string>
#include <utility>

#include "net/http_async_transport.hpp"

namespace wxpay::net {

namespace {

// The longest time until a request to stop is seen.
constexpr std::chrono::milliseconds longest_wait{100};

/// One request after the other, in a slot of its own.
class HttpTransport final : public Transport {
 public:
  HttpTransport(HttpOptions options, const Stop& stop, Log& log)
      : options_{std::move(options)}, stop_{stop}, log_{log}, anchors_{options_.ca_file} {}

  HttpResult send(const HttpRequest& request) override {
    // Started with the first request: starting libcurl costs more than a whole command without one.
    if (!async_transport_) async_transport_.emplace(std::move(options_), std::move(anchors_), 1, stop_, log_);
    async_transport_->start(0, request);
    while (true) {
      auto arrivals = async_transport_->await(longest_wait);
      if (!arrivals.empty()) return std::move(arrivals.front().result);
    }
  }

 private:
  HttpOptions options_;
  const Stop& stop_;
  Log& log_;
  TrustAnchors anchors_;
  std::optional<HttpAsyncTransport> async_transport_;
};

}  // namespace

std::unique_ptr<Transport> make_http_transport(const HttpOptions& options, const Stop& stop, Log& log) {
  return std::make_unique<HttpTransport>(options, stop, log);
}

std::unique_ptr<AsyncTransport> make_http_async_transport(const HttpOptions& options, std::size_t slots,
                                                          const Stop& stop, Log& log) {
  return std::make_unique<HttpAsyncTransport>(options, TrustAnchors{options.ca_file}, slots, stop, log);
}

std::string http_library_version() {
  const auto* versions = curl_version_info(CURLVERSION_NOW);
  auto text = "libcurl/" + std::string{versions->version};
  if (versions->ssl_version != nullptr) text += " " + std::string{versions->ssl_version};
  return text;
}

}  // namespace wxpay::net
