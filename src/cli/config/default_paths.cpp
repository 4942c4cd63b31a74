#include <pwd.h>
#include <unistd.h>

#include <cstdlib>

#include "cli/config/default_paths.hpp"
#include "cli/config/settings.hpp"

namespace wxpay::cli {

namespace {

std::filesystem::path xdg_folder(const Environment& environment, const char* variable, const char* usual) {
  const auto named = environment(variable);
  // The XDG base directory specification: a relative path there is invalid and ignored.
  if (named && std::filesystem::path{*named}.is_absolute()) return *named;
  return home_folder(environment) / usual;
}

std::filesystem::path state_folder(const Environment& environment) {
  return xdg_folder(environment, "XDG_STATE_HOME", ".local/state") / "wxpayctl";
}

}  // namespace

Environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr || *value == '\0') return std::nullopt;
    return value;
  };
}

std::filesystem::path home_folder(const Environment& environment) {
  if (const auto home = environment("HOME")) return *home;
  // A service manager may start the program without HOME.
  const passwd* user = ::getpwuid(::geteuid());
  return user != nullptr && user->pw_dir != nullptr ? user->pw_dir : "/";
}

std::filesystem::path default_config_path(const Environment& environment) {
  return xdg_folder(environment, "XDG_CONFIG_HOME", ".config") / "wxpayctl" / "config.toml";
}

LedgerAddress default_ledger(const Environment& environment, const std::string& profile) {
  return LedgerAddress{state_folder(environment) / (profile + ".db")};
}

std::filesystem::path certificate_cache_path(const Environment& environment, const MerchantId& mch_id) {
  return state_folder(environment) / ("platform-certificates-" + mch_id.text());
}

std::filesystem::path resolve_path(const std::string& text, const std::filesystem::path& folder,
                                   const Environment& environment) {
  if (text == "~" || text.substr(0, 2) == "~/") {
    return home_folder(environment) / std::filesystem::path{text.substr(text.size() > 1 ? 2 : 1)};
  }
  const std::filesystem::path path{text};
  return path.is_absolute() ? path : (folder / path).lexically_normal();
}

}  // namespace wxpay::cli
