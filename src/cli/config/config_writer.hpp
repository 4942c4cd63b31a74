#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "cli/config/settings.hpp"
#include "wxpay/clock.hpp"
#include "wxpay/secret.hpp"

namespace wxpay::cli {

/// What `init` writes down. The values are named as the keys of a profile; an empty one counts as left out.
struct FirstConfig {
  std::string profile;
  std::map<std::string, std::string> values;

  bool has(const std::string& key) const {
    const auto found = values.find(key);
    return found != values.end() && !found->second.empty();
  }
  /// Whether it says where this secret is.
  bool gives(SecretId id) const;
  /// The API that it names, or that the profile has without naming it.
  Api api() const;
  /// What must still be added before a command can work, a sentence each without its end: "there is no key
  /// yet: add key_file, key_env or key_command".
  std::vector<std::string> missing() const;
};

/// The profile that is to be, with its secrets that are files: what can be looked at now.
Profile first_profile(const FirstConfig& config);

/// Whether every value that is there would be taken from a file.
/// @throws Error{usage} naming the option
void check_given_values(const FirstConfig& config);

/// The same, and that all a profile needs is there.
void check_first_config(const FirstConfig& config);

/// As TOML, with a comment for each group of keys and examples of those left out.
std::string render_first_config(const FirstConfig& config);

/// A TOML string with everything escaped that must be.
std::string toml_string(std::string_view text);

/// The key of the profile that names the file of a secret that was typed in.
std::string typed_key_name(Api api);

/// Where that file is.
std::filesystem::path typed_key_file(const std::filesystem::path& config, const FirstConfig& profile);

/// `NAME.key` beside the configuration.
std::filesystem::path key_file_beside(const std::filesystem::path& config, const std::string& name);

/// @throws Error{file} when there is something of that name already: nothing is ever overwritten
void refuse_existing(const std::filesystem::path& path);

/// Writes the configuration (0600) and, where a key was typed in, the file that it names; folders that are
/// missing are made (0700). Both files are whole and on disk, and the configuration loads, before either
/// gets its name; when anything fails, neither is there.
/// @throws Error{file}, Error{interrupted}
void write_first_config(const std::filesystem::path& path, const FirstConfig& config, const Secret* key,
                        const Environment& environment, const Stop& stop);

}  // namespace wxpay::cli
