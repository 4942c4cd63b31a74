#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "sandbox/account.hpp"
#include "sandbox/store.hpp"
#include "sandbox/tls.hpp"
#include "wxpay/clock.hpp"
#include "wxpay/fen.hpp"
#include "wxpay/log.hpp"

namespace wxpay::sandbox {

/// How long one client may take. While more connections are open than can be served at once, they have a
/// second.
struct TimeLimits {
  std::chrono::milliseconds request{10'000};  ///< to send a whole request, from its first byte
  std::chrono::milliseconds answer{10'000};   ///< to take a whole answer
};

struct ServerOptions {
  int port = 8971;  ///< 0: a free one
  std::optional<std::filesystem::path> state_file;
  GatewayAccount account;
  TimeLimits limits{};
  StoreRules rules{};
  std::optional<TlsOptions> tls = {};  ///< none: plain HTTP
};

/// Serves on 127.0.0.1 until asked to stop. `on_listening` gets the port once requests are answered.
/// @throws Error{file} for a state file that cannot be read or written, Error{network} for a port in use
void serve(const ServerOptions& options, Clock& clock, Random& random, const Stop& stop, Log& log,
           const std::function<void(int port)>& on_listening);

}  // namespace wxpay::sandbox
