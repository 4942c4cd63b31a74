#pragma once

#include <curl/curl.h>

#include <optional>
#include <string>

#include "base/handle.hpp"

namespace wxpay::net {

using UrlHandle = Handle<CURLU, curl_url_cleanup>;

/// One part of a URL; nothing where it has none.
/// @param flags  of curl_url_get
std::optional<std::string> part_of(CURLU* url, CURLUPart part, unsigned flags = 0);

/// Where a request goes, as libcurl itself understands the URL: what is checked is what is connected to.
struct Target {
  UrlHandle url;
  std::string host;  ///< lower case; an IPv6 address in brackets
  std::string port;
  std::string path;  ///< without the query

  /// Nothing where the URL is malformed or neither http nor https.
  static std::optional<Target> parse(const std::string& url);

  /// "host:port", for messages.
  std::string name() const { return host + ":" + port; }
  /// Whether the host is localhost, 127.0.0.0/8 or [::1].
  bool is_loopback() const;
};

}  // namespace wxpay::net
