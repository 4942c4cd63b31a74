#include "cli/config/config_writer.hpp"

#include <algorithm>
#include <optional>

#include "base/text.hpp"
#include "cli/config/config_keys.hpp"
#include "cli/config/new_file.hpp"
#include "cli/config/value_rules.hpp"
#include "wxpay/error.hpp"

namespace wxpay::cli {

namespace {

constexpr const char* no_overwriting = "edit it, remove it, or name another file with --config";

std::string option_name(const std::string& key) {
  std::string name = "--" + key;
  for (char& c : name) {
    if (c == '_') c = '-';
  }
  return name;
}

std::string table_name(const std::string& profile) {
  const bool bare =
      profile.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") ==
      std::string::npos;
  return "profiles." + (bare ? profile : toml_string(profile));
}

void check_value(const std::string& key, const std::string& value) {
  const auto fault = is_utf8(value) ? value_fault(key, value) : "is not UTF-8";
  if (fault.empty()) return;
  throw Error{ErrorKind::usage, option_name(key) + shown_value(key, value) + " " + fault};
}

[[noreturn]] void refuse_second_secret(const std::string& one, const std::string& other) {
  throw Error{ErrorKind::usage, option_name(one) + " and " + option_name(other) + " exclude each other"};
}

/// The environment without the settings that would hide what the file says.
Environment without_settings(const Environment& environment) {
  return [&environment](const std::string& name) -> std::optional<std::string> {
    if (name.substr(0, 9) == "WXPAYCTL_") return std::nullopt;
    return environment(name);
  };
}

}  // namespace

bool FirstConfig::has_secret() const {
  return std::any_of(values.begin(), values.end(),
                     [](const auto& entry) { return is_secret_key(entry.first) && !entry.second.empty(); });
}

void check_given_values(const FirstConfig& config) {
  const auto name_fault = profile_name_fault(config.profile);
  if (!name_fault.empty()) {
    throw Error{ErrorKind::usage, "profile name " + printable(config.profile) + " " + name_fault};
  }
  std::map<SecretId, std::string> given;
  for (const auto& entry : config.values) {
    if (entry.second.empty()) continue;
    check_value(entry.first, entry.second);
    const auto* const known = find_key(entry.first);
    if (known == nullptr || !known->secret) continue;
    const auto [first, is_first] = given.try_emplace(known->secret->id, entry.first);
    if (!is_first) refuse_second_secret(first->second, entry.first);
  }
}

void check_first_config(const FirstConfig& config) {
  check_given_values(config);
  if (config.profile == "sandbox") return;
  for (const auto& key : config_keys()) {
    const std::string name{key.name};
    if (key.required && !config.has(name)) {
      throw Error{ErrorKind::usage, option_name(name) + " is missing",
                  "give it as an option, or run `wxpayctl init` on a terminal, which asks for it"};
    }
  }
}

std::string render_first_config(const FirstConfig& config) {
  std::string text =
      "# Configuration of wxpayctl. `man wxpayctl` explains every key; `wxpayctl doctor` checks this "
      "file.\n\n";
  text += "default_profile = " + toml_string(config.profile) + "\n\n";
  text += "[" + table_name(config.profile) + "]\n";
  const bool has_secret = config.has_secret();
  const bool needs_secret = !has_secret && config.profile != "sandbox";
  for (const auto& known : config_keys()) {
    const std::string key{known.name};
    std::string value;
    if (key == "api") value = toml_string(to_string(default_api));
    if (config.has(key)) value = toml_string(config.values.at(key));
    std::string example = known.example == nullptr ? "" : known.example;
    if (key == "key_file" && needs_secret) example = toml_string("/etc/wxpayctl/" + config.profile + ".key");
    // The comment on `key`, which itself is never written, heads the keys that stand for it.
    const bool heads = key == "key" && (has_secret || needs_secret);
    if (value.empty() && example.empty() && !heads) continue;
    if (known.comment != nullptr) text.append("\n# ").append(known.comment).append("\n");
    if (heads) continue;
    text.append(value.empty() ? "# " : "").append(key).append(" = ");
    text.append(value.empty() ? example : value).append("\n");
  }
  return text;
}

std::string toml_string(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (byte < 0x20 || byte == 0x7F) {
      quoted += "\\u00" + to_hex(std::string_view{&c, 1});
    } else {
      quoted += c;
    }
  }
  return quoted + "\"";
}

std::filesystem::path key_file_beside(const std::filesystem::path& config, const std::string& profile) {
  return std::filesystem::absolute(config).parent_path() / (profile + ".key");
}

void refuse_existing(const std::filesystem::path& path) {
  std::error_code error;
  const auto status = std::filesystem::symlink_status(path, error);
  if (status.type() == std::filesystem::file_type::not_found) return;
  if (status.type() == std::filesystem::file_type::none) {
    throw Error{ErrorKind::file, "cannot examine " + path.string() + ": " + error.message()};
  }
  throw Error{ErrorKind::file, path.string() + " is there already and is not overwritten", no_overwriting};
}

void write_first_config(const std::filesystem::path& path, const FirstConfig& config, const Secret* key,
                        const Environment& environment, const Stop& stop) {
  const auto target = std::filesystem::absolute(path);
  make_private_folders(target.parent_path());
  std::optional<NewFile> key_file;
  if (key != nullptr) {
    key_file.emplace(key_file_beside(target, config.profile));
    key_file->write(key->reveal());
    key_file->write("\n");
  }
  NewFile file{target};
  file.write(render_first_config(config));
  file.sync();

  SettingOptions options;
  options.config = file.temporary().string();
  options.profile = config.profile;
  resolve_profile(options, without_settings(environment));

  if (stop.requested()) throw Error{ErrorKind::interrupted, "interrupted, nothing was written"};
  if (key_file) key_file->publish(no_overwriting);
  file.publish(no_overwriting);
  file.keep();
  if (key_file) key_file->keep();
}

}  // namespace wxpay::cli
