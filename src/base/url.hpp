#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace wxpay {

/// The parts of an absolute http or https URL: views into its text.
struct Url {
  bool https = false;
  std::string_view host;  ///< an IPv6 address in brackets
  std::string_view port;  ///< empty where none is named
  std::string_view path;
  bool has_query = false;
  bool has_fragment = false;
};

/// One of the two is set. The fault reads on after the URL's name: "has a malformed host".
struct UrlResult {
  std::optional<Url> url;
  std::string fault;
};

/// Stricter than any other URL parser, so that no two can read it differently; a user or password is a fault.
UrlResult parse_url(std::string_view text);

/// Whether the text is an IPv4 or IPv6 address, and nothing else.
bool is_ip_address(std::string_view text);

}  // namespace wxpay
