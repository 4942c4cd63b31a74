#include "cli/sandbox_control.hpp"

#include <utility>
#include <variant>

#include "net/http_transport.hpp"

namespace wxpay::cli {

namespace {

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
  if (code == "REFUNDNOTEXIST") return refused("the sandbox has no refund " + order);
  if (code == "REFUND_PROCESSING") {
    return refused("refund " + order + " is still being processed, so there is nothing to notify of",
                   "end it with `wxpayctl sandbox refund " + order + " --state SUCCESS`");
  }
  if (code == "REFUND_EXCEEDS_PAID")
    return refused("other refunds have taken what refund " + order + " would need");
  if (code == "FILE") return Error{ErrorKind::gateway, "the sandbox failed: " + message};
  if (code.empty()) {
    return Error{ErrorKind::gateway, "what answers there is no sandbox: HTTP " + std::to_string(status)};
  }
  return refused("the sandbox refused: " + message);
}

wire::JsonObject exchange(Services& services, const std::string& path, HttpRequest request,
                          const std::string& order) {
  const std::string base_url = sandbox_profile(services).base_urls.front();
  if (!net::is_loopback_url(base_url)) {
    throw Error{ErrorKind::usage, "no sandbox can be at " + base_url + ": it is not this machine",
                "leave out -p and --base-url to speak to the built-in sandbox"};
  }
  request.url = base_url + path;
  const auto result = send_as_sandbox(services, std::move(request));
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

/// Where the user works with the built-in profile of API v3, that one is meant.
bool works_with_v3(const SettingOptions& settings, const Environment& environment) {
  try {
    return resolve_profile(settings, environment).name == sandbox_v3_name;
  } catch (const Error&) {
    return false;  // No configuration, or a fault of it, which is told of the profile that is taken.
  }
}

}  // namespace

Profile sandbox_profile(const Services& services) {
  SettingOptions settings = services.settings();
  if (!settings.profile) {
    settings.profile = works_with_v3(settings, services.environment()) ? sandbox_v3_name : sandbox_name;
  }
  return resolve_profile(settings, services.environment());
}

HttpResult send_as_sandbox(Services& services, HttpRequest request) {
  request.timeout = services.settings().timeout;
  const auto transport = net::make_http_transport(
      {.ca_file = sandbox_profile(services).ca_file, .user_agent = "wxpayctl/" WXPAYCTL_VERSION},
      services.stop(), services.log());
  return transport->send(request);
}

wire::JsonObject command_sandbox(Services& services, const std::string& path, wire::JsonLine command,
                                 const std::string& order) {
  HttpRequest request;
  request.headers = {{"Content-Type", "application/json"}};
  request.body = std::move(command).str();
  return exchange(services, path, std::move(request), order);
}

wire::JsonObject ask_sandbox(Services& services, const std::string& path) {
  HttpRequest request;
  request.method = HttpMethod::get;
  return exchange(services, path, std::move(request), {});
}

std::string text_at(const wire::JsonObject& answer, std::string_view key) {
  return wire::text_of(answer, key).value_or("");
}

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

}  // namespace wxpay::cli
