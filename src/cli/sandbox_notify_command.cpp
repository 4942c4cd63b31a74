#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "cli/exit_code.hpp"
#include "cli/output.hpp"
#include "cli/output_file.hpp"
#include "cli/sandbox_commands.hpp"
#include "cli/sandbox_control.hpp"
#include "cli/services.hpp"
#include "net/http_transport.hpp"
#include "sandbox/apis.hpp"

namespace wxpay::cli {

namespace {

struct NotifyOptions {
  std::string order;
  std::string to;
  std::string out;
};

/// Training traffic stays on this machine.
void check_destination(const std::string& url) {
  const bool http = url.starts_with("http://") || url.starts_with("https://");
  if (!http || !net::is_loopback_url(url)) {
    throw Error{ErrorKind::usage, "a sandbox notification only goes to this machine, not to " + url,
                "give a loopback URL, as in --to http://127.0.0.1:8080/notify"};
  }
}

/// A notification as the running sandbox gave it.
struct Notification {
  const sandbox::NotificationRules& rules;
  std::vector<HttpHeader> headers;
  std::string body;
};

Notification notification_in(const wire::JsonObject& answer) {
  const auto* const rules = sandbox::find_notification_rules(text_at(answer, "api"));
  const auto* const headers = wire::find(answer, "headers");
  if (rules == nullptr || headers == nullptr || headers->kind != wire::JsonValue::Kind::object) {
    throw Error{ErrorKind::gateway, "the sandbox that runs is of another version",
                "stop it and start it again with `wxpayctl sandbox serve`"};
  }
  Notification notification{.rules = *rules, .headers = {}, .body = text_at(answer, "notification")};
  for (const auto& [name, value] : headers->members) notification.headers.push_back({name, value.text});
  return notification;
}

/// The body alone or, where that proves nothing, as it goes over HTTP. It says how long it is, so that
/// several may stand in one file.
std::string saved_form(const Notification& notification) {
  if (!notification.rules.is_signed_in_headers) return notification.body;
  std::string dump;
  for (const auto& header : notification.headers) dump += header.name + ": " + header.value + "\n";
  return dump + "Content-Length: " + std::to_string(notification.body.size()) + "\n\n" + notification.body;
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
int deliver_notification(const std::string& order, const std::string& to, const Notification& notification,
                         Services& services, Output& output) {
  HttpRequest request;
  request.url = to;
  request.headers = notification.headers;
  request.body = notification.body;
  const auto result = send_as_sandbox(services, std::move(request));
  if (const auto* failure = std::get_if<TransportFailure>(&result)) {
    throw Error{failure->kind, "the notification got no answer from " + to + ": " + failure->message};
  }
  const auto& response = std::get<HttpResponse>(result);
  const auto answer = notification.rules.read_answer(response.status, response.body);
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
  const auto notification = notification_in(answer);
  if (!options.out.empty())
    return save_notification(order.text(), options.out, saved_form(notification), output);

  const std::string to = options.to.empty() ? text_at(answer, "notifyUrl") : options.to;
  if (options.to.empty() && !net::is_loopback_url(to)) {
    throw Error{ErrorKind::usage, "the notify_url of order " + order.text() + " is not this machine: " + to,
                "say where it shall go with --to URL, or save it with --out FILE"};
  }
  return deliver_notification(order.text(), to, notification, services, output);
}

}  // namespace

void add_sandbox_notify(CLI::App& sandbox, Command& chosen) {
  const auto options = std::make_shared<NotifyOptions>();
  auto* command = sandbox.add_subcommand("notify", "Send or save the notification of a paid order");
  command->add_option("OUT_TRADE_NO", options->order, "Merchant order number")->required();
  auto* to =
      command->add_option("--to", options->to, "Loopback URL it goes to; default: the order's notify_url")
          ->type_name("URL");
  command
      ->add_option("--out", options->out,
                   "Write it to this file instead, XML or of API v3 HTTP; - is standard output")
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

}  // namespace wxpay::cli
