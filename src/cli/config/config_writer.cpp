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

using Kind = SecretSource::Kind;

/// What stands above the key of API v2 in a profile of API v3.
constexpr const char* older_key_comment =
    "The API v2 key may stay: notifications of the old kind are then still taken, and prepay_ids of v2 "
    "signed.";

/// What stands above the certificate in a profile of API v2.
constexpr const char* v2_certificate_comment =
    "The merchant's certificate and its key, which refunds and reversals show: apiclient_cert.pem and\n"
    "# apiclient_key.pem, or both in one as cert_p12_file (apiclient_cert.p12).";

/// What stands above a key.
const char* comment_on(const ConfigKey& key, Api api) {
  if (key.name == "key" && api == Api::v3) return older_key_comment;
  if (key.name == "cert_file" && api == Api::v2) return v2_certificate_comment;
  return key.comment;
}

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

/// Whether something else that the configuration names stands for this key.
bool is_replaced(const FirstConfig& config, const ConfigKey& key) {
  if (key.secret) {
    const bool is_private_key = key.secret->id == SecretId::private_key;
    return config.gives(key.secret->id) || (is_private_key && config.gives(SecretId::cert_p12));
  }
  return key.name == "cert_file" && (config.has("serial_no") || config.gives(SecretId::cert_p12));
}

/// What stands after the key, commented out, where it has no value; empty: nothing.
std::string example_of(const ConfigKey& key, const FirstConfig& config) {
  const bool is_key_material = key.secret || key.only || key.name == "cert_file";
  if (is_key_material && is_sandbox_name(config.profile)) return "";
  if (key.only.value_or(config.api()) != config.api() || is_replaced(config, key)) return "";
  if (key.name == "key_file") return toml_string("/etc/wxpayctl/" + config.profile + ".key");
  return key.example == nullptr ? "" : key.example;
}

/// Whether the comment on a secret, which itself is never written, heads the keys that stand for it.
bool heads(const ConfigKey& key, const FirstConfig& config) {
  if (!key.secret || key.secret->kind != Kind::in_clear || key.comment == nullptr) return false;
  if (config.gives(key.secret->id)) return true;
  const bool of_this_api = key.only.value_or(config.api()) == config.api();
  return of_this_api && !is_sandbox_name(config.profile);
}

/// The environment without the settings that would hide what the file says.
Environment without_settings(const Environment& environment) {
  return [&environment](const std::string& name) -> std::optional<std::string> {
    if (name.substr(0, 9) == "WXPAYCTL_") return std::nullopt;
    return environment(name);
  };
}

}  // namespace

bool FirstConfig::gives(SecretId id) const {
  return std::any_of(values.begin(), values.end(), [id](const auto& entry) {
    const auto* const key = entry.second.empty() ? nullptr : find_key(entry.first);
    return key != nullptr && key->secret && key->secret->id == id;
  });
}

Api FirstConfig::api() const {
  if (has("api")) return parse_api(values.at("api")).value_or(default_api);
  return profile == sandbox_v3_name ? Api::v3 : default_api;
}

std::vector<std::string> FirstConfig::missing() const {
  if (is_sandbox_name(profile)) return {};
  std::vector<std::string> missing;
  if (api() == Api::v2) {
    if (!gives(SecretId::v2_key))
      missing.emplace_back("there is no key yet: add key_file, key_env or key_command");
    return missing;
  }
  const bool has_p12 = gives(SecretId::cert_p12);
  if (!has_p12 && !gives(SecretId::private_key))
    missing.emplace_back("there is no private key yet: add private_key_file or cert_p12_file");
  if (!has_p12 && !has("cert_file") && !has("serial_no"))
    missing.emplace_back("the merchant's certificate is not named yet: add cert_file or serial_no");
  if (!gives(SecretId::apiv3_key)) {
    missing.emplace_back("there is no APIv3 key yet: add apiv3_key_file, apiv3_key_env or apiv3_key_command");
  }
  return missing;
}

Profile first_profile(const FirstConfig& config) {
  Profile profile;
  profile.name = config.profile;
  if (is_sandbox_name(profile.name)) profile.merchant.mch_id = MerchantId{sandbox_mch_id};
  for (const auto& key : config_keys()) {
    const std::string name{key.name};
    if (!config.has(name)) continue;
    const auto& value = config.values.at(name);
    if (key.set != nullptr) key.set(profile, value);
    if (key.secret && key.secret->kind == Kind::file) {
      profile.secrets.push_back({.id = key.secret->id,
                                 .kind = Kind::file,
                                 .argument = value,
                                 .in_clear = {},
                                 .described = name + " " + value});
    }
  }
  profile.api = config.api();
  return profile;
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
    if (known != nullptr && known->only.value_or(config.api()) != config.api()) {
      const std::string api{to_string(*known->only)};
      throw Error{ErrorKind::usage, option_name(entry.first) + " is of API " + api, "add --api " + api};
    }
    if (known == nullptr || !known->secret) continue;
    const auto [first, is_first] = given.try_emplace(known->secret->id, entry.first);
    if (!is_first) refuse_second_secret(first->second, entry.first);
  }
}

void check_first_config(const FirstConfig& config) {
  check_given_values(config);
  if (is_sandbox_name(config.profile)) return;
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
  for (const auto& known : config_keys()) {
    const std::string key{known.name};
    std::string value;
    if (key == "api") value = toml_string(to_string(config.api()));
    if (config.has(key)) value = toml_string(config.values.at(key));
    const auto example = value.empty() ? example_of(known, config) : "";
    const bool is_heading = heads(known, config);
    if (value.empty() && example.empty() && !is_heading) continue;
    const auto* const comment = comment_on(known, config.api());
    if (comment != nullptr) text.append("\n# ").append(comment).append("\n");
    if (is_heading) continue;
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

std::string typed_key_name(Api api) { return api == Api::v3 ? "apiv3_key_file" : "key_file"; }

std::filesystem::path typed_key_file(const std::filesystem::path& config, const FirstConfig& profile) {
  return key_file_beside(config, profile.profile + (profile.api() == Api::v3 ? "-apiv3" : ""));
}

std::filesystem::path key_file_beside(const std::filesystem::path& config, const std::string& name) {
  return std::filesystem::absolute(config).parent_path() / (name + ".key");
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
    key_file.emplace(typed_key_file(target, config));
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
