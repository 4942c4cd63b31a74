#include <CLI/CLI.hpp>

#include <algorithm>

#include "app/parameter_set.hpp"
#include "app/pay_parameters.hpp"
#include "app/pay_set.hpp"
#include "app/sign_explained.hpp"
#include "base/masking.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/input.hpp"
#include "cli/sign_batch_command.hpp"
#include "wire/xml.hpp"
#include "wxpay/signing.hpp"

namespace wxpay::cli {

namespace {

constexpr std::size_t largest_document = 1024UL * 1024;

struct SignOptions {
  std::string prepay_id;
  std::string trade_type;
  std::string timestamp;
  std::string nonce;
  std::string params_file;
  std::string verify_file;
  std::string batch_file;
  std::string sign_type;
  bool explain = false;
};

[[noreturn]] void refuse(const std::string& what, const std::string& hint = {}) {
  throw Error{ErrorKind::usage, what, hint};
}

std::optional<SignType> asked_sign_type(const SignOptions& options) {
  if (options.sign_type.empty()) return std::nullopt;
  const auto type = parse_sign_type(options.sign_type);
  if (!type) refuse("--sign-type must be MD5 or HMAC-SHA256");
  return type;
}

void explain_canonical_string(report::Record& record, const Fields& fields, const Secret& key) {
  auto explained = app::explain_canonical(fields, key);
  record.text("canonicalString", std::move(explained.canonical_string));
  if (!explained.in_hex.empty()) record.list("inHex", std::move(explained.in_hex));
  record.number("keyLength", static_cast<std::int64_t>(explained.key_length));
}

TradeType asked_trade_type(const SignOptions& options) {
  if (options.trade_type.empty()) return TradeType::jsapi;
  const auto given = parse_trade_type(options.trade_type);
  if (given != TradeType::jsapi && given != TradeType::app) refuse("--trade-type must be JSAPI or APP");
  return *given;
}

/// Empty for now.
const std::string& asked_timestamp(const SignOptions& options) {
  if (!options.timestamp.empty() && (!is_digits(options.timestamp) || options.timestamp.size() > 12)) {
    refuse("--timestamp must be seconds since 1970");
  }
  return options.timestamp;
}

int sign_prepay_id(const SignOptions& options, Services& services, Output& output) {
  const auto trade_type = asked_trade_type(options);
  if (!app::is_prepay_id(options.prepay_id)) refuse("the prepay_id must be 1 to 64 visible characters");
  const auto& given_timestamp = asked_timestamp(options);
  if (!options.nonce.empty() && (!is_visible(options.nonce) || options.nonce.size() > 32)) {
    refuse("--nonce must be 1 to 32 visible characters");
  }
  const auto& profile = services.profile();
  const auto& key = services.key();
  if (holds_secret(options.prepay_id, key) || holds_secret(options.nonce, key)) {
    refuse("the key stands in the prepay_id or the nonce", "both are printed, and the key is a secret");
  }
  const auto sign_type = asked_sign_type(options).value_or(profile.sign_type);
  const auto timestamp = given_timestamp.empty() ? app::pay_timestamp(services.clock()) : given_timestamp;
  const auto nonce = options.nonce.empty() ? make_nonce(services.random()) : options.nonce;
  const auto parameters = app::pay_parameters(trade_type, profile.merchant, PrepayId{options.prepay_id},
                                              sign_type, timestamp, nonce, key);
  report::Record record;
  record.fields(parameters).text("prepayId", options.prepay_id);
  if (options.explain) explain_canonical_string(record, app::without_signature(parameters), key);
  output.print(record, {"appId", "timeStamp", "nonceStr", "package", "signType", "paySign", "appid",
                        "partnerid", "prepayid", "noncestr", "timestamp", "sign", "prepayId"});
  return exit_done;
}

int sign_many(const SignOptions& options, Services& services, Output& output) {
  if (!options.nonce.empty()) refuse("--nonce is for one prepay_id, not for --batch");
  if (options.explain) refuse("--explain is for one signature, not for --batch");
  services.add_inputs({options.batch_file});
  SignBatch batch{options.batch_file, asked_trade_type(options), SignType::md5, asked_timestamp(options)};
  batch.sign_type = asked_sign_type(options).value_or(services.profile().sign_type);
  return sign_batch(batch, services, output);
}

/// A set that was given, as it is to be signed or checked.
struct GivenSet {
  Fields fields;
  std::optional<SignType> sign_type;  ///< its own
  std::vector<std::string> notes;
  std::optional<app::PaySet> pay_set;
};

constexpr const char* forms_of_sets =
    "it is a JSON object, an XML document, lines of name=value, or one line of a=1&b=2, which is cut at each "
    "&";

/// What is wrong with a set, without the key that may stand in it.
[[noreturn]] void refuse_set(const std::string& why, const Secret& key, const std::string& hint = {}) {
  refuse("the parameter set is unusable: " + mask_secret(why, key), hint);
}

/// Adds what is told of a set: names of fields may be anything.
void add_masked(report::Record& record, const char* name, const std::vector<std::string>& lines,
                const Secret& key) {
  std::vector<std::string> masked;
  masked.reserve(lines.size());
  for (const auto& line : lines) masked.push_back(mask_secret(line, key));
  if (!masked.empty()) record.list(name, std::move(masked));
}

GivenSet as_pay_set(const Fields& fields, const Secret& key, Services& services) {
  auto read = app::read_pay_set(fields, services.profile().merchant);
  if (const auto* malformed = std::get_if<wire::Malformed>(&read)) {
    refuse_set(malformed->why, key,
               "pay parameters are taken as create-order and wx.requestPayment have them");
  }
  auto& pay_set = std::get<app::PaySet>(read);
  GivenSet given{pay_set.fields, parse_sign_type(pay_set.sign_type), pay_set.notes, {}};
  if (!given.sign_type && !pay_set.sign_type.empty()) {
    refuse_set("its signType is neither MD5 nor HMAC-SHA256", key);
  }
  given.pay_set = std::move(pay_set);
  return given;
}

app::ParameterSet parse_set(std::string_view text, const Secret& key, Output& output) {
  auto parsed = app::parse_parameters(text);
  if (const auto* malformed = std::get_if<wire::Malformed>(&parsed)) {
    refuse_set(malformed->why, key, forms_of_sets);
  }
  auto& set = std::get<app::ParameterSet>(parsed);
  for (const auto& doubt : app::doubts_about(set)) output.warn(mask_secret(doubt, key));
  for (const auto& [name, value] : set.fields) {
    if (holds_secret(value, key)) output.warn(mask_secret("the value of " + name + " holds the key", key));
  }
  return std::move(set);
}

GivenSet set_to_sign(Services& services, Output& output, const std::string& file) {
  const auto& key = services.key();
  const auto set = parse_set(read_input(file, largest_document), key, output);
  if (app::is_pay_set(set.fields)) return as_pay_set(set.fields, key, services);
  // Such a signature would make a notification that nobody could tell from WeChat Pay's.
  const auto problem = app::never_signed_by_merchant(set.fields);
  if (!problem.empty() && !is_public_key(key)) {
    refuse_set(problem, key, "with -p sandbox messages of WeChat Pay can be made up, for trying");
  }
  const auto named = app::named_sign_type(set.fields);
  const auto own = set.fields.get("signType");
  GivenSet given{app::without_signature(set.fields), parse_sign_type(named), {}, {}};
  if (!own.empty() && own != named) refuse_set("its sign_type and its signType differ", key);
  if (!given.sign_type && !named.empty()) refuse_set("its sign_type is neither MD5 nor HMAC-SHA256", key);
  return given;
}

int sign_params(const SignOptions& options, Services& services, Output& output) {
  services.add_inputs({options.params_file});
  const auto asked = asked_sign_type(options);
  const auto given = set_to_sign(services, output, options.params_file);
  const auto used = asked.value_or(given.sign_type.value_or(services.profile().sign_type));
  const auto& key = services.key();
  report::Record record;
  record.text("sign", sign_fields(given.fields, used, key)).text("signType", std::string{to_string(used)});
  if (options.explain) {
    explain_canonical_string(record, given.fields, key);
    add_masked(record, "notes", given.notes, key);
  }
  output.print(record, {"sign", "signType"});
  return exit_done;
}

/// A message of WeChat Pay, or pay parameters in any form of a set.
GivenSet set_to_verify(Services& services, Output& output, const std::string& file) {
  const auto& key = services.key();
  const auto text = read_input(file, largest_document);
  auto parsed = wire::parse_xml(text);
  if (const auto* fields = std::get_if<Fields>(&parsed)) {
    if (app::is_pay_set(*fields)) return as_pay_set(*fields, key, services);
    const bool has_key = std::any_of(fields->begin(), fields->end(),
                                     [](const auto& field) { return app::names_key(field.first); });
    if (has_key) refuse_set("an element is named `key`, which is no field of any message", key);
    return {*fields, {}, {}, {}};
  }
  const auto start = trim(text);
  if (start.empty() || start.starts_with('<')) {
    refuse("this is no message of WeChat Pay: " + mask_secret(std::get<wire::Malformed>(parsed).why, key));
  }
  const auto set = parse_set(text, key, output);
  if (!app::is_pay_set(set.fields)) {
    refuse("this is neither a message of WeChat Pay nor a set of pay parameters",
           "a message is XML; pay parameters have a package that begins with prepay_id=, or a prepayid");
  }
  return as_pay_set(set.fields, key, services);
}

std::vector<std::string> causes_of(const GivenSet& given, SignType type, const Secret& key) {
  if (!given.pay_set) return app::explain_mismatch(given.fields, type, key);
  if (!given.fields.has("sign")) return {"the parameters are not signed: sign --params makes the signature"};
  auto causes = app::explain_pay_mismatch(*given.pay_set, type, key);
  return causes.empty() ? app::explain_mismatch(given.fields, type, key) : causes;
}

int verify(const SignOptions& options, Services& services, Output& output) {
  services.add_inputs({options.verify_file});
  const auto asked = asked_sign_type(options);
  const auto given = set_to_verify(services, output, options.verify_file);
  const auto& key = services.key();
  const auto otherwise = given.sign_type.value_or(services.profile().sign_type);
  const auto verdict = app::verify_sign(given.fields, asked, otherwise, key);
  report::Record record;
  record.flag("valid", verdict.valid)
      .text("signType", std::string{to_string(verdict.sign_type)})
      .text_if_set("reason", verdict.reason);
  if (options.explain) {
    explain_canonical_string(record, given.fields, key);
    add_masked(record, "notes", given.notes, key);
    if (!verdict.valid) add_masked(record, "causes", causes_of(given, verdict.sign_type, key), key);
  }
  output.set_code_when_closed(verdict.valid ? exit_done : exit_integrity);
  output.print(record, {"valid", "signType", "reason"});
  return verdict.valid ? exit_done : exit_integrity;
}

int run_sign(const SignOptions& options, Services& services, Output& output) {
  const auto forms = {&options.prepay_id, &options.params_file, &options.verify_file, &options.batch_file};
  const auto given =
      std::count_if(forms.begin(), forms.end(), [](const auto* form) { return !form->empty(); });
  if (given != 1) refuse("give one of --prepay-id, --params, --verify and --batch");
  const bool for_prepay_ids =
      !options.trade_type.empty() || !options.timestamp.empty() || !options.nonce.empty();
  if (for_prepay_ids && options.prepay_id.empty() && options.batch_file.empty()) {
    refuse("--trade-type, --timestamp and --nonce belong to --prepay-id");
  }
  if (!options.prepay_id.empty()) return sign_prepay_id(options, services, output);
  if (!options.batch_file.empty()) return sign_many(options, services, output);
  return options.params_file.empty() ? verify(options, services, output)
                                     : sign_params(options, services, output);
}

}  // namespace

void add_sign(CLI::App& root, Command& chosen) {
  auto options = std::make_shared<SignOptions>();
  auto* command = root.add_subcommand("sign", "Sign or verify parameters, offline");
  const auto add = [&](const char* name, std::string& slot, const char* type, const char* help) {
    command->add_option(name, slot, help)->type_name(type);
  };
  add("--prepay-id", options->prepay_id, "ID", "Make the pay parameters of a prepay_id");
  add("--trade-type", options->trade_type, "TYPE", "JSAPI (default) or APP, for pay parameters");
  add("--timestamp", options->timestamp, "N", "Seconds since 1970 instead of now");
  add("--nonce", options->nonce, "S", "Nonce instead of a random one");
  add("--params", options->params_file, "FILE",
      "Sign a parameter set: JSON object, XML, lines of name=value, or a=1&b=2");
  add("--verify", options->verify_file, "FILE", "Check the sign of an XML document or of pay parameters");
  add("--batch", options->batch_file, "FILE", "Make the pay parameters of many: a prepay_id a line");
  add("--sign-type", options->sign_type, "TYPE", "MD5 or HMAC-SHA256");
  command->add_flag("--explain", options->explain, "Also show what is signed, and why a sign does not hold");
  command->footer(
      "FILE may be '-' for standard input. Neither the network nor the ledger is touched.\n\n"
      "Examples:\n"
      "  wxpayctl sign --prepay-id wx2017033010242291fcfe0db70013231072 --json\n"
      "  wxpayctl sign --params order.json --sign-type HMAC-SHA256 --explain\n"
      "  wxpayctl sign --verify notification.xml --explain\n"
      "  wxpayctl create-order --request order.json --json | wxpayctl sign --verify -\n"
      "  wxpayctl sign --batch prepay-ids.txt --json > parameters.jsonl\n\n"
      "Exit codes: 0 done, the sign holds; 1 a line of --batch is no prepay_id; 2 not readable as what it "
      "should be; 3 no key; 5 the sign does not hold; 8 the file cannot be read; 130 interrupted");
  command->callback([&chosen, options] {
    chosen = [options](Services& services, Output& output) { return run_sign(*options, services, output); };
  });
}

}  // namespace wxpay::cli
