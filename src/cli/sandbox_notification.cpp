#include "cli/sandbox_notification.hpp"

#include <CLI/CLI.hpp>
#include <utility>
#include <variant>
#include <vector>

#include "cli/exit_code.hpp"
#include "cli/output_file.hpp"
#include "cli/sandbox_control.hpp"
#include "net/http_transport.hpp"
#include "sandbox/apis.hpp"

namespace wxpay::cli {

namespace {

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

/// What a notification is about: the first fields of its result.
report::Record subject_of(const wire::JsonObject& answer) {
  report::Record record;
  record.text("outTradeNo", text_at(answer, "outTradeNo"));
  record.text_if_set("outRefundNo", text_at(answer, "outRefundNo"));
  return record;
}

int save_notification(report::Record record, const std::string& path, const std::string& notification,
                      Output& output) {
  if (path == "-") {
    output.print_text(notification + "\n");
    return 0;
  }
  OutputFile file{path};
  file.write(notification);
  file.finish();
  record.text("out", path);
  output.print(record, {"outTradeNo", "outRefundNo", "out"});
  return 0;
}

/// Delivers as WeChat Pay does: the API that made the order says whether the answer takes it.
int deliver_notification(report::Record record, const std::string& to, const Notification& notification,
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
  record.text("to", to).number("status", response.status);
  record.text_if_set("answer", answer.code).text_if_set("answerMsg", answer.text);
  const int code = answer.taken ? exit_done : exit_unknown;
  output.set_code_when_closed(code);
  output.print(record, {"outTradeNo", "outRefundNo", "to", "status", "answer", "answerMsg"});
  return code;
}

}  // namespace

void add_destination(CLI::App& command, NotifyDestination& destination) {
  auto* to = command
                 .add_option("--to", destination.to,
                             "Loopback URL it goes to; default: the notify_url of the order or refund")
                 ->type_name("URL");
  command
      .add_option("--out", destination.out,
                  "Write it to this file instead, XML or of API v3 HTTP; - is standard output")
      ->type_name("FILE")
      ->excludes(to);
}

void check_destination(const NotifyDestination& destination, Services& services) {
  if (!destination.to.empty()) check_destination(destination.to);
  if (!destination.out.empty() && destination.out != "-") services.refuse_output("--out", destination.out);
}

int give_notification(wire::JsonLine command, const std::string& about, const NotifyDestination& destination,
                      Services& services, Output& output) {
  const auto answer = command_sandbox(services, "/sandbox/notify", std::move(command), about);
  const auto notification = notification_in(answer);
  if (!destination.out.empty())
    return save_notification(subject_of(answer), destination.out, saved_form(notification), output);

  const std::string to = destination.to.empty() ? text_at(answer, "notifyUrl") : destination.to;
  const std::string kind = text_at(answer, "outRefundNo").empty() ? "order " : "refund ";
  const std::string hint = "say where it shall go with --to URL, or save it with --out FILE";
  if (to.empty()) throw Error{ErrorKind::usage, kind + about + " has no notify_url", hint};
  if (destination.to.empty() && !net::is_loopback_url(to)) {
    throw Error{ErrorKind::usage, "the notify_url of " + kind + about + " is not this machine: " + to, hint};
  }
  return deliver_notification(subject_of(answer), to, notification, services, output);
}

}  // namespace wxpay::cli
