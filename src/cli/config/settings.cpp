#include "cli/config/settings.hpp"

#include <algorithm>
#include <map>
#include <system_error>
#include <utility>

#include "base/text.hpp"
#include "cli/config/config_file.hpp"
#include "cli/config/config_keys.hpp"
#include "cli/config/default_paths.hpp"
#include "cli/config/sandbox_v3_keys.hpp"
#include "cli/config/secret_source.hpp"
#include "cli/config/value_rules.hpp"
#include "wxpay/error.hpp"

namespace wxpay::cli {

namespace {

constexpr const char* system_config = "/etc/wxpayctl/config.toml";
constexpr const char* wechat_base_url = "https://api.mch.weixin.qq.com";
constexpr const char* wechat_fallback_base_url = "https://api2.mch.weixin.qq.com";

/// A setting and where it comes from, for messages: "--ledger", "WXPAYCTL_LEDGER".
struct Given {
  std::string value;
  std::string origin;
};

std::optional<Given> option_or_variable(const std::optional<std::string>& option, const char* option_name,
                                        const Environment& environment, const char* variable) {
  if (option) {
    if (option->empty()) throw Error{ErrorKind::usage, std::string{option_name} + " is empty"};
    return Given{*option, option_name};
  }
  if (auto value = environment(variable); value && !value->empty()) {
    return Given{std::move(*value), variable};
  }
  return std::nullopt;
}

bool may_exist(const std::filesystem::path& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  // A folder that may not be searched is not the same as no file: opening it will say so.
  return status.type() != std::filesystem::file_type::not_found;
}

std::optional<ConfigFile> find_config(const SettingOptions& options, const Environment& environment) {
  if (const auto given = option_or_variable(options.config, "--config", environment, "WXPAYCTL_CONFIG")) {
    return read_config(given->value);
  }
  for (const auto& path : {default_config_path(environment), std::filesystem::path{system_config}}) {
    if (may_exist(path)) return read_config(path);
  }
  return std::nullopt;
}

/// The profile that is meant, before its values are judged.
struct Selected {
  std::optional<ConfigFile> file;
  std::string name;
  ProfileTable table;  ///< empty for a sandbox that the file does not mention

  bool sandbox() const { return is_sandbox_name(name); }
  /// `FILE:LINE` of a key.
  std::string place(const std::string& key) const { return file->place(table.line_of(key)); }
  /// What relative paths of the file are relative to.
  std::filesystem::path folder() const { return std::filesystem::absolute(file->path).parent_path(); }
  [[noreturn]] void fail(const std::string& key, const std::string& what, std::string hint = {}) const {
    throw Error{ErrorKind::config, place(key) + ": " + what, std::move(hint)};
  }
};

std::vector<std::string> profile_names(const ConfigFile& file) {
  std::vector<std::string> names;
  for (const auto& profile : file.profiles) names.push_back(profile.first);
  return names;
}

[[noreturn]] void refuse_unknown_profile(const std::optional<ConfigFile>& file, const std::string& name,
                                         const std::string& origin) {
  if (!file) {
    throw Error{ErrorKind::config, "no configuration file for profile " + printable(name),
                "run `wxpayctl init`, or use `-p sandbox`, which needs none"};
  }
  auto names = profile_names(*file);
  names.emplace_back(sandbox_name);
  names.emplace_back(sandbox_v3_name);
  std::string hint;
  if (const auto near = nearest(name, names)) {
    hint = "did you mean `" + *near + "`?";
  } else {
    for (const auto& known : names) hint.append(hint.empty() ? "there is: " : ", ").append(known);
  }
  throw Error{ErrorKind::config, origin + "unknown profile " + printable(name) + " in " + file->path.string(),
              hint};
}

std::string default_profile(const std::optional<ConfigFile>& file) {
  if (!file) {
    throw Error{ErrorKind::config, "no configuration file found",
                "run `wxpayctl init`, or use `-p sandbox`, which needs none"};
  }
  if (!file->default_profile.empty()) return file->default_profile;
  if (file->profiles.size() == 1) return file->profiles.begin()->first;
  if (file->profiles.empty()) {
    throw Error{ErrorKind::config, file->path.string() + " has no profile", "add a table [profiles.NAME]"};
  }
  throw Error{ErrorKind::config, file->path.string() + " has several profiles and no default_profile",
              "name one with -p, or add default_profile = \"" + file->profiles.begin()->first + "\""};
}

Selected select_profile(const SettingOptions& options, const Environment& environment) {
  Selected selected;
  selected.file = find_config(options, environment);
  std::string origin;
  if (auto given = option_or_variable(options.profile, "--profile", environment, "WXPAYCTL_PROFILE")) {
    selected.name = std::move(given->value);
  } else {
    selected.name = default_profile(selected.file);
    if (!selected.file->default_profile.empty()) {
      origin = selected.file->place(selected.file->default_profile_line) + ": ";
    }
  }
  const auto known = selected.file && selected.file->profiles.count(selected.name) > 0;
  if (known) {
    selected.table = selected.file->profiles.at(selected.name);
  } else if (!selected.sandbox()) {
    refuse_unknown_profile(selected.file, selected.name, origin);
  }
  return selected;
}

void check_value(const Selected& selected, const std::string& key) {
  if (const auto number = selected.table.number(key)) {
    const auto fault = value_fault(key, *number);
    if (!fault.empty()) selected.fail(key, key + " " + fault + ", not " + std::to_string(*number));
  }
  const auto text = selected.table.text(key);
  if (!text) return;
  const auto fault = value_fault(key, *text);
  if (!fault.empty()) selected.fail(key, key + shown_value(key, *text) + " " + fault);
}

/// Holds every value of the profile against its rule, in the order of the file.
void check_values(const Selected& selected) {
  std::vector<std::pair<int, std::string>> keys;
  for (const auto& entry : selected.table.values) keys.emplace_back(entry.second.line, entry.first);
  std::sort(keys.begin(), keys.end());
  for (const auto& entry : keys) check_value(selected, entry.second);
}

[[noreturn]] void refuse_second_secret(const Selected& selected, SecretId id, const std::string& one,
                                       const std::string& other) {
  std::vector<std::string> names;
  for (const auto& key : config_keys()) {
    if (key.secret && key.secret->id == id) names.emplace_back(key.name);
  }
  const auto& later = selected.table.line_of(other) > selected.table.line_of(one) ? other : one;
  selected.fail(later, "profile " + selected.name + " has two secrets: " + one + " and " + other,
                "keep one of " + listed(names, "and"));
}

SecretSource secret_source(const Selected& selected, const Environment& environment, const SecretForm& form,
                           const std::string& key, const std::string& value) {
  const auto kind = form.kind;
  SecretSource source;
  source.id = form.id;
  source.kind = kind;
  source.described = key + " of profile " + selected.name;
  if (kind == SecretSource::Kind::in_clear) {
    source.in_clear = value;
    return source;
  }
  const bool is_file = kind == SecretSource::Kind::file;
  source.argument = is_file ? resolve_path(value, selected.folder(), environment).string() : value;
  // A command may hold a password, and a name may be the key itself by mistake.
  const bool may_show = kind != SecretSource::Kind::command && !looks_like_key(value);
  if (may_show) source.described = key + " " + source.argument;
  return source;
}

/// Where the secrets of the profile come from.
std::vector<SecretSource> secret_sources(const Selected& selected, const Environment& environment) {
  std::vector<SecretSource> sources;
  std::map<SecretId, std::string> given;
  for (const auto& known : config_keys()) {
    const std::string key{known.name};
    const auto value = known.secret ? selected.table.text(key) : std::nullopt;
    if (!value) continue;
    const auto [first, is_first] = given.try_emplace(known.secret->id, key);
    if (!is_first) refuse_second_secret(selected, known.secret->id, first->second, key);
    sources.push_back(secret_source(selected, environment, *known.secret, key, *value));
  }
  if (!selected.sandbox()) return sources;
  for (const auto& known : config_keys()) {
    if (!known.secret || !given.try_emplace(known.secret->id, "").second) continue;
    // A PKCS#12 file holds the private key.
    if (known.secret->id == SecretId::private_key && given.contains(SecretId::cert_p12)) continue;
    const auto* const built_in = rule_of(known.secret->id).built_in;
    if (built_in == nullptr) continue;
    sources.push_back({.id = known.secret->id,
                       .kind = SecretSource::Kind::in_clear,
                       .argument = {},
                       .in_clear = built_in,
                       .described = "the built-in sandbox profile"});
  }
  return sources;
}

[[noreturn]] void refuse_without(const Selected& selected, const ConfigKey& key) {
  const std::string name{key.name};
  throw Error{ErrorKind::config,
              selected.file->place(selected.table.line) + ": profile " + selected.name + " has no " + name,
              "add " + name + " = \"" + key.sample + "\" under [profiles." + selected.name + "]"};
}

/// Puts every value of the file into the profile that has a member of its own.
void set_values(Profile& profile, const Selected& selected, const Environment& environment) {
  for (const auto& key : config_keys()) {
    const std::string name{key.name};
    if (key.number != nullptr) {
      profile.*key.number = selected.table.number(name).value_or(profile.*key.number);
      continue;
    }
    const auto text = selected.table.text(name);
    if (!text && key.required && !selected.sandbox()) refuse_without(selected, key);
    if (!text || key.set == nullptr) continue;
    const bool is_path = key.type == KeyType::path;
    key.set(profile, is_path ? resolve_path(*text, selected.folder(), environment).string() : *text);
  }
}

/// What the built-in profile has where the file says nothing else.
void set_sandbox_values(Profile& profile) {
  if (profile.name == sandbox_v3_name) profile.api = Api::v3;
  profile.merchant.mch_id = MerchantId{sandbox_mch_id};
  profile.merchant.app_id = AppId{sandbox_app_id};
  profile.notify_url = sandbox_notify_url;
  profile.body = sandbox_body;
  // The sandbox has no such limit unless it is told so.
  profile.refund_interval = std::chrono::seconds{0};
}

/// The serial number of the built-in private key, where the file does not bring another key.
void set_sandbox_serial_no(Profile& profile) {
  const auto* const source = profile.find_secret(SecretId::private_key);
  const bool is_built_in = source != nullptr && source->in_clear == sandbox_private_key;
  if (is_built_in && profile.serial_no.empty() && profile.cert_file.empty())
    profile.serial_no = sandbox_serial_no;
}

std::vector<std::string> base_urls(const Selected& selected, const SettingOptions& options,
                                   const Environment& environment) {
  if (const auto given =
          option_or_variable(options.base_url, "--base-url", environment, "WXPAYCTL_BASE_URL")) {
    const auto fault = value_fault("base_url", given->value);
    if (!fault.empty()) {
      // It may hold a password: the value stays out of the message.
      throw Error{ErrorKind::config, given->origin + " " + fault, "write it as https://HOST[:PORT][/PATH]"};
    }
    return {without_trailing_slash(given->value)};
  }
  const auto url = without_trailing_slash(
      selected.table.text("base_url").value_or(selected.sandbox() ? sandbox_base_url : wechat_base_url));
  std::vector<std::string> urls{url};
  if (!is_wechat_host(url)) return urls;
  if (selected.table.line_of("fallback_base_url") != 0) {
    // An empty fallback_base_url switches the fallback off.
    if (auto fallback = selected.table.text("fallback_base_url")) {
      urls.push_back(without_trailing_slash(*fallback));
    }
  } else if (is_wechat_gateway(url)) {
    urls.emplace_back(wechat_fallback_base_url);
  }
  return urls;
}

/// An address as a configuration names it.
LedgerAddress resolve_address(const LedgerAddress& named, const std::filesystem::path& folder,
                              const Environment& environment) {
  return named.resolved([&](const std::string& path) { return resolve_path(path, folder, environment); });
}

/// @param folder  what a relative path is relative to; empty: the working folder
LedgerPlace given_ledger(const Given& given, const std::filesystem::path& folder,
                         const Environment& environment) {
  const auto parsed = LedgerAddress::parse(given.value);
  const bool from_file = !folder.empty();
  if (!parsed.address) {
    throw Error{from_file ? ErrorKind::config : ErrorKind::usage, given.origin + " " + parsed.fault,
                parsed.hint};
  }
  return {from_file ? resolve_address(*parsed.address, folder, environment) : *parsed.address, false};
}

std::optional<LedgerPlace> outside_ledger(const SettingOptions& options, const Environment& environment) {
  const auto given = option_or_variable(options.ledger, "--ledger", environment, "WXPAYCTL_LEDGER");
  if (!given) return std::nullopt;
  return given_ledger(*given, {}, environment);
}

LedgerPlace ledger_place(const Selected& selected, const Environment& environment) {
  if (const auto uri = selected.table.text("ledger")) {
    return given_ledger({*uri, selected.place("ledger") + ": ledger"}, selected.folder(), environment);
  }
  return {default_ledger(environment, selected.name), true};
}

/// Those of API v3 that WeChat Pay signs by, where they are or would be kept.
void add_certificates_of(const std::string& mch_id, const Environment& environment, ConfiguredFiles& found) {
  found.files.push_back({"the platform certificates of merchant " + mch_id,
                         certificate_cache_path(environment, MerchantId{mch_id})});
}

void add_files_of(const std::filesystem::path& config, const Environment& environment,
                  ConfiguredFiles& found) {
  found.files.push_back({"the configuration " + config.string(), config});
  if (!may_exist(config)) return;
  try {
    const auto file = read_config(config);
    const auto folder = std::filesystem::absolute(config).parent_path();
    for (const auto& [name, table] : file.profiles) {
      found.ledgers.push_back(default_ledger(environment, name));
      if (const auto mch_id = table.text("mch_id")) add_certificates_of(*mch_id, environment, found);
      for (const auto& [key, value] : table.values) {
        const auto text = table.text(key);
        if (text && find_key(key)->type == KeyType::path) {
          const auto path = resolve_path(*text, folder, environment);
          found.files.push_back({"the " + key + " of profile " + name, path});
        } else if (text && key == "ledger") {
          const auto parsed = LedgerAddress::parse(*text);
          if (parsed.address) found.ledgers.push_back(resolve_address(*parsed.address, folder, environment));
        }
      }
    }
  } catch (const Error&) {
    // The command that needs it tells what is wrong with it.
  }
}

}  // namespace

ConfiguredFiles configured_files(const SettingOptions& options, const Environment& environment) {
  ConfiguredFiles found;
  if (const auto given = option_or_variable(options.config, "--config", environment, "WXPAYCTL_CONFIG")) {
    add_files_of(given->value, environment, found);
  } else {
    add_files_of(default_config_path(environment), environment, found);
    add_files_of(system_config, environment, found);
  }
  if (const auto ledger = option_or_variable(options.ledger, "--ledger", environment, "WXPAYCTL_LEDGER")) {
    const auto parsed = LedgerAddress::parse(ledger->value);
    if (parsed.address) found.ledgers.push_back(*parsed.address);
  }
  for (const auto* const name : {sandbox_name, sandbox_v3_name})
    found.ledgers.push_back(default_ledger(environment, name));
  add_certificates_of(sandbox_mch_id, environment, found);
  return found;
}

bool is_sandbox_name(const std::string& profile) {
  return profile == sandbox_name || profile == sandbox_v3_name;
}

Profile resolve_profile(const SettingOptions& options, const Environment& environment) {
  const auto selected = select_profile(options, environment);
  check_values(selected);
  Profile profile;
  profile.name = selected.name;
  if (selected.file) profile.config_file = selected.file->path;
  profile.sandbox = selected.sandbox();
  if (profile.sandbox) set_sandbox_values(profile);
  set_values(profile, selected, environment);
  profile.secrets = secret_sources(selected, environment);
  if (profile.sandbox) set_sandbox_serial_no(profile);
  profile.base_urls = base_urls(selected, options, environment);
  auto ledger = outside_ledger(options, environment);
  if (!ledger) ledger = ledger_place(selected, environment);
  profile.ledger = ledger->address;
  profile.default_ledger = ledger->default_place;
  return profile;
}

LedgerPlace resolve_ledger(const SettingOptions& options, const Environment& environment) {
  if (auto place = outside_ledger(options, environment)) return *place;
  return ledger_place(select_profile(options, environment), environment);
}

}  // namespace wxpay::cli
