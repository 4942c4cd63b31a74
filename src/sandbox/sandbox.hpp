#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "wxpay/clock.hpp"
#include "wxpay/fen.hpp"
#include "wxpay/identifiers.hpp"
#include "wxpay/log.hpp"
#include "wxpay/secret.hpp"

namespace wxpay::sandbox {

struct ServerOptions {
  int port = 8971;  ///< 0: a free one
  std::optional<std::filesystem::path> state_file;
  MerchantIdentity merchant;
  Secret key;
};

/// Serves on 127.0.0.1 until asked to stop. `on_listening` gets the port once requests are answered.
/// @throws Error{file} for a state file that cannot be read or written, Error{network} for a port in use
void serve(const ServerOptions& options, Clock& clock, Random& random, const Stop& stop, Log& log,
           const std::function<void(int port)>& on_listening);

}  // namespace wxpay::sandbox
