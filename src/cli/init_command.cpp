#include <unistd.h>

#include <CLI/CLI.hpp>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/config/config_keys.hpp"
#include "cli/config/config_writer.hpp"
#include "cli/config/default_paths.hpp"
#include "cli/config/init_dialogue.hpp"
#include "cli/config/prompter.hpp"
#include "cli/config/value_rules.hpp"
#include "cli/exit_code.hpp"
#include "cli/files_in_use.hpp"
#include "cli/payment_api.hpp"
#include "domain/field_rules.hpp"

namespace wxpay::cli {

namespace {

struct InitOption {
  const char* key;  ///< of the profile
  const char* name;
  const char* type;
  std::string help;
};

std::vector<InitOption> init_options() {
  const auto trade_types = listed(payable_trade_types(), "or");
  return {
      {"api", "--api", "API", "v2 (default where it is not asked) or v3"},
      {"mch_id", "--mch-id", "ID", "Merchant number"},
      {"app_id", "--app-id", "ID", "App id of the mini program, official account or app"},
      {"sub_mch_id", "--sub-mch-id", "ID", "Sub-merchant number, in service-provider mode"},
      {"sub_app_id", "--sub-app-id", "ID", "The sub-merchant's app id"},
      {"sign_type", "--sign-type", "TYPE", "MD5 (default) or HMAC-SHA256, of API v2"},
      {"notify_url", "--notify-url", "URL", "Where WeChat Pay reports payments"},
      {"trade_type", "--trade-type", "TYPE", "Default of create-order: " + trade_types},
      {"body", "--body", "TEXT", "Default goods description"},
      {"key_file", "--key-file", "FILE", "File that holds the API v2 key"},
      {"key_env", "--key-env", "NAME", "Environment variable that holds the API v2 key"},
      {"key_command", "--key-command", "COMMAND", "Command that prints the API v2 key"},
      {"private_key_file", "--private-key-file", "FILE",
       "The merchant's private key (apiclient_key.pem), of API v3"},
      {"private_key_password_file", "--private-key-password-file", "FILE",
       "File that holds its password, where it is encrypted"},
      {"cert_p12_file", "--cert-p12-file", "FILE", "Private key and certificate in one (apiclient_cert.p12)"},
      {"cert_p12_password_file", "--cert-p12-password-file", "FILE",
       "File that holds its password (default: the merchant number)"},
      {"cert_file", "--cert-file", "FILE", "The merchant's certificate (apiclient_cert.pem)"},
      {"cert_key_file", "--cert-key-file", "FILE",
       "Its private key (apiclient_key.pem), for refunds on API v2"},
      {"serial_no", "--serial-no", "NO", "Its serial number, where the file is not here"},
      {"apiv3_key_file", "--apiv3-key-file", "FILE", "File that holds the APIv3 key"},
      {"apiv3_key_env", "--apiv3-key-env", "NAME", "Environment variable that holds the APIv3 key"},
      {"apiv3_key_command", "--apiv3-key-command", "COMMAND", "Command that prints the APIv3 key"},
      {"public_key_id", "--public-key-id", "ID", "Which public key WeChat Pay signs by (PUB_KEY_ID_…)"},
      {"public_key_file", "--public-key-file", "FILE", "That public key (pub_key.pem)"},
  };
}

std::filesystem::path target_of(const Services& services) {
  const auto& option = services.settings().config;
  if (option && option->empty()) throw Error{ErrorKind::usage, "--config is empty"};
  const auto given = option ? option : services.environment()("WXPAYCTL_CONFIG");
  return std::filesystem::absolute(given ? std::filesystem::path{*given}
                                         : default_config_path(services.environment()));
}

/// A path of the command line is relative to the working folder; one in the file is relative to the file's.
void make_absolute(std::string& path) {
  if (!path.empty()) path = std::filesystem::absolute(path).lexically_normal().string();
}

FirstConfig requested(const FirstConfig& options, const Services& services) {
  auto config = options;
  const auto& settings = services.settings();
  if (settings.profile) {
    config.profile = *settings.profile;
  } else {
    config.profile = services.environment()("WXPAYCTL_PROFILE").value_or("shop");
  }
  for (auto& [name, value] : config.values) {
    if (find_key(name)->type == KeyType::path) make_absolute(value);
  }
  if (settings.base_url) config.values["base_url"] = *settings.base_url;
  if (settings.ledger) {
    const auto parsed = LedgerAddress::parse(*settings.ledger);
    // A fault is told later.
    config.values["ledger"] = parsed.address ? parsed.address->text() : *settings.ledger;
  }
  return config;
}

/// What is written must not stand where the ledger or the key is to be.
/// @param new_key_file  null: none is written
void refuse_its_own_files(const FirstConfig& config, const std::filesystem::path& target,
                          const std::filesystem::path* new_key_file, const Services& services) {
  FilesInUse files;
  files.add_ledger(default_ledger(services.environment(), config.profile));
  if (config.has("ledger")) {
    const auto parsed = LedgerAddress::parse(config.values.at("ledger"));
    if (parsed.address) files.add_ledger(*parsed.address);
  }
  if (new_key_file != nullptr) files.refuse("the key file beside --config", *new_key_file);
  for (const auto& [name, value] : config.values) {
    if (find_key(name)->type == KeyType::path && config.has(name)) files.add("the " + name, value);
  }
  files.refuse("--config", target);
}

/// What is typed is relative to the working folder, as the options are.
KeyFiles key_files(Services& services) {
  return {
      .locate =
          [&services](const std::string& typed) {
            return resolve_path(typed, std::filesystem::current_path(), services.environment());
          },
      .check = [&services](const FirstConfig& config) { check_first_keys(first_profile(config), services); }};
}

int run_init(const FirstConfig& options, Services& services, Output& output) {
  const auto target = target_of(services);
  auto config = requested(options, services);
  refuse_existing(target);

  const auto files = key_files(services);
  std::optional<Secret> key;
  if (isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1) {
    TerminalPrompter prompter{services.stop()};
    ask_for_api(config, prompter);
    check_given_values(config);
    key = complete_by_asking(config, prompter, files);
  }
  check_first_config(config);
  files.check(config);
  const auto key_file = typed_key_file(target, config);
  if (key) {
    config.values[typed_key_name(config.api())] = key_file.string();
    check_given_values(config);
  }
  refuse_its_own_files(config, target, key ? &key_file : nullptr, services);
  write_first_config(target, config, key ? &*key : nullptr, services.environment(), services.stop());

  for (const auto& missing : config.missing()) output.warn(missing + " to " + target.string());
  report::Record record;
  record.text("config", target.string()).text("profile", config.profile);
  if (key) record.text("keyFile", key_file.string());
  record.text("next", "wxpayctl doctor");
  output.print(record, {"config", "profile", "keyFile", "next"});
  return exit_done;
}

}  // namespace

void add_init(CLI::App& root, Command& chosen) {
  auto options = std::make_shared<FirstConfig>();
  auto* command = root.add_subcommand("init", "Write a first configuration");
  for (const auto& option : init_options()) {
    command->add_option(option.name, options->values[option.key], option.help)->type_name(option.type);
  }
  command->footer(
      "The profile is named by --profile (default shop), the file by --config. On a terminal it asks for "
      "what\n"
      "the options leave out; a key that is typed in goes into a file of its own. Nothing is overwritten.\n"
      "Every certificate and key of it that it names is read, and they are held against each other.\n\n"
      "Examples:\n"
      "  wxpayctl init\n"
      "  wxpayctl init -p shop --mch-id 1900000109 --app-id wxd678efh567hg6787 --key-file "
      "/etc/wxpayctl/shop.key\n"
      "  wxpayctl init --api v3 --mch-id 1900000109 --app-id wxd678efh567hg6787 --cert-p12-file "
      "apiclient_cert.p12\n\n"
      "Exit codes: 0 written; 2 a value is missing or cannot be; 3 a key or certificate cannot be used;\n"
      "8 the file is there already or cannot be written");
  command->callback([&chosen, options] {
    chosen = [options](Services& services, Output& output) { return run_init(*options, services, output); };
  });
}

}  // namespace wxpay::cli
