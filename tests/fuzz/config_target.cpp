#include <cctype>
#include <string>
#include <string_view>
#include <variant>

#include "cli/config/config_file.hpp"
#include "cli/config/config_keys.hpp"
#include "cli/config/value_rules.hpp"
#include "fuzz/rules.hpp"
#include "fuzz/targets.hpp"
#include "wire/json.hpp"
#include "wxpay/error.hpp"

namespace wxpay::fuzz {

namespace {

/// A text as TOML has it: its basic strings know all that JSON's know, and a DEL must be escaped too.
std::string in_quotes(std::string_view text) { return wire::json_quote(text); }

/// The configuration as its simplest TOML.
std::string written(const cli::ConfigFile& file) {
  std::string toml;
  if (file.default_profile_line != 0) toml += "default_profile = " + in_quotes(file.default_profile) + "\n";
  if (file.profiles.empty()) return toml;
  toml += "[profiles]\n";
  for (const auto& [name, profile] : file.profiles) {
    toml += "[profiles." + in_quotes(name) + "]\n";
    for (const auto& [key, value] : profile.values) {
      const auto* text = std::get_if<std::string>(&value.value);
      toml += key + " = " +
              (text != nullptr ? in_quotes(*text) : std::to_string(std::get<std::int64_t>(value.value))) +
              "\n";
    }
  }
  return toml;
}

bool same(const cli::ConfigFile& a, const cli::ConfigFile& b) {
  return a.default_profile == b.default_profile && written(a) == written(b);
}

/// No key may stand in a message: one is 32 letters and digits.
bool shows_key(std::string_view words) {
  std::size_t run = 0;
  for (std::size_t i = 0; i <= words.size(); ++i) {
    const bool is_of_key = i < words.size() && std::isalnum(static_cast<unsigned char>(words[i])) != 0;
    if (!is_of_key && run == 32 && cli::looks_like_key(words.substr(i - run, run))) return true;
    run = is_of_key ? run + 1 : 0;
  }
  return false;
}

}  // namespace

void check_config(std::string_view input) {
  constexpr const char* path = "wxpayctl.toml";
  cli::ConfigFile file;
  try {
    file = cli::parse_config(input, path);
  } catch (const Error& error) {
    const std::string_view words{error.what()};
    expect(error.kind() == ErrorKind::config && words.starts_with("wxpayctl.toml:"),
           "a refusal names file and line");
    expect(!shows_key(words) && !shows_key(error.hint()), "no message shows what may be a key");
    return;
  }
  for (const auto& [name, profile] : file.profiles) {
    expect(cli::profile_name_fault(name).empty() && profile.line > 0, "a profile has a good name and a line");
    for (const auto& [key, value] : profile.values) {
      expect(value.line > 0, "a value has a line");
      if (const auto* text = std::get_if<std::string>(&value.value)) {
        expect(!shows_key(cli::shown_value(key, *text)), "no value that may be a key is shown");
        cli::value_fault(key, *text);
      }
    }
  }
  expect(same(cli::parse_config(written(file), path), file), "a configuration that is written can be read");
}

}  // namespace wxpay::fuzz
