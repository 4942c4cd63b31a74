#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "cli/config/settings.hpp"

namespace wxpay::cli {

enum class KeyType {
  text,
  path,    ///< a text; relative to the configuration's folder
  number,  ///< an integer
};

/// Which secret a key gives, and how.
struct SecretForm {
  SecretId id;
  SecretSource::Kind kind;
  friend bool operator==(const SecretForm&, const SecretForm&) = default;
};

/// One key of a profile. A new key is a row of the table in config_keys.cpp and the member of Profile that
/// the row sets.
struct ConfigKey {
  std::string_view name;
  KeyType type = KeyType::text;

  /// Of a text or path: what is wrong with the value, as value_fault says it; null: nothing is checked.
  std::string (*fault)(std::string_view value) = nullptr;
  /// Of a number: 1 to this.
  std::int64_t most = std::numeric_limits<std::int64_t>::max();

  /// Of a text or path: puts the value into the profile. Null where options or the environment have a say
  /// too (settings.cpp), and for secrets.
  void (*set)(Profile& profile, const std::string& value) = nullptr;
  /// Of a number: the member that has it.
  std::int64_t Profile::*number = nullptr;
  /// Of a key that gives a secret.
  std::optional<SecretForm> secret = {};

  /// Every profile but the sandbox must have it.
  bool required = false;
  /// A value for hints: "add mch_id = …".
  const char* sample = "";

  /// The API that alone has this key; none: both do.
  std::optional<Api> only = {};
  /// What `init` writes above the key; null: nothing.
  const char* comment = nullptr;
  /// What `init` writes, commented out, where no value is given (TOML); null: nothing.
  const char* example = nullptr;
};

/// All of them, in the order in which `init` writes them.
std::span<const ConfigKey> config_keys();

/// Null where there is no such key.
const ConfigKey* find_key(std::string_view name);

// What the values may be. The same rules hold for the file, for options and environment, and for what `init`
// writes. A fault reads on after the key: "is not …"; it is empty for a good value.

/// @param key  of a text; a secret itself is judged by its SecretRule when it is loaded
std::string value_fault(std::string_view key, std::string_view value);
/// @param key  of a number
std::string value_fault(std::string_view key, std::int64_t value);

}  // namespace wxpay::cli
