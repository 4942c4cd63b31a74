#include "cli/config/secret_source.hpp"

#include <string.h>

#include <string_view>
#include <system_error>
#include <vector>

#include "base/text.hpp"
#include "cli/config/config_keys.hpp"
#include "cli/config/safe_file.hpp"
#include "cli/config/sandbox_v3_keys.hpp"
#include "cli/config/value_rules.hpp"
#include "wxpay/error.hpp"

namespace wxpay::cli {

namespace {

constexpr std::size_t largest_line = 4096;
/// Of a private key with a chain of certificates beside it.
constexpr std::size_t largest_key_file = std::size_t{64} * 1024;
constexpr const char* secret_file_mode = "600";

bool is_line(const SecretSource& source) { return rule_of(source.id).extent == SecretExtent::line; }

/// Of those secrets that the reader of their format judges.
std::string no_fault(std::string_view) { return {}; }

std::string name_of(const SecretSource& source) { return std::string{rule_of(source.id).name}; }

/// "a key", "an apiv3_key".
std::string article(const std::string& name) { return (name.starts_with('a') ? "an " : "a ") + name; }

[[noreturn]] void fail(const std::string& what, std::string hint = {}) {
  throw Error{ErrorKind::key, what, std::move(hint)};
}

/// Wipes a text at the end of its life, however that comes.
class Wiped {
 public:
  explicit Wiped(std::string& text) : text_{text} {}
  Wiped(const Wiped&) = delete;
  Wiped& operator=(const Wiped&) = delete;
  Wiped(Wiped&&) = delete;
  Wiped& operator=(Wiped&&) = delete;
  ~Wiped() { explicit_bzero(text_.data(), text_.size()); }

 private:
  std::string& text_;
};

Secret from_environment(const SecretSource& source, const Environment& environment) {
  auto value = environment(source.argument);
  if (!value) {
    fail(source.described + ": the environment variable is not set or empty",
         "set it for this command, or name " + article(name_of(source)) + "_file in the profile");
  }
  return Secret{std::move(*value)};
}

Secret from_file(const SecretSource& source) {
  const SafeFile file{source.argument, source.described, ErrorKind::key};
  file.refuse_writable_by_others(secret_file_mode);
  file.refuse_readable_by_others(secret_file_mode);
  auto content = file.read(is_line(source) ? largest_line : largest_key_file);
  const Wiped wiped{content};
  std::string_view secret{content};
  if (is_line(source) && secret.ends_with('\n')) {
    secret.remove_suffix(1);
    if (secret.ends_with('\r')) secret.remove_suffix(1);
  }
  if (secret.empty()) {
    fail(source.described + " is empty",
         "put the " + name_of(source) + " into it" + (is_line(source) ? ", as one line" : ""));
  }
  return Secret{std::string{secret}};
}

/// Why a command gave no secret; empty when it did.
std::string command_fault(const CommandResult& result, const CommandLimits& limits) {
  switch (result.end) {
    case CommandEnd::exited:
      return result.status == 0 ? "" : "ended with exit status " + std::to_string(result.status);
    case CommandEnd::signalled:
      return "was ended by signal " + std::to_string(result.status);
    case CommandEnd::timed_out:
      return "did not end within " + std::to_string(limits.time.count()) + " ms and was stopped";
    case CommandEnd::too_much_output:
      return "printed more than " + std::to_string(limits.output) + " bytes and was stopped";
    case CommandEnd::stopped:
      return "was interrupted";
    case CommandEnd::not_started:
      return "could not be started: " + std::generic_category().message(result.status);
  }
  return "ended in an unknown way";
}

Secret from_command(const SecretSource& source, CommandLimits limits) {
  if (!is_line(source)) limits.output = largest_key_file;
  auto result = run_shell_command(source.argument, limits);
  const Wiped wiped{result.output};
  if (result.end == CommandEnd::stopped) {
    throw Error{ErrorKind::interrupted, "interrupted while waiting for " + source.described};
  }
  const auto fault = command_fault(result, limits);
  if (!fault.empty()) fail(source.described + " " + fault, "run the command by hand and see what it says");
  std::string_view line{result.output};
  if (is_line(source)) {
    line = line.substr(0, line.find('\n'));
    if (line.ends_with('\r')) line.remove_suffix(1);
  }
  if (line.empty()) {
    fail(source.described + " printed nothing",
         "it must print the " + name_of(source) + (is_line(source) ? " as its first line" : ""));
  }
  return Secret{std::string{line}};
}

/// Whether a profile of API v2 has what only API v3 works with.
bool lacks_api(const Profile& profile) {
  if (profile.api != Api::v2) return false;
  return profile.find_secret(SecretId::apiv3_key) != nullptr || !profile.public_key_id.empty() ||
         !profile.serial_no.empty();
}

[[noreturn]] void fail_without(const Profile& profile, SecretId id) {
  if (lacks_api(profile)) {
    fail("the profile has keys of API v3 and does not name that API", "add api = \"v3\" to its table");
  }
  using Kind = SecretSource::Kind;
  std::vector<std::string> names;
  for (const auto kind : {Kind::file, Kind::environment, Kind::command, Kind::in_clear}) {
    for (const auto& key : config_keys()) {
      if (key.secret == SecretForm{id, kind}) names.emplace_back(key.name);
    }
  }
  fail("the profile has no " + std::string{rule_of(id).name},
       "name one of " + listed(names, "or") + " in its [profiles.…] table");
}

}  // namespace

SecretRule rule_of(SecretId id) {
  switch (id) {
    case SecretId::v2_key:
      return {.name = "key",
              .fault = v2_key_fault,
              .hint =
                  "it is the API v2 key (API密钥) of the merchant platform, not the APIv3 key; nothing may "
                  "stand before or after it",
              .built_in = sandbox_key};
    case SecretId::private_key:
      return {.name = "private_key",
              .fault = no_fault,
              .hint = "it is apiclient_key.pem of the merchant platform",
              .built_in = sandbox_private_key,
              .extent = SecretExtent::all};
    case SecretId::private_key_password:
      return {.name = "private_key_password",
              .fault = no_fault,
              .hint = "it is the password that the private key is encrypted with"};
    case SecretId::cert_p12:
      return {.name = "cert_p12",
              .fault = no_fault,
              .hint = "it is apiclient_cert.p12 of the merchant platform",
              .extent = SecretExtent::all};
    case SecretId::cert_p12_password:
      return {.name = "cert_p12_password",
              .fault = no_fault,
              .hint = "it is the merchant number unless it was changed"};
    case SecretId::apiv3_key:
      return {.name = "apiv3_key",
              .fault = apiv3_key_fault,
              .hint =
                  "it is the APIv3 key (APIv3密钥) of the merchant platform, not the API v2 key; nothing may "
                  "stand before or after it",
              .built_in = sandbox_apiv3_key};
  }
  throw Error{ErrorKind::internal, "a secret without a rule"};
}

bool is_public(SecretId id, const Secret& secret) {
  const auto* const built_in = rule_of(id).built_in;
  return built_in != nullptr && secret.reveal() == built_in;
}

Secret load_secret(const SecretSource& source, const Environment& environment, const CommandLimits& limits) {
  switch (source.kind) {
    case SecretSource::Kind::in_clear:
      return Secret{std::string{source.in_clear}};
    case SecretSource::Kind::environment:
      return from_environment(source, environment);
    case SecretSource::Kind::file:
      return from_file(source);
    case SecretSource::Kind::command:
      return from_command(source, limits);
  }
  throw Error{ErrorKind::internal, "unknown kind of secret source"};
}

Secret load_secret(const Profile& profile, SecretId id, const Environment& environment, const Stop* stop) {
  const auto* const source = profile.find_secret(id);
  if (source == nullptr) fail_without(profile, id);
  CommandLimits limits;
  limits.stop = stop;
  auto secret = load_secret(*source, environment, limits);
  const auto rule = rule_of(id);
  if (const auto fault = rule.fault(secret.reveal()); !fault.empty()) {
    fail("the " + std::string{rule.name} + " from " + source->described + " " + fault, rule.hint);
  }
  return secret;
}

std::string read_public_file(const std::string& key, const std::string& path) {
  const SafeFile file{path, key + " " + path, ErrorKind::key};
  file.refuse_writable_by_others();
  return file.read(largest_key_file);
}

}  // namespace wxpay::cli
