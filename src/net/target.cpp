#include "net/target.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cstring>
#include <utility>

#include "base/text.hpp"
#include "net/http_transport.hpp"

namespace wxpay::net {
namespace {

bool is_loopback_v6(const std::string& host) {
  if (host.size() < 2 || host.front() != '[' || host.back() != ']') return false;
  in6_addr address{};
  if (inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), &address) != 1) return false;
  return std::memcmp(&address, &in6addr_loopback, sizeof address) == 0;
}

bool is_loopback_v4(const std::string& host) {
  in_addr address{};
  return inet_pton(AF_INET, host.c_str(), &address) == 1 && ntohl(address.s_addr) >> 24U == 127;
}

}  // namespace

std::optional<std::string> part_of(CURLU* url, CURLUPart part, unsigned flags) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK) return std::nullopt;
  const Handle<char, curl_free> owner{text};
  return std::string{text};
}

std::optional<Target> Target::parse(const std::string& url) {
  UrlHandle handle{curl_url()};
  // The path is signed as it was given, so it goes out with its dots.
  if (!handle || curl_url_set(handle.get(), CURLUPART_URL, url.c_str(), CURLU_PATH_AS_IS) != CURLUE_OK)
    return std::nullopt;
  const auto scheme = part_of(handle.get(), CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") return std::nullopt;
  auto host = part_of(handle.get(), CURLUPART_HOST);
  auto port = part_of(handle.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
  auto path = part_of(handle.get(), CURLUPART_PATH);
  if (!host || host->empty() || !port || !path) return std::nullopt;
  return Target{std::move(handle), to_lower(*host), std::move(*port), std::move(*path)};
}

bool Target::is_loopback() const {
  // libcurl has brought every numeric spelling of an address (decimal, hex, short) to the dotted quad by now,
  // and answers "localhost" itself without asking a name server.
  return host == "localhost" || is_loopback_v4(host) || is_loopback_v6(host);
}

bool is_loopback_url(const std::string& url) {
  const auto target = Target::parse(url);
  return target && target->is_loopback();
}

}  // namespace wxpay::net
