#include "sandbox/sandbox.hpp"

#include <CLI/CLI.hpp>
#include <utility>
#include <variant>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/output.hpp"
#include "cli/output_file.hpp"
#include "cli/services.hpp"
#include "net/http_transport.hpp"
#include "sandbox/apis.hpp"
#include "sandbox/fault.hpp"
#include "wire/json.hpp"

namespace wxpay::cli {

namespace {

struct ServeOptions {
  int port = sandbox_port;
  std::string state;
};

struct PayOptions {
  std::string order;
  std::string fee;
};

struct NotifyOptions {
  std::string order;
  std::string to;
  std::string out;
};

struct FaultOptions {
  std::string kind;
  std::int64_t count = 1;
  std::string match{sandbox::default_fault_match};
  std::int64_t seconds = sandbox::Fault{}.delay.count();
  std::string words{sandbox::default_fault_words};
};

/// The profile that -p names, else the built-in one: neither the file's default profile nor the environment's
/// may bring a real merchant's key into a training gateway.
Profile sandbox_profile(const Services& services) {
  SettingOptions settings = services.settings();
  if (!settings.profile) settings.profile = "sandbox";
  return resolve_profile(settings, services.environment());
}

/// Not the command's own transport, which belongs to the default profile.
HttpResult send(Services& services, HttpRequest request) {
  request.timeout = services.settings().timeout;
  const auto transport = net::make_http_transport(
      {.ca_file = sandbox_profile(services).ca_file, .user_agent = "wxpayctl/" WXPAYCTL_VERSION},
      services.stop(), services.log());
  return transport->send(request);
}

std::string text_at(const wire::JsonObject& object, std::string_view key) {
  return wire::text_of(object, key).value_or("");
}

/// What the sandbox's "no" means, in words for a person.
Error refused_by_sandbox(int status, const wire::JsonObject& answer, const std::string& order) {
  const std::string code = text_at(answer, "code");
  const std::string message = text_at(answer, "message");
  const auto refused = [&](const std::string& what, std::string hint = {}) {
    return Error{ErrorKind::refused, what, std::move(hint), code};
  };
  if (code == "ORDERNOTEXIST") return refused("the sandbox has no order " + order);
  if (code == "ORDERPAID") return refused("order " + order + " is paid already");
  if (code == "ORDERCLOSED") return refused("order " + order + " is closed");
  if (code == "ORDER_EXPIRED") return refused("order " + order + " is past its time_expire");
  if (code == "PREPAY_EXPIRED") {
    return refused("the prepay_id of order " + order + " has run out",
                   "the same `wxpayctl create-order` again gets a new one");
  }
  if (code == "ORDERNOTPAID") {
    return refused("order " + order + " is not paid, so there is nothing to notify of",
                   "pay it with `wxpayctl sandbox pay " + order + "`");
  }
  if (code == "FILE") return Error{ErrorKind::gateway, "the sandbox failed: " + message};
  if (code.empty()) {
    return Error{ErrorKind::gateway, "what answers there is no sandbox: HTTP " + std::to_string(status)};
  }
  return refused("the sandbox refused: " + message);
}

/// Sends one control command to the running sandbox and gives its answer.
wire::JsonObject command_sandbox(Services& services, const std::string& path, wire::JsonLine command,
                                 const std::string& order) {
  const std::string base_url = sandbox_profile(services).base_urls.front();
  if (!net::is_loopback_url(base_url)) {
    throw Error{ErrorKind::usage, "no sandbox can be at " + base_url + ": it is not this machine",
                "leave out -p and --base-url to speak to the built-in sandbox"};
  }
  HttpRequest request;
  request.url = base_url + path;
  request.headers = {{"Content-Type", "application/json"}};
  request.body = std::move(command).str();
  const auto result = send(services, std::move(request));
  if (const auto* failure = std::get_if<TransportFailure>(&result)) {
    throw Error{failure->kind, "no sandbox answers at " + base_url + ": " + failure->message,
                "start it with `wxpayctl sandbox serve`"};
  }
  const auto& response = std::get<HttpResponse>(result);
  const auto parsed = wire::parse_json_object(response.body);
  const auto* answer = std::get_if<wire::JsonObject>(&parsed);
  if (answer == nullptr) {
    throw Error{ErrorKind::gateway,
                "what answers at " + base_url + " is no sandbox: HTTP " + std::to_string(response.status),
                "choose the sandbox's address with --base-url"};
  }
  if (response.status != 200) throw refused_by_sandbox(response.status, *answer, order);
  return *answer;
}

/// The sandbox's flat answer as it is.
report::Record to_record(const wire::JsonObject& answer) {
  report::Record record;
  for (const auto& [key, value] : answer) {
    constexpr std::size_t surely_fits = 18;
    if (value.kind == wire::JsonValue::Kind::integer && value.text.size() <= surely_fits) {
      record.number(key, std::stoll(value.text));
    } else {
      record.text(key, value.text);
    }
  }
  return record;
}

int run_serve(const ServeOptions& options, Services& services, Output& output) {
  const Profile profile = sandbox_profile(services);
  auto key = load_secret(profile, SecretId::v2_key, services.environment(), &services.stop());
  const bool has_public_key = is_public(SecretId::v2_key, key);
  sandbox::ServerOptions server{
      options.port, {}, sandbox::GatewayAccount{profile.merchant, std::move(key)}, {}};
  if (!options.state.empty()) {
    server.state_file = options.state;
    services.refuse_output("--state", options.state);
    // It is written anew under this name.
    services.refuse_output("--state", options.state + ".new");
  }
  const auto on_listening = [&](int port) {
    report::Record record;
    record.text("listening", "http://127.0.0.1:" + std::to_string(port));
    record.text("mchId", profile.merchant.mch_id.text());
    record.text("appId", profile.merchant.app_id.text());
    if (has_public_key) record.text("key", sandbox_key).text("keyNote", "public, of the sandbox alone");
    output.set_code_when_closed(exit_cut_short);
    output.print(record, {"listening", "mchId", "appId", "key", "keyNote"});
  };
  sandbox::serve(server, services.clock(), services.random(), services.stop(), services.log(), on_listening);
  throw Error{ErrorKind::interrupted, "the sandbox was told to stop"};
}

int run_pay(const PayOptions& options, Services& services, Output& output) {
  const auto order = OutTradeNo::parse(options.order);
  wire::JsonLine command;
  command.text("outTradeNo", order.text());
  if (!options.fee.empty()) {
    const auto fee = parse_fen(options.fee);
    if (!fee) {
      throw Error{ErrorKind::usage, "--fee is not a whole number of fen above 0: " + options.fee};
    }
    command.number("fee", fee->count());
  }
  const auto answer = command_sandbox(services, "/sandbox/pay", std::move(command), order.text());
  output.print(to_record(answer), {"outTradeNo", "transactionId", "tradeState", "totalFee"});
  return 0;
}

/// Training traffic stays on this machine.
void check_destination(const std::string& url) {
  const bool http = url.starts_with("http://") || url.starts_with("https://");
  if (!http || !net::is_loopback_url(url)) {
    throw Error{ErrorKind::usage, "a sandbox notification only goes to this machine, not to " + url,
                "give a loopback URL, as in --to http://127.0.0.1:8080/notify"};
  }
}

int save_notification(const std::string& order, const std::string& path, const std::string& notification,
                      Output& output) {
  if (path == "-") {
    output.print_text(notification + "\n");
    return 0;
  }
  OutputFile file{path};
  file.write(notification);
  file.finish();
  report::Record record;
  record.text("outTradeNo", order).text("out", path);
  output.print(record, {"outTradeNo", "out"});
  return 0;
}

/// Delivers as WeChat Pay does: the API that made the order says whether the answer takes it.
/// @param notification  as the running sandbox gave it
int deliver_notification(const std::string& order, const std::string& to,
                         const wire::JsonObject& notification, Services& services, Output& output) {
  const auto api = text_at(notification, "api");
  const auto read_answer = sandbox::find_answer_reader(api);
  const auto* const headers = wire::find(notification, "headers");
  if (read_answer == nullptr || headers == nullptr || headers->kind != wire::JsonValue::Kind::object) {
    throw Error{ErrorKind::gateway, "the sandbox that runs is of another version",
                "stop it and start it again with `wxpayctl sandbox serve`"};
  }
  HttpRequest request;
  request.url = to;
  for (const auto& [name, value] : headers->members) request.headers.push_back({name, value.text});
  request.body = text_at(notification, "notification");
  const auto result = send(services, std::move(request));
  if (const auto* failure = std::get_if<TransportFailure>(&result)) {
    throw Error{failure->kind, "the notification got no answer from " + to + ": " + failure->message};
  }
  const auto& response = std::get<HttpResponse>(result);
  const auto answer = read_answer(response.status, response.body);
  report::Record record;
  record.text("outTradeNo", order).text("to", to).number("status", response.status);
  record.text_if_set("answer", answer.code).text_if_set("answerMsg", answer.text);
  const int code = answer.taken ? exit_done : exit_unknown;
  output.set_code_when_closed(code);
  output.print(record, {"outTradeNo", "to", "status", "answer", "answerMsg"});
  return code;
}

int run_notify(const NotifyOptions& options, Services& services, Output& output) {
  const auto order = OutTradeNo::parse(options.order);
  if (!options.to.empty()) check_destination(options.to);
  if (!options.out.empty() && options.out != "-") services.refuse_output("--out", options.out);
  wire::JsonLine command;
  command.text("outTradeNo", order.text());
  const auto answer = command_sandbox(services, "/sandbox/notify", std::move(command), order.text());
  if (!options.out.empty()) {
    return save_notification(order.text(), options.out, text_at(answer, "notification"), output);
  }

  const std::string to = options.to.empty() ? text_at(answer, "notifyUrl") : options.to;
  if (options.to.empty() && !net::is_loopback_url(to)) {
    throw Error{ErrorKind::usage, "the notify_url of order " + order.text() + " is not this machine: " + to,
                "say where it shall go with --to URL, or save it with --out FILE"};
  }
  return deliver_notification(order.text(), to, answer, services, output);
}

int run_fault(const FaultOptions& options, Services& services, Output& output) {
  const bool clears = to_lower(options.kind) == "none";
  const auto kind = sandbox::parse_fault_kind(options.kind);
  const auto names = sandbox::fault_names();
  if (!clears && !kind) {
    std::string all;
    for (const auto& name : names) all += (all.empty() ? "" : ", ") + name;
    const auto meant = nearest(options.kind, names);
    throw Error{ErrorKind::usage, "unknown kind of fault: " + shortened(options.kind),
                meant ? "did you mean " + *meant + "?" : "one of " + all};
  }
  wire::JsonLine command;
  command.text("kind", clears ? "none" : sandbox::to_string(*kind));
  if (!clears) {
    command.number("count", options.count).text("match", options.match).number("seconds", options.seconds);
    if (*kind == sandbox::FaultKind::refusal) command.text("words", options.words);
  }
  const auto answer = command_sandbox(services, "/sandbox/fault", std::move(command), {});
  output.print(to_record(answer), {"fault", "count", "match", "seconds", "words"});
  return 0;
}

void add_serve(CLI::App& sandbox, Command& chosen) {
  const auto options = std::make_shared<ServeOptions>();
  auto* command = sandbox.add_subcommand("serve", "Run the gateway on 127.0.0.1 until Ctrl-C");
  command->add_option("--port", options->port, "Port to listen on; 0 takes a free one")
      ->type_name("N")
      ->check(CLI::Range(0, 65535))
      ->capture_default_str();
  command->add_option("--state", options->state, "Keep the orders in this file")->type_name("FILE");
  command->footer(
      "Prints where it listens once it answers, with the merchant, the app and the key of the profile "
      "sandbox,\n"
      "which is public, so that any client can speak to it. Ends with 129, 130 or 143 when it is stopped.\n\n"
      "Examples:\n"
      "  wxpayctl sandbox serve --state sandbox.jsonl\n"
      "  wxpayctl sandbox serve --port 0 --json");
  command->callback([&chosen, options] {
    chosen = [options](Services& services, Output& output) { return run_serve(*options, services, output); };
  });
}

void add_pay(CLI::App& sandbox, Command& chosen) {
  const auto options = std::make_shared<PayOptions>();
  auto* command = sandbox.add_subcommand("pay", "Pay an order, as the payer would");
  command->add_option("OUT_TRADE_NO", options->order, "Merchant order number")->required();
  command->add_option("--fee", options->fee, "Pay this amount instead, to try a wrong one")->type_name("FEN");
  command->footer(
      "Exit codes: 0 paid, 1 refused (unknown, paid, closed or expired), 4 no sandbox answers.\n\n"
      "Examples:\n"
      "  wxpayctl sandbox pay 2026112300001");
  command->callback([&chosen, options] {
    chosen = [options](Services& services, Output& output) { return run_pay(*options, services, output); };
  });
}

void add_notify(CLI::App& sandbox, Command& chosen) {
  const auto options = std::make_shared<NotifyOptions>();
  auto* command = sandbox.add_subcommand("notify", "Send or save the notification of a paid order");
  command->add_option("OUT_TRADE_NO", options->order, "Merchant order number")->required();
  auto* to =
      command->add_option("--to", options->to, "Loopback URL it goes to; default: the order's notify_url")
          ->type_name("URL");
  command->add_option("--out", options->out, "Write it to this file instead; - is standard output")
      ->type_name("FILE")
      ->excludes(to);
  command->footer(
      "Exit codes: 0 taken or written, 1 refused (unknown or unpaid), 4 not taken, 8 file not written.\n\n"
      "Examples:\n"
      "  wxpayctl sandbox notify 2026112300001 --to http://127.0.0.1:8080/notify\n"
      "  wxpayctl sandbox notify 2026112300001 --out paid.xml");
  command->callback([&chosen, options] {
    chosen = [options](Services& services, Output& output) { return run_notify(*options, services, output); };
  });
}

void add_fault(CLI::App& sandbox, Command& chosen) {
  const auto options = std::make_shared<FaultOptions>();
  auto* command = sandbox.add_subcommand("fault", "Spoil the answers to the next requests");
  command->add_option("KIND", options->kind, "Kind of fault; none takes all back")->required();
  command->add_option("--count", options->count, "How many requests")
      ->type_name("N")
      ->check(CLI::Range(std::int64_t{1}, sandbox::largest_fault_count))
      ->capture_default_str();
  command->add_option("--match", options->match, "Only requests whose path contains this")
      ->type_name("PATH")
      ->capture_default_str();
  command->add_option("--seconds", options->seconds, "How long `delay` holds an answer back")
      ->type_name("N")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{sandbox::longest_fault_delay.count()}))
      ->capture_default_str();
  command->add_option("--words", options->words, "What `refusal` says, at most 128 bytes")
      ->type_name("TEXT")
      ->capture_default_str();
  std::string kinds;
  for (const auto& name : sandbox::fault_names()) kinds += "\n  " + name;
  command->footer("Kinds:" + kinds +
                  "\n\nExamples:\n"
                  "  wxpayctl sandbox fault lost-reply --match unifiedorder\n"
                  "  wxpayctl sandbox fault delay --seconds 40 --count 2\n"
                  "  wxpayctl sandbox fault refusal --words 商户号该产品权限未开通 --match unifiedorder");
  command->callback([&chosen, options] {
    chosen = [options](Services& services, Output& output) { return run_fault(*options, services, output); };
  });
}

}  // namespace

void add_sandbox(CLI::App& root, Command& chosen) {
  auto* sandbox =
      root.add_subcommand("sandbox", "A local WeChat Pay gateway for trying, training and testing");
  add_serve(*sandbox, chosen);
  add_pay(*sandbox, chosen);
  add_notify(*sandbox, chosen);
  add_fault(*sandbox, chosen);
}

}  // namespace wxpay::cli
