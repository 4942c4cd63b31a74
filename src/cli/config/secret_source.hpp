#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cli/config/settings.hpp"
#include "cli/config/shell_command.hpp"
#include "wxpay/secret.hpp"

namespace wxpay::cli {

/// What of a file or of a command's output is the secret.
enum class SecretExtent : std::uint8_t {
  line,  ///< a file without one trailing line end, the first line that a command prints
  all
};

/// What a secret must be.
struct SecretRule {
  std::string_view name;  ///< of its keys in a profile: NAME, NAME_env, NAME_file and NAME_command
  /// What is wrong with it, without showing it; empty for a good one.
  std::string (*fault)(std::string_view secret);
  const char* hint;                ///< which secret is meant
  const char* built_in = nullptr;  ///< the sandbox's, which is public; null: it has none
  SecretExtent extent = SecretExtent::line;
};
SecretRule rule_of(SecretId id);

/// Fetches a secret from where the profile says it is; says nothing about its form.
/// @throws Error{key}  the source fails, is empty, or is open to others; Error{interrupted}
Secret load_secret(const SecretSource& source, const Environment& environment, const CommandLimits& limits);

}  // namespace wxpay::cli
