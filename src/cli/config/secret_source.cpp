#include "cli/config/secret_source.hpp"

#include <string.h>

#include <string_view>
#include <system_error>

#include "cli/config/safe_file.hpp"
#include "cli/config/value_rules.hpp"
#include "wxpay/error.hpp"

namespace wxpay::cli {

namespace {

constexpr std::size_t largest_secret_file = 4096;

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
         "set it for this command, or name a key_file in the profile");
  }
  return Secret{std::move(*value)};
}

Secret from_file(const SecretSource& source) {
  const SafeFile file{source.argument, source.described, ErrorKind::key};
  file.refuse_writable_by_others();
  file.refuse_readable_by_others();
  auto content = file.read(largest_secret_file);
  const Wiped wiped{content};
  std::string_view secret{content};
  if (secret.ends_with('\n')) {
    secret.remove_suffix(1);
    if (secret.ends_with('\r')) secret.remove_suffix(1);
  }
  if (secret.empty()) fail(source.described + " is empty", "put the key into it, as one line");
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

Secret from_command(const SecretSource& source, const CommandLimits& limits) {
  auto result = run_shell_command(source.argument, limits);
  const Wiped wiped{result.output};
  if (result.end == CommandEnd::stopped) {
    throw Error{ErrorKind::interrupted, "interrupted while waiting for " + source.described};
  }
  const auto fault = command_fault(result, limits);
  if (!fault.empty()) fail(source.described + " " + fault, "run the command by hand and see what it says");
  std::string_view line{result.output};
  line = line.substr(0, line.find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.empty()) fail(source.described + " printed nothing", "it must print the key as its first line");
  return Secret{std::string{line}};
}

}  // namespace

Secret load_secret(const SecretSource& source, const Environment& environment, const CommandLimits& limits) {
  switch (source.kind) {
    case SecretSource::Kind::none:
      fail("the profile has no key",
           "name one of key_file, key_env, key_command or key in its [profiles.…] table");
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

Secret load_v2_key(const SecretSource& source, const Environment& environment, const Stop* stop) {
  CommandLimits limits;
  limits.stop = stop;
  auto key = load_secret(source, environment, limits);
  const auto fault = v2_key_fault(key.reveal());
  if (!fault.empty()) {
    fail("the key from " + source.described + " " + fault,
         "it is the API v2 key (API密钥) of the merchant platform, not the APIv3 key; nothing may stand "
         "before or after it");
  }
  return key;
}

}  // namespace wxpay::cli
