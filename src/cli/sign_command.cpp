#include <CLI/CLI.hpp>

#include <algorithm>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/input.hpp"
#include "cli/payment_api.hpp"
#include "cli/sign_batch_command.hpp"

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

std::optional<PayScheme> asked_scheme(const SignOptions& options) {
  if (options.sign_type.empty()) return std::nullopt;
  const auto scheme = parse_pay_scheme(options.sign_type);
  if (scheme == PayScheme::rsa) {
    refuse("--sign-type must be MD5 or HMAC-SHA256",
           "a profile of API v3 signs by RSA when --sign-type is left out");
  }
  if (!scheme) refuse("--sign-type must be MD5 or HMAC-SHA256");
  return scheme;
}

/// The lines of API v3 in one, as text shows no line ends.
std::string on_one_line(const std::string& lines) {
  std::string line;
  for (const char c : lines) {
    if (c == '\n') {
      line += "\\n";
    } else {
      line += c;
    }
  }
  return line;
}

void describe_signed_text(report::Record& record, const SignedText& text, const Output& output) {
  record.text("canonicalString", output.format() == OutputFormat::text ? on_one_line(text.canonical_string)
                                                                       : text.canonical_string);
  if (!text.in_hex.empty()) record.list("inHex", text.in_hex);
  if (text.key_length != 0) record.number("keyLength", static_cast<std::int64_t>(text.key_length));
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
  if (!is_prepay_id(options.prepay_id)) refuse("the prepay_id must be 1 to 64 visible characters");
  const auto& given_timestamp = asked_timestamp(options);
  if (!options.nonce.empty() && (!is_visible(options.nonce) || options.nonce.size() > 32)) {
    refuse("--nonce must be 1 to 32 visible characters");
  }
  const auto& profile = services.profile();
  const auto& signer = services.offline_api().pay_signer();
  if (signer.holds_secret(options.prepay_id) || signer.holds_secret(options.nonce)) {
    refuse("the key stands in the prepay_id or the nonce", "both are printed, and the key is a secret");
  }
  const auto scheme = asked_scheme(options).value_or(signer.scheme());
  const auto timestamp = given_timestamp.empty() ? pay_timestamp(services.clock()) : given_timestamp;
  const auto nonce = options.nonce.empty() ? make_nonce(services.random()) : options.nonce;
  const auto parameters =
      signer.parameters(trade_type, profile.merchant, PrepayId{options.prepay_id}, scheme, timestamp, nonce);
  report::Record record;
  record.fields(parameters).text("prepayId", options.prepay_id);
  if (options.explain)
    describe_signed_text(record, services.offline_api().set_signer().explain(parameters), output);
  output.print(record, {"appId", "timeStamp", "nonceStr", "package", "signType", "paySign", "appid",
                        "partnerid", "prepayid", "noncestr", "timestamp", "sign", "prepayId"});
  return exit_done;
}

int sign_many(const SignOptions& options, Services& services, Output& output) {
  if (!options.nonce.empty()) refuse("--nonce is for one prepay_id, not for --batch");
  if (options.explain) refuse("--explain is for one signature, not for --batch");
  services.add_inputs({options.batch_file});
  SignBatch batch{options.batch_file, asked_trade_type(options), PayScheme::md5, asked_timestamp(options)};
  batch.scheme = asked_scheme(options).value_or(services.offline_api().pay_signer().scheme());
  return sign_batch(batch, services, output);
}

void add_explanation(report::Record& record, const SignedText& text, const std::vector<std::string>& notes,
                     const Output& output) {
  describe_signed_text(record, text, output);
  if (!notes.empty()) record.list("notes", notes);
}

/// The set in a file.
/// @param text  where its text is kept, which must outlive it
GivenSet read_set(const SignOptions& options, const std::string& file, std::string& text, Services& services,
                  Output& output) {
  services.add_inputs({file});
  const auto scheme = asked_scheme(options);
  const bool key_is_public = has_public_key(services);
  text = read_input(file, largest_document);
  return {.text = text,
          .scheme = scheme,
          .key_is_public = key_is_public,
          .warn = [&output](const std::string& doubt) { output.warn(doubt); }};
}

int sign_params(const SignOptions& options, Services& services, Output& output) {
  std::string text;
  const auto set = read_set(options, options.params_file, text, services, output);
  const auto signature = services.offline_api().set_signer().sign(set);
  report::Record record;
  record.text("sign", signature.sign).text("signType", std::string{to_string(signature.scheme)});
  record.text_if_set("authorization", signature.authorization);
  if (options.explain) add_explanation(record, signature.text, signature.notes, output);
  output.print(record, {"sign", "signType", "authorization"});
  return exit_done;
}

int verify(const SignOptions& options, Services& services, Output& output) {
  std::string text;
  const auto set = read_set(options, options.verify_file, text, services, output);
  const auto verdict = services.offline_api().set_signer().verify(set);
  report::Record record;
  record.flag("valid", verdict.valid)
      .text("signType", std::string{to_string(verdict.scheme)})
      .text_if_set("reason", verdict.reason);
  if (options.explain) {
    add_explanation(record, verdict.text, verdict.notes, output);
    if (!verdict.causes.empty()) record.list("causes", verdict.causes);
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
      "Sign a parameter set: JSON object, XML, lines of name=value, or a=1&b=2; on API v3 a request");
  add("--verify", options->verify_file, "FILE",
      "Check the sign of an XML document, of pay parameters, or of API v3's HTTP message");
  add("--batch", options->batch_file, "FILE", "Make the pay parameters of many: a prepay_id a line");
  add("--sign-type", options->sign_type, "TYPE", "MD5 or HMAC-SHA256, of API v2");
  command->add_flag("--explain", options->explain, "Also show what is signed, and why a sign does not hold");
  command->footer(
      "FILE may be '-' for standard input. Neither the network nor the ledger is touched. A request of API "
      "v3\n"
      "is {\"method\":…,\"url\":…,\"timestamp\":…,\"nonce\":…,\"body\":…}; its message is headers, a blank "
      "line, the body.\n\n"
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
