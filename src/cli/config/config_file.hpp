#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace wxpay::cli {

/// A value with its place, for messages.
struct ConfigValue {
  std::variant<std::string, std::int64_t> value;
  int line = 0;
};

/// One `[profiles.NAME]`: known keys of the right type; what the values mean is not judged yet.
struct ProfileTable {
  int line = 0;
  std::map<std::string, ConfigValue> values;

  /// The text of a key; an empty text counts as a key left out.
  std::optional<std::string> text(const std::string& key) const;
  std::optional<std::int64_t> number(const std::string& key) const;
  /// 0 for a key that is not there.
  int line_of(const std::string& key) const;
};

struct ConfigFile {
  std::filesystem::path path;
  std::string default_profile;
  int default_profile_line = 0;
  std::map<std::string, ProfileTable> profiles;

  /// Whether a profile holds a secret itself, so that nobody else may read the file.
  bool holds_secret() const;
  /// `FILE:LINE`
  std::string place(int line) const;
};

/// Reads TOML.
/// @throws Error{config} naming file and line: no TOML, a repeated or unknown key, one of many parts, a wrong
/// type
ConfigFile parse_config(std::string_view text, const std::filesystem::path& path);

/// Reads a configuration and refuses one that group or others may change, or that shows a secret to others.
/// @throws Error{config}
ConfigFile read_config(const std::filesystem::path& path);

}  // namespace wxpay::cli
