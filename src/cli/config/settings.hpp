#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/config/api.hpp"
#include "wxpay/clock.hpp"
#include "wxpay/identifiers.hpp"
#include "wxpay/ledger_address.hpp"
#include "wxpay/order.hpp"
#include "wxpay/refund.hpp"
#include "wxpay/secret.hpp"
#include "wxpay/sign_type.hpp"

namespace wxpay::cli {

/// Looks a variable up; an empty one counts as unset (wxpayctl(1)). Handed in, so that tests have
/// their own.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;
Environment process_environment();

/// The settings that options may give; unset ones fall through to environment, profile and default.
struct SettingOptions {
  std::optional<std::string> config;
  std::optional<std::string> profile;
  std::optional<std::string> ledger;
  std::optional<std::string> base_url;
  std::chrono::milliseconds timeout{30'000};
};

/// The secrets that a profile may have. What each must be says secret_source.cpp; the keys of the
/// configuration that give it have their rows in config_keys.cpp.
enum class SecretId : std::uint8_t {
  v2_key,
  private_key,  ///< of the merchant on API v3, in PEM
  private_key_password,
  cert_p12,  ///< the bytes of a PKCS#12 file: private key and certificate
  cert_p12_password,
  apiv3_key
};

/// Where a secret comes from. Only this is kept until a command needs the secret itself.
struct SecretSource {
  enum class Kind : std::uint8_t { in_clear, environment, file, command };
  SecretId id = SecretId::v2_key;
  Kind kind = Kind::in_clear;
  std::string argument;   ///< the variable, path (absolute) or command; empty for in_clear
  std::string in_clear;   ///< the secret itself, where the configuration holds it
  std::string described;  ///< for messages: "key_file /etc/wxpayctl/shop.key"
};

/// One profile with every rule of precedence applied.
struct Profile {
  std::string name;
  std::filesystem::path config_file;  ///< empty: none was read
  bool sandbox = false;               ///< a built-in one
  MerchantIdentity merchant;
  Api api = default_api;
  SignType sign_type = SignType::md5;
  std::vector<SecretSource> secrets;  ///< those that are given, each once
  std::string notify_url;
  std::string body;
  TradeType trade_type = TradeType::jsapi;
  std::string client_ip = "127.0.0.1";
  /// The base URL in use, then the fallback for WeChat Pay's own host; without a trailing slash.
  std::vector<std::string> base_urls;
  LedgerAddress ledger;
  bool default_ledger = false;  ///< the default place: its folder may be created
  std::int64_t rate = 50;
  std::int64_t jobs = 16;
  std::chrono::seconds refund_interval{wxpay::refund_interval};  ///< between two refunds of one order
  std::string ca_file;
  // Of API v3.
  std::string serial_no;  ///< of the merchant's certificate, in upper case; empty: the certificate has it
  std::string cert_file;
  std::string public_key_id;
  std::string public_key_file;

  /// Null where it is not given.
  const SecretSource* find_secret(SecretId id) const {
    const auto found = std::find_if(secrets.begin(), secrets.end(),
                                    [id](const SecretSource& source) { return source.id == id; });
    return found == secrets.end() ? nullptr : &*found;
  }
};

/// @throws Error{config} for every fault of the file: missing, unreadable, open to others, malformed (with
/// its line), unknown key (with its line and the nearest known one), wrong type, unknown profile, two secrets
Profile resolve_profile(const SettingOptions& options, const Environment& environment);

/// The ledger alone, for commands that need no merchant: one given by option or environment needs no
/// profile.
struct LedgerPlace {
  LedgerAddress address;
  bool default_place = false;
};
LedgerPlace resolve_ledger(const SettingOptions& options, const Environment& environment);

/// Files that the configuration names.
struct ConfiguredFiles {
  struct Named {
    std::string what;  ///< for messages: "the key_file of profile shop"
    std::filesystem::path path;
  };
  std::vector<Named> files;  ///< the configuration itself, where it is or would be, and every `…_file` in it
  std::vector<LedgerAddress> ledgers;
};
/// Those of all profiles, and of the options. What cannot be read or understood is left out: who needs it
/// says so.
ConfiguredFiles configured_files(const SettingOptions& options, const Environment& environment);

/// Reads a secret of the profile and checks its form.
/// @param stop  ends the wait for a command that prints it early
/// @throws Error{key}  it is not given, cannot be read, or cannot be this secret; Error{interrupted}
Secret load_secret(const Profile& profile, SecretId id, const Environment& environment,
                   const Stop* stop = nullptr);

/// A file of the profile that is no secret, as a certificate: others may read it, but not change it.
/// @param key  of the configuration that names it
/// @throws Error{key}
std::string read_public_file(const std::string& key, const std::string& path);

/// The default of --config for a new file: `$XDG_CONFIG_HOME/wxpayctl/config.toml`.
std::filesystem::path default_config_path(const Environment& environment);

/// The identity and the key of the built-in sandbox: fixed and public.
inline constexpr const char* sandbox_mch_id = "1900000109";
inline constexpr const char* sandbox_app_id = "wxd678efh567hg6787";
inline constexpr const char* sandbox_key = "wxpayctlSandboxKey00000000000000";
/// Whether it is the built-in sandbox's: the file may give that profile another, which is nobody's to know.
bool is_public(SecretId id, const Secret& secret);

/// The built-in profile of API v2, and that of API v3.
inline constexpr const char* sandbox_name = "sandbox";
inline constexpr const char* sandbox_v3_name = "sandbox-v3";
bool is_sandbox_name(const std::string& profile);

inline constexpr const char* sandbox_base_url = "http://127.0.0.1:8971";
inline constexpr int sandbox_port = 8971;
/// Where a trainee's own back end may listen, beside the sandbox.
inline constexpr const char* sandbox_notify_url = "http://127.0.0.1:8972/notify";
inline constexpr const char* sandbox_body = "sandbox goods";

}  // namespace wxpay::cli
