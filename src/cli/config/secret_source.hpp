#pragma once

#include "cli/config/settings.hpp"
#include "cli/config/shell_command.hpp"
#include "wxpay/secret.hpp"

namespace wxpay::cli {

/// Fetches a secret from where the profile says it is; says nothing about its form.
/// @throws Error{key}  there is no source, or it fails, is empty, or is open to others; Error{interrupted}
Secret load_secret(const SecretSource& source, const Environment& environment, const CommandLimits& limits);

}  // namespace wxpay::cli
