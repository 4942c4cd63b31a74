#include "net/proxy.hpp"

#include <array>
#include <cstdlib>
#include <string_view>

namespace wxpay::net {
namespace {

/// Where libcurl looks, in its order. HTTP_PROXY is no such variable: a web server sets it from a header.
constexpr std::array for_https{"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};
constexpr std::array for_http{"http_proxy", "all_proxy", "ALL_PROXY"};

/// "host:port", never with what stands before an @; empty where the value is no URL.
std::string host_and_port(const char* value) {
  constexpr unsigned flags = CURLU_GUESS_SCHEME | CURLU_NON_SUPPORT_SCHEME;
  const UrlHandle url{curl_url()};
  if (!url || curl_url_set(url.get(), CURLUPART_URL, value, flags) != CURLUE_OK) return {};
  const auto host = part_of(url.get(), CURLUPART_HOST).value_or("");
  const auto port = part_of(url.get(), CURLUPART_PORT).value_or("");
  return host.empty() || port.empty() ? host : host + ":" + port;
}

template <std::size_t size>
std::optional<std::string> first_of(const std::array<const char*, size>& variables) {
  for (const char* variable : variables) {
    const char* value = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe): nothing here sets one
    if (value == nullptr || *value == '\0') continue;
    const auto name = host_and_port(value);
    return (name.empty() ? "the proxy (" : "the proxy " + name + " (") + variable + ")";
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> proxy_name(const Target& target) {
  if (target.is_loopback()) return std::nullopt;
  return part_of(target.url.get(), CURLUPART_SCHEME) == "http" ? first_of(for_http) : first_of(for_https);
}

}  // namespace wxpay::net
