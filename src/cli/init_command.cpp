#include <unistd.h>

#include <CLI/CLI.hpp>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/config/config_writer.hpp"
#include "cli/config/default_paths.hpp"
#include "cli/config/init_dialogue.hpp"
#include "cli/config/prompter.hpp"
#include "cli/config/value_rules.hpp"
#include "cli/exit_code.hpp"
#include "cli/files_in_use.hpp"
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
      {"mch_id", "--mch-id", "ID", "Merchant number"},
      {"app_id", "--app-id", "ID", "App id of the mini program, official account or app"},
      {"sub_mch_id", "--sub-mch-id", "ID", "Sub-merchant number, in service-provider mode"},
      {"sub_app_id", "--sub-app-id", "ID", "The sub-merchant's app id"},
      {"sign_type", "--sign-type", "TYPE", "MD5 (default) or HMAC-SHA256"},
      {"notify_url", "--notify-url", "URL", "Where WeChat Pay reports payments"},
      {"trade_type", "--trade-type", "TYPE", "Default of create-order: " + trade_types},
      {"body", "--body", "TEXT", "Default goods description"},
      {"key_file", "--key-file", "FILE", "File that holds the API v2 key"},
      {"key_env", "--key-env", "NAME", "Environment variable that holds the API v2 key"},
      {"key_command", "--key-command", "COMMAND", "Command that prints the API v2 key"},
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
  make_absolute(config.values["key_file"]);
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
  if (config.has("key_file")) files.add("the key_file", config.values.at("key_file"));
  files.refuse("--config", target);
}

int run_init(const FirstConfig& options, Services& services, Output& output) {
  const auto target = target_of(services);
  auto config = requested(options, services);
  const auto key_file = key_file_beside(target, config.profile);
  refuse_existing(target);

  std::optional<Secret> key;
  if (isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1) {
    check_given_values(config);
    TerminalPrompter prompter{services.stop()};
    key = complete_by_asking(config, prompter);
    if (key) config.values["key_file"] = key_file.string();
  }
  check_first_config(config);
  refuse_its_own_files(config, target, key ? &key_file : nullptr, services);
  write_first_config(target, config, key ? &*key : nullptr, services.environment(), services.stop());

  if (!config.has_secret() && config.profile != "sandbox") {
    output.warn("there is no key yet: add key_file, key_env or key_command to " + target.string());
  }
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
      "the options leave out; a key that is typed in goes into a file of its own. Nothing is overwritten.\n\n"
      "Examples:\n"
      "  wxpayctl init\n"
      "  wxpayctl init -p shop --mch-id 1900000109 --app-id wxd678efh567hg6787 --key-file "
      "/etc/wxpayctl/shop.key\n\n"
      "Exit codes: 0 written; 2 a value is missing or cannot be; 8 the file is there already or cannot be "
      "written");
  command->callback([&chosen, options] {
    chosen = [options](Services& services, Output& output) { return run_init(*options, services, output); };
  });
}

}  // namespace wxpay::cli
