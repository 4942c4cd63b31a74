#include "cli/config/init_dialogue.hpp"

#include <string>

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

std::optional<Secret> ask_for_key(Prompter& prompter) {
  for (int tries = 0; tries < most_tries; ++tries) {
    auto key = prompter.ask_hidden("API v2 key (32 characters, not shown; Enter to set it later): ");
    if (key.reveal().empty()) return std::nullopt;
    const auto fault = v2_key_fault(key.reveal());
    if (fault.empty()) return key;
    prompter.tell(remark("the key", fault));
  }
  too_many("the key");
}

}  // namespace

std::optional<Secret> complete_by_asking(FirstConfig& config, Prompter& prompter) {
  // The sandbox brings a merchant and a key of its own.
  const bool sandbox = config.profile == "sandbox";
  if (!sandbox) {
    ask_for(config, prompter, "mch_id", "Merchant number (mch_id): ", false);
    ask_for(config, prompter, "app_id", "App id (app_id, wx…): ", false);
  }
  ask_for(config, prompter, "sign_type", "Signature type, MD5 or HMAC-SHA256 (Enter for MD5): ", true);
  ask_for(config, prompter, "notify_url", "URL for payment notifications (Enter for none): ", true);
  if (sandbox || config.has_secret()) return std::nullopt;
  return ask_for_key(prompter);
}

}  // namespace wxpay::cli
