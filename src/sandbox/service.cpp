#include "sandbox/service.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "base/text.hpp"
#include "sandbox/control_reply.hpp"
#include "wxpay/error.hpp"
#include "wxpay/time.hpp"

namespace wxpay::sandbox {

namespace {

/// The longest command is a tenth of it; and reading takes longer the more keys there are.
constexpr std::size_t largest_command = 65'536;

/// Faults that take the place of an answer in any API; the request is not carried out.
std::optional<Reply> replacement(const Fault& fault) {
  switch (fault.kind) {
    case FaultKind::http_5xx:
      return text_reply(502, "text/html", "<html><body><h1>502 Bad Gateway</h1></body></html>\n");
    case FaultKind::html:
      return text_reply(200, "text/html", "<html><body>Too many visitors, please wait</body></html>\n");
    case FaultKind::redirect: {
      Reply reply = text_reply(302, "text/html", "");
      reply.headers.add("Location", "/elsewhere");
      return reply;
    }
    default:
      return std::nullopt;
  }
}

/// Only a loopback name may stand in Host: a web page whose own name was made to point here is not let in.
bool is_loopback_host(std::string_view host) {
  const auto name =
      host.starts_with('[') ? host.substr(0, host.find(']') + 1) : host.substr(0, host.find(':'));
  return host.empty() || name == "127.0.0.1" || name == "localhost" || name == "[::1]";
}

/// The control's own codes, whichever API the order came by.
Reply refused(Refused why) {
  switch (why) {
    case Refused::unknown_order:
      return json_refusal(404, "ORDERNOTEXIST", "订单不存在");
    case Refused::paid:
      return json_refusal(409, "ORDERPAID", "该订单已支付");
    case Refused::closed:
      return json_refusal(409, "ORDERCLOSED", "该订单已关闭");
    case Refused::order_expired:
      return json_refusal(409, "ORDER_EXPIRED", "订单已过期");
    case Refused::prepay_expired:
      return json_refusal(409, "PREPAY_EXPIRED", "prepay_id已过期");
    case Refused::number_used:
    case Refused::other_terms:
    case Refused::expires_too_soon:
      break;  // of placing an order, which is no command
  }
  return json_refusal(500, "SANDBOX", "the order was refused");
}

std::string order_line(const GatewayOrder& order) {
  wire::JsonLine line;
  line.text("outTradeNo", order.out_trade_no());
  line.text("tradeState", to_string(order.state));
  line.text("tradeType", to_string(order.terms.trade_type));
  line.number("totalFee", order.terms.total.count());
  line.text_if_set("prepayId", order.prepay_id);
  line.text_if_set("codeUrl", order.code_url);
  line.text_if_set("mwebUrl", order.mweb_url);
  if (order.payment) {
    line.text("transactionId", order.payment->transaction_id);
    line.number("paidFee", order.payment->fee.count());
    line.text("timeEnd", format_rfc3339(order.payment->time_end));
  }
  line.text("createdAt", format_rfc3339(order.created_at));
  return std::move(line).str() + "\n";
}

}  // namespace

Reply Service::handle(const HttpCall& call) {
  Reply reply;
  try {
    reply = dispatch(call);
  } catch (const Error& error) {
    // A control command met a state file that cannot be written.
    log_.write(LogLevel::error, error.what());
    reply = json_refusal(500, "FILE", error.what());
  }
  if (log_.enabled(LogLevel::info)) {
    std::string line{call.method};
    line += ' ';
    line += call.path;
    line += ' ' + std::to_string(reply.status);
    if (!reply.note.empty()) line += ' ' + reply.note;
    if (has_control_character(line)) line = "a request with control characters in its path";
    log_.write(LogLevel::info, line);
  }
  return reply;
}

Reply Service::dispatch(const HttpCall& call) {
  for (const auto& [name, api] : apis_) {
    auto route = api->route(call);
    if (const auto* operation = std::get_if<Operation>(&route)) return answer(*api, *operation, call);
    if (auto* reply = std::get_if<Reply>(&route)) return std::move(*reply);
  }
  if (call.path.starts_with("/sandbox/")) return control(call);
  return text_reply(404, "text/plain", "no such path\n");
}

Reply Service::answer(GatewayApi& api, Operation operation, const HttpCall& call) {
  const auto fault = faults_.take(operation);
  auto reply = fault ? replacement(*fault) : std::nullopt;
  if (!reply) reply = api.answer(operation, call, fault);
  if (!fault) return *std::move(reply);
  if (fault->kind == FaultKind::lost_reply) reply->delivery = Delivery::nothing;
  if (fault->kind == FaultKind::truncated) reply->delivery = Delivery::half;
  if (fault->kind == FaultKind::delay) reply->delay = fault->delay;
  reply->note += " (fault " + std::string{to_string(fault->kind)} + ")";
  return *std::move(reply);
}

Reply Service::control(const HttpCall& call) {
  if (!is_loopback_host(call.header("Host")))
    return json_refusal(403, "FORBIDDEN", "the Host header is not loopback");
  if (call.path == "/sandbox/orders") {
    if (call.method != "GET") return json_refusal(405, "METHOD", "use GET");
    return list_orders();
  }
  if (call.path == "/sandbox/refunds") {
    if (call.method != "GET") return json_refusal(405, "METHOD", "use GET");
    return list_refunds();
  }
  if (call.path == "/sandbox/keys") {
    if (call.method != "GET") return json_refusal(405, "METHOD", "use GET");
    return show_keys();
  }
  Reply (Service::*command)(const wire::JsonObject&) = nullptr;
  if (call.path == "/sandbox/pay") command = &Service::pay;
  if (call.path == "/sandbox/refund") command = &Service::settle_refund;
  if (call.path == "/sandbox/notify") command = &Service::notify;
  if (call.path == "/sandbox/rotate") command = &Service::rotate;
  if (call.path == "/sandbox/fault") command = &Service::set_fault;
  if (command == nullptr) return json_refusal(404, "NOT_FOUND", "no such path");
  if (call.method != "POST") return json_refusal(405, "METHOD", "use POST");
  // A web page can post a form or plain text here without being asked, but not this type.
  const auto given_type = call.header("Content-Type");
  const std::string type = to_lower(trim(given_type.substr(0, given_type.find(';'))));
  if (type != control_type) return json_refusal(415, "CONTENT_TYPE", "use Content-Type: application/json");
  if (call.body.size() > largest_command) return json_refusal(413, "TOO_LARGE", "the request is over 64 KiB");
  const auto parsed = wire::parse_json_object(call.body);
  if (const auto* malformed = std::get_if<wire::Malformed>(&parsed)) {
    return bad_request("the request is malformed: " + malformed->why);
  }
  return (this->*command)(std::get<wire::JsonObject>(parsed));
}

Reply Service::list_orders() const {
  Reply reply = text_reply(200, "application/x-ndjson", "");
  store_.for_each([&](const GatewayOrder& order) { reply.body += order_line(order); });
  return reply;
}

Reply Service::pay(const wire::JsonObject& request) {
  if (const auto key = unknown_key(request, {"outTradeNo", "fee"})) return bad_request("unknown key " + *key);
  const auto number = wire::text_of(request, "outTradeNo");
  if (!number) return bad_request("outTradeNo must be a text");
  const auto fee = integer_in(request, "fee", 1, largest_fee.count(), 0);
  if (!fee) return bad_request("fee must be a whole number of fen above 0");
  auto result = store_.pay(*number, *fee == 0 ? std::nullopt : std::optional{Fen{*fee}});
  if (const auto* why = std::get_if<Refused>(&result)) return refused(*why);
  const auto& order = std::get<GatewayOrder>(result);
  wire::JsonLine line;
  line.text("outTradeNo", order.out_trade_no());
  line.text("transactionId", order.payment->transaction_id);
  line.text("tradeState", to_string(order.state));
  line.number("totalFee", order.payment->fee.count());
  Reply reply = json_reply(200, line);
  reply.note = order.out_trade_no();
  return reply;
}

Reply Service::notify(const wire::JsonObject& request) {
  if (const auto key = unknown_key(request, {"outTradeNo", "outRefundNo"}))
    return bad_request("unknown key " + *key);
  if (wire::find(request, "outRefundNo") != nullptr) return notify_of_refund(request);
  const auto number = wire::text_of(request, "outTradeNo");
  if (!number) return bad_request("outTradeNo must be a text");
  const auto order = store_.find(*number);
  if (!order) return refused(Refused::unknown_order);
  // WeChat Pay tells nobody of a payment by code: its answer does.
  const bool is_told = order->payment && order->terms.trade_type != TradeType::micropay;
  if (!is_told) return json_refusal(409, "ORDERNOTPAID", "订单未支付,无支付通知");
  const auto* const maker = find_api(order->scheme);
  if (maker == nullptr) return json_refusal(409, "SANDBOX", "the order is of an API that is not served");
  return notification_reply(*maker, maker->api->notification(*order, faults_.take(Operation::notify)), *order,
                            order->terms.notify_url, {});
}

const NamedApi* Service::find_api(PayScheme scheme) const {
  const auto found = std::find_if(apis_.begin(), apis_.end(),
                                  [scheme](const NamedApi& each) { return each.api->signs_by(scheme); });
  return found == apis_.end() ? nullptr : &*found;
}

Reply Service::notification_reply(const NamedApi& maker, const Notification& notification,
                                  const GatewayOrder& order, const std::string& url,
                                  const std::string& out_refund_no) {
  wire::JsonLine headers;
  for (const auto& [name, value] : notification.headers) headers.text(name, value);
  wire::JsonLine line;
  line.text("outTradeNo", order.out_trade_no()).text_if_set("outRefundNo", out_refund_no);
  line.text("notifyUrl", url);
  line.text("api", maker.name);
  line.raw("headers", std::move(headers).str());
  line.text("notification", notification.body);
  Reply reply = json_reply(200, line);
  reply.note = order.out_trade_no();
  return reply;
}

/// The merchant, and WeChat Pay's keys, as the merchant platform would show them.
Reply Service::show_keys() const {
  if (!v3_keys_) return json_refusal(409, "SANDBOX", "API v3 is not served");
  wire::JsonLine line;
  line.text("mchId", merchant_.mch_id.text()).text("appId", merchant_.app_id.text());
  line.text("serialNo", merchant_serial_no_);
  std::string certificates;
  for (const auto& certificate : v3_keys_->certificates()) certificates += certificate.to_pem();
  line.text_if_set("platformCertificates", certificates);
  if (const auto key = v3_keys_->public_key())
    line.text("publicKeyId", V3Keys::public_key_id).text("publicKey", key->to_pem());
  return json_reply(200, line);
}

Reply Service::rotate(const wire::JsonObject& request) {
  if (const auto key = unknown_key(request, {})) return bad_request("unknown key " + *key);
  if (!v3_keys_ || v3_keys_->certificates().empty())
    return json_refusal(409, "SANDBOX", "no platform certificates are served");
  wire::JsonLine line;
  return json_reply(200, line.text("serialNo", v3_keys_->rotate()));
}

Reply Service::set_fault(const wire::JsonObject& request) {
  if (const auto key = unknown_key(request, {"kind", "count", "match", "seconds", "words"})) {
    return bad_request("unknown key " + *key);
  }
  const std::string name = wire::text_of(request, "kind").value_or("");
  const auto match = text_or(request, "match", default_fault_match);
  const auto count = integer_in(request, "count", 1, largest_fault_count, 1);
  const auto seconds = integer_in(request, "seconds", 0, longest_fault_delay.count(), Fault{}.delay.count());
  const auto words = text_or(request, "words", default_fault_words);
  if (!match) return bad_request("match must be a text");
  if (!words || words->size() > longest_fault_words || has_control_character(*words)) {
    return bad_request("words must be a text of at most 128 bytes");
  }
  if (!count) return bad_request("count must be a whole number from 1 to 1000000");
  if (!seconds) return bad_request("seconds must be a whole number from 0 to 3600");
  wire::JsonLine line;
  if (to_lower(name) == "none") {
    faults_.clear();
    return json_reply(200, line.text("fault", "none"));
  }
  const auto kind = parse_fault_kind(name);
  if (!kind) return bad_request("unknown kind of fault " + name);
  Fault fault;
  fault.kind = *kind;
  fault.delay = std::chrono::seconds{*seconds};
  fault.words = *words;
  std::vector<Operation> operations;
  for (const auto& each : apis_) {
    const auto found = each.api->operations_at(*match);
    operations.insert(operations.end(), found.begin(), found.end());
  }
  if (*kind == FaultKind::bad_cipher || *match == notify_fault_match) operations = {Operation::notify};
  if (!faults_.add(std::move(fault), *count, std::move(operations))) {
    return json_refusal(409, "TOO_MANY", "too many faults are waiting already");
  }
  line.text("fault", to_string(*kind)).number("count", *count).text("match", *match);
  if (*kind == FaultKind::delay) line.number("seconds", *seconds);
  if (*kind == FaultKind::refusal) line.text("words", *words);
  Reply reply = json_reply(200, line);
  reply.note = to_string(*kind);
  return reply;
}

}  // namespace wxpay::sandbox
