#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "wxpay/clock.hpp"
#include "wxpay/http_transport.hpp"
#include "wxpay/log.hpp"
#include "wxpay/transport.hpp"

namespace wxpay::net {

/// As make_http_transport, for as many requests at once as there are slots.
std::unique_ptr<AsyncTransport> make_http_async_transport(const HttpOptions& options, std::size_t slots,
                                                          const Stop& stop, Log& log);

/// "libcurl/7.88.1 OpenSSL/3.0.19", for --version.
std::string http_library_version();

/// Whether the URL's host is this machine: localhost, 127.0.0.0/8 or [::1].
bool is_loopback_url(const std::string& url);

}  // namespace wxpay::net
