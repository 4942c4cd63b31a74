#pragma once

#include <optional>
#include <string>

#include "net/target.hpp"

namespace wxpay::net {

/// How a message names the proxy that the environment gives for a target: "the proxy 10.0.0.1:3128
/// (https_proxy)", without user and password. Nothing where it gives none, or the target is this machine.
std::optional<std::string> proxy_name(const Target& target);

}  // namespace wxpay::net
