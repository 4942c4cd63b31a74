#pragma once

#include <memory>
#include <string>

#include "wxpay/clock.hpp"
#include "wxpay/log.hpp"
#include "wxpay/transport.hpp"

namespace wxpay::net {

struct HttpOptions {
  std::string ca_file;  ///< an extra trust anchor (PEM), beside the system's
  std::string user_agent;
};

/// libcurl with kept-alive connections, TLS verified, no redirects, no proxy for loopback. Ends a request
/// when the program is asked to stop.
std::unique_ptr<Transport> make_http_transport(const HttpOptions& options, const Stop& stop, Log& log);

}  // namespace wxpay::net
