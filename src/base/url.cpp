#include "base/url.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "base/number.hpp"
#include "base/text.hpp"

namespace wxpay {

namespace {

constexpr bool is_host_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '.' ||
         c == '_';
}

bool is_address(int family, std::string_view text) {
  std::array<unsigned char, sizeof(in6_addr)> address{};
  return is_visible(text) && inet_pton(family, std::string{text}.c_str(), address.data()) == 1;
}

std::string authority_fault(std::string_view authority, Url& url) {
  if (authority.find('@') != std::string_view::npos) return "has a user name or password in it";
  std::string_view rest;
  if (authority.substr(0, 1) == "[") {
    const auto end = authority.find(']');
    if (end == std::string_view::npos) return "has a malformed host";
    url.host = authority.substr(0, end + 1);
    rest = authority.substr(end + 1);
    if (!is_address(AF_INET6, url.host.substr(1, end - 1))) return "has a malformed host";
  } else {
    const auto colon = std::min(authority.find(':'), authority.size());
    url.host = authority.substr(0, colon);
    rest = authority.substr(colon);
    if (!std::all_of(url.host.begin(), url.host.end(), is_host_character)) {
      return "has a malformed host";
    }
  }
  if (url.host.empty()) return "has no host";
  if (rest.empty()) return "";
  url.port = rest.substr(1);
  constexpr std::int64_t highest_port = 65'535;
  const bool good = rest.front() == ':' && url.port.size() <= 5 && parse_whole(url.port, 1, highest_port);
  return good ? "" : "has a malformed port";
}

}  // namespace

UrlResult parse_url(std::string_view text) {
  if (!text.empty() && !is_visible(text)) return {{}, "has a blank or a character outside ASCII"};
  Url url;
  const auto scheme_end = text.find("://");
  const auto scheme = to_lower(text.substr(0, std::min(scheme_end, text.size())));
  if (scheme_end == std::string_view::npos || (scheme != "http" && scheme != "https")) {
    return {{}, "is not an absolute http or https URL"};
  }
  url.https = scheme == "https";
  auto rest = text.substr(scheme_end + 3);
  const auto authority_end = std::min(rest.find_first_of("/?#\\"), rest.size());
  if (auto fault = authority_fault(rest.substr(0, authority_end), url); !fault.empty()) return {{}, fault};
  rest.remove_prefix(authority_end);
  url.has_fragment = rest.find('#') != std::string_view::npos;
  rest = rest.substr(0, rest.find('#'));
  url.has_query = rest.find('?') != std::string_view::npos;
  url.path = rest.substr(0, rest.find('?'));
  if (url.path.find('\\') != std::string_view::npos) return {{}, "has a backslash"};
  return {url, ""};
}

bool is_ip_address(std::string_view text) { return is_address(AF_INET, text) || is_address(AF_INET6, text); }

}  // namespace wxpay
