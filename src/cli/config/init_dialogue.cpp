#include "cli/config/init_dialogue.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/text.hpp"
#include "cli/config/config_keys.hpp"
#include "cli/config/value_rules.hpp"
#include "wxpay/error.hpp"

namespace wxpay::cli {

namespace {

constexpr int most_tries = 5;

[[noreturn]] void too_many(const std::string& what) {
  throw Error{ErrorKind::usage, "no usable answer for " + what + ", nothing was written"};
}

std::string remark(const std::string& what, const std::string& fault) { return "  " + what + " " + fault; }

/// @param optional  an empty answer leaves the key out
void ask_for(FirstConfig& config, Prompter& prompter, const std::string& key, const std::string& question,
             bool optional) {
  if (config.has(key)) return;
  for (int tries = 0; tries < most_tries; ++tries) {
    const auto typed = prompter.ask(question);
    const std::string answer{trim(typed)};
    if (answer.empty() && optional) return;
    const auto fault = is_utf8(answer) ? value_fault(key, answer) : "is not UTF-8";
    if (fault.empty()) {
      config.values[key] = answer;
      return;
    }
    prompter.tell(remark(key, fault));
  }
  too_many(key);
}

std::optional<Secret> ask_for_key(Prompter& prompter, const std::string& name,
                                  std::string (*fault_of)(std::string_view key)) {
  for (int tries = 0; tries < most_tries; ++tries) {
    auto key = prompter.ask_hidden(name + " (32 characters, not shown; Enter to set it later): ");
    if (key.reveal().empty()) return std::nullopt;
    const auto fault = fault_of(key.reveal());
    if (fault.empty()) return key;
    prompter.tell(remark("the key", fault));
  }
  too_many("the key");
}

/// Puts a value into the configuration.
/// @return what is wrong with it; empty where it is taken
std::string take(FirstConfig& config, const std::string& key, const std::string& answer,
                 const KeyFiles& files) {
  auto fault = is_utf8(answer) ? value_fault(key, answer) : "is not UTF-8";
  if (!fault.empty()) return remark(key, fault);
  auto attempt = config;
  attempt.values[key] = find_key(key)->type == KeyType::path ? files.locate(answer).string() : answer;
  try {
    files.check(attempt);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::key) throw;
    return "  " + std::string{error.what()} + (error.hint().empty() ? "" : "; " + error.hint());
  }
  config = std::move(attempt);
  return "";
}

struct FileQuestion {
  std::string text;
  /// Which key of the profile an answer is for.
  std::string (*key_of)(const std::string& answer);
  std::string usual = {};  ///< what an empty answer stands for; empty: left for later
  bool required = false;
};

void ask_for_file(FirstConfig& config, Prompter& prompter, const FileQuestion& question,
                  const KeyFiles& files) {
  for (int tries = 0; tries < most_tries; ++tries) {
    const auto typed = prompter.ask(question.text);
    std::string answer{trim(typed)};
    if (answer.empty()) answer = question.usual;
    if (answer.empty() && !question.required) return;
    const auto fault = take(config, question.key_of(answer), answer, files);
    if (fault.empty()) return;
    prompter.tell(fault);
  }
  too_many(question.key_of(question.usual));
}

void ask_for_private_key(FirstConfig& config, Prompter& prompter, const KeyFiles& files) {
  if (config.gives(SecretId::private_key) || config.gives(SecretId::cert_p12)) return;
  ask_for_file(config, prompter,
               {.text = "File of the merchant's private key, apiclient_key.pem or apiclient_cert.p12 "
                        "(Enter to set it later): ",
                .key_of =
                    [](const std::string& answer) {
                      const auto name = to_lower(answer);
                      const bool is_p12 = name.ends_with(".p12") || name.ends_with(".pfx");
                      return std::string{is_p12 ? "cert_p12_file" : "private_key_file"};
                    }},
               files);
}

/// The certificate that the merchant platform packs with a private key, where it lies beside it.
std::string certificate_beside(const FirstConfig& config) {
  if (!config.has("private_key_file")) return "";
  const auto beside =
      std::filesystem::path{config.values.at("private_key_file")}.replace_filename("apiclient_cert.pem");
  std::error_code error;
  return std::filesystem::exists(beside, error) ? beside.string() : "";
}

void ask_for_certificate(FirstConfig& config, Prompter& prompter, const KeyFiles& files) {
  if (config.gives(SecretId::cert_p12) || config.has("cert_file") || config.has("serial_no")) return;
  const auto usual = certificate_beside(config);
  ask_for_file(config, prompter,
               {.text = "Its certificate, the file apiclient_cert.pem or the serial number (Enter " +
                        (usual.empty() ? "to set it later" : "for " + usual) + "): ",
                .key_of =
                    [](const std::string& answer) {
                      const bool is_number = value_fault("serial_no", answer).empty();
                      return std::string{is_number ? "serial_no" : "cert_file"};
                    },
                .usual = usual},
               files);
}

void ask_for_public_key(FirstConfig& config, Prompter& prompter, const KeyFiles& files) {
  if (!config.has("public_key_file")) {
    ask_for(config, prompter, "public_key_id",
            "ID of WeChat Pay's public key (PUB_KEY_ID_…; Enter where the account has certificates): ", true);
    if (!config.has("public_key_id")) return;
    ask_for_file(config, prompter,
                 {.text = "File of that public key (pub_key.pem): ",
                  .key_of = [](const std::string&) { return std::string{"public_key_file"}; },
                  .required = true},
                 files);
  }
}

std::optional<Secret> complete_v3(FirstConfig& config, Prompter& prompter, const KeyFiles& files) {
  ask_for_private_key(config, prompter, files);
  ask_for_certificate(config, prompter, files);
  std::optional<Secret> key;
  if (!config.gives(SecretId::apiv3_key)) key = ask_for_key(prompter, "APIv3 key", apiv3_key_fault);
  ask_for_public_key(config, prompter, files);
  return key;
}

}  // namespace

void ask_for_api(FirstConfig& config, Prompter& prompter) {
  if (config.has("api") || is_sandbox_name(config.profile)) return;
  // Options that name nothing but a key of API v2 were typed for it.
  const auto usual = config.gives(SecretId::v2_key) ? Api::v2 : Api::v3;
  const std::string name{to_string(usual)};
  ask_for(config, prompter, "api",
          "API of this merchant, v3 (of new merchants) or v2 (Enter for " + name + "): ", true);
  if (!config.has("api")) config.values["api"] = name;
}

std::optional<Secret> complete_by_asking(FirstConfig& config, Prompter& prompter, const KeyFiles& files) {
  // A sandbox brings a merchant and keys of its own.
  const bool sandbox = is_sandbox_name(config.profile);
  const bool is_v2 = config.api() == Api::v2;
  if (!sandbox) {
    ask_for(config, prompter, "mch_id", "Merchant number (mch_id): ", false);
    ask_for(config, prompter, "app_id", "App id (app_id, wx…): ", false);
  }
  if (is_v2) {
    ask_for(config, prompter, "sign_type", "Signature type, MD5 or HMAC-SHA256 (Enter for MD5): ", true);
  }
  std::optional<Secret> key;
  if (!is_v2 && !sandbox) key = complete_v3(config, prompter, files);
  ask_for(config, prompter, "notify_url", "URL for payment notifications (Enter for none): ", true);
  if (sandbox || !is_v2 || config.gives(SecretId::v2_key)) return key;
  return ask_for_key(prompter, "API v2 key", v2_key_fault);
}

}  // namespace wxpay::cli
