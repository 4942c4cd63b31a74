#include "sandbox/v3_api.hpp"

#include <array>
#include <charconv>

#include "base/number.hpp"
#include "base/text.hpp"
#include "crypto/base64.hpp"
#include "sandbox/order_words.hpp"
#include "sandbox/spoilt.hpp"
#include "sandbox/v3_refunds.hpp"
#include "wire/http_signing.hpp"
#include "wire/json.hpp"
#include "wxpay/error.hpp"
#include "wxpay/time.hpp"

namespace wxpay::sandbox {

namespace {

constexpr const char* json_type = "application/json; charset=utf-8";
constexpr std::string_view certificates_path = "/v3/certificates";
constexpr std::chrono::seconds longest_age{300};
/// How old an answer pretends to be that is made stale.
constexpr std::chrono::seconds stale_by{400};
constexpr std::size_t nonce_size = 12;

bool is(const std::optional<Fault>& fault, FaultKind kind) { return fault && fault->kind == kind; }

bool is_theirs(const GatewayOrder& order, const std::string& sub_mch_id) {
  return order.terms.sub_mch_id == sub_mch_id;
}

std::string error_body(const V3Refusal& refusal) {
  wire::JsonLine line;
  line.text("code", refusal.code).text("message", refusal.message);
  return std::move(line).str();
}

Reply unsigned_reply(int status, std::string body, std::string note) {
  Reply reply;
  reply.status = status;
  reply.content_type = json_type;
  reply.body = std::move(body);
  reply.note = std::move(note);
  return reply;
}

/// The value of `name="…"` in an Authorization header.
std::string parameter(std::string_view header, std::string_view name) {
  const auto begin = header.find(std::string{name} + "=\"");
  if (begin == std::string_view::npos) return {};
  const auto value = header.substr(begin + name.size() + 2);
  return std::string{value.substr(0, value.find('"'))};
}

}  // namespace

GatewayApi::Route V3Api::route(const HttpCall& call) const {
  if (const auto path = v3_path(call.method, call.target)) return path->operation;
  if (!call.path.starts_with("/v3/")) return {};
  if (call.path != certificates_path || call.method != "GET")
    return unsigned_reply(404, error_body({404, "RESOURCE_NOT_EXISTS", "无此资源"}), "RESOURCE_NOT_EXISTS");
  if (const auto why = request_fault(call)) {
    return unsigned_reply(401, error_body({401, "SIGN_ERROR", *why}), "SIGN_ERROR");
  }
  if (keys_->certificates().empty()) {
    return unsigned_reply(
        404, error_body({404, "RESOURCE_NOT_EXISTS", "无可用的平台证书，请在商户平台申请使用微信支付公钥"}),
        "RESOURCE_NOT_EXISTS");
  }
  return signed_reply(200, certificates(), call, std::nullopt);
}

std::optional<std::string> V3Api::request_fault(const HttpCall& call) const {
  const auto header = call.header("Authorization");
  if (!header.starts_with(std::string{wire::v3_algorithm} + " ")) return "Http头Authorization值格式错误";
  if (parameter(header, "mchid") != merchant_.merchant.mch_id.text()) return "商户号与签名证书不匹配";
  // There are clients that write it in lower case.
  if (to_upper(parameter(header, "serial_no")) != merchant_.serial_no) return "商户证书序列号有误";
  const auto timestamp = parameter(header, "timestamp");
  const auto seconds = parse_whole(timestamp, 0, latest_time.time_since_epoch().count());
  const auto now = clock_.now().time_since_epoch().count();
  if (!seconds || std::abs(now - *seconds) > longest_age.count())
    return "Http头Authorization中的timestamp与发起请求的时间不得超过5分钟";
  const auto signature = crypto::from_base64(parameter(header, "signature"));
  const auto text =
      wire::signed_lines({call.method, call.target, timestamp, parameter(header, "nonce_str"), call.body});
  if (!signature || !merchant_.key.verify(text, *signature)) return "错误的签名，验签失败";
  return std::nullopt;
}

Reply V3Api::answer(Operation, const HttpCall& call, const std::optional<Fault>& fault) {
  if (is(fault, FaultKind::refusal))
    return unsigned_reply(400, error_body({400, "INVALID_REQUEST", fault->words}), "INVALID_REQUEST");
  if (call.header("Accept").empty() || call.header("User-Agent").empty()) {
    return unsigned_reply(400, error_body({400, "INVALID_REQUEST", "Http头缺少Accept或User-Agent"}),
                          "INVALID_REQUEST");
  }
  if (const auto why = request_fault(call))
    return unsigned_reply(401, error_body({401, "SIGN_ERROR", *why}), "SIGN_ERROR");
  const auto path = *v3_path(call.method, call.target);
  wire::JsonObject body;
  std::optional<V3Refusal> malformed;
  if (call.method != "GET") {
    auto parsed = wire::parse_json_object(call.body);
    if (auto* object = std::get_if<wire::JsonObject>(&parsed)) {
      body = std::move(*object);
    } else {
      malformed = V3Refusal{400, "PARAM_ERROR", "请求体不是合法的JSON"};
    }
  }
  Result result = V3Refusal{500, "SYSTEM_ERROR", "系统错误"};
  if (is(fault, FaultKind::rate_limit)) {
    result = V3Refusal{429, "FREQUENCY_LIMITED", "频率限制"};
  } else if (is(fault, FaultKind::not_enough)) {
    result = V3Refusal{403, "NOT_ENOUGH", "基本账户余额不足，请充值后重新发起"};
  } else if (malformed) {
    result = *malformed;
  } else if (!is(fault, FaultKind::system_error)) {
    result = carry_out(path, body, call.query);
  }
  const bool is_refund = path.operation == Operation::refund;
  const auto number = path.number.empty()
                          ? wire::text_of(body, is_refund ? "out_refund_no" : "out_trade_no").value_or("")
                          : path.number;
  if (fault && (is_refund || path.operation == Operation::query_refund)) {
    result = spoil_refund(std::move(result), number, fault->kind);
  } else if (fault) {
    result = spoil(std::move(result), path, fault->kind);
  }
  if (const auto* refusal = std::get_if<V3Refusal>(&result)) {
    auto reply = signed_reply(refusal->status, error_body(*refusal), call, fault);
    reply.note = has_control_character(number) ? refusal->code : number + " " + refusal->code;
    return reply;
  }
  auto& text = std::get<std::string>(result);
  const int status = text.empty() ? 204 : 200;
  auto reply = signed_reply(status, std::move(text), call, fault);
  reply.note = number + " SUCCESS";
  return reply;
}

V3Api::Result V3Api::carry_out(const V3Path& path, const wire::JsonObject& body, const Fields& query_fields) {
  try {
    // Whose refund it is says the Authorization alone.
    if (path.operation == Operation::refund) return refund(body);
    if (path.operation == Operation::query_refund) return query_refund(path, query_fields);
    return carry_out_order(path, body, query_fields);
  } catch (const Error& error) {
    // The state file could not be written, so nothing changed.
    log_.write(LogLevel::error, error.what());
  }
  return V3Refusal{500, "SYSTEM_ERROR", "系统错误"};
}

V3Api::Result V3Api::carry_out_order(const V3Path& path, const wire::JsonObject& body,
                                     const Fields& query_fields) {
  const auto identity = v3_identity(path, body, query_fields);
  const auto& ours = merchant_.merchant;
  if (identity.mch_id != ours.mch_id.text()) return V3Refusal{400, "PARAM_ERROR", "参数错误: mchid"};
  if (path.operation == Operation::create && identity.app_id != ours.app_id.text())
    return V3Refusal{400, "APPID_MCHID_NOT_MATCH", "appid和mch_id不匹配"};
  // A gateway that was told of one sub-merchant serves that one; else any will do for practice.
  if (path.partner && (identity.sub_mch_id.empty() ||
                       (!ours.sub_mch_id.empty() && identity.sub_mch_id != ours.sub_mch_id.text())))
    return V3Refusal{400, "PARAM_ERROR", "参数错误: sub_mchid"};
  if (path.operation == Operation::create) return place(path, body);
  return path.operation == Operation::close ? close(path, identity) : query(path, identity);
}

V3Api::Result V3Api::place(const V3Path& path, const wire::JsonObject& body) {
  auto terms = v3_terms(path, body);
  if (auto* refusal = std::get_if<V3Refusal>(&terms)) return std::move(*refusal);
  const auto placed = store_.place(std::get<OrderTerms>(std::move(terms)), PayScheme::rsa);
  if (const auto* why = std::get_if<Refused>(&placed)) return v3_refusal(*why);
  const auto& order = std::get<GatewayOrder>(placed);
  wire::JsonLine answer;
  if (path.trade_type == TradeType::native) {
    answer.text("code_url", order.code_url);
  } else if (path.trade_type == TradeType::mweb) {
    answer.text("h5_url", order.mweb_url);
  } else {
    answer.text("prepay_id", order.prepay_id);
  }
  return std::move(answer).str();
}

std::optional<GatewayOrder> V3Api::find(const V3Path& path) const {
  return path.by_transaction ? store_.find_transaction(path.number) : store_.find(path.number);
}

V3Api::Result V3Api::query(const V3Path& path, const V3Identity& identity) {
  auto order = find(path);
  if (order) order = store_.ask(order->out_trade_no());
  if (!order || order->terms.sub_mch_id != identity.sub_mch_id) return v3_refusal(Refused::unknown_order);
  return payment_object(*order, merchant_.merchant);
}

V3Api::Result V3Api::close(const V3Path& path, const V3Identity& identity) {
  const auto known = store_.find(path.number);
  if (!known || known->terms.sub_mch_id != identity.sub_mch_id) return v3_refusal(Refused::unknown_order);
  const auto closed = store_.close(known->out_trade_no());
  const auto* why = std::get_if<Refused>(&closed);
  // A closed order may be closed again (API v3 reference, 8).
  if (why != nullptr && *why != Refused::closed) return v3_refusal(*why);
  return std::string{};
}

V3Api::Result V3Api::refund(const wire::JsonObject& body) {
  auto parsed = v3_refund_request(body);
  if (auto* refusal = std::get_if<V3Refusal>(&parsed)) return std::move(*refusal);
  auto& request = std::get<V3RefundRequest>(parsed);
  const auto order = request.transaction_id.empty() ? store_.find(request.terms.out_trade_no)
                                                    : store_.find_transaction(request.transaction_id);
  if (!order || !is_theirs(*order, wire::text_of(body, "sub_mchid").value_or("")))
    return v3_refusal(RefundRefused::unknown_order);
  request.terms.out_trade_no = order->out_trade_no();
  const auto result = store_.refund(std::move(request.terms), PayScheme::rsa);
  if (const auto* why = std::get_if<RefundRefused>(&result)) return v3_refusal(*why);
  return v3_refund_object(std::get<RefundOfOrder>(result));
}

V3Api::Result V3Api::query_refund(const V3Path& path, const Fields& query) const {
  const auto found = store_.find_refund(path.number);
  if (!found || !is_theirs(found->order, query.get("sub_mchid")))
    return V3Refusal{404, "RESOURCE_NOT_EXISTS", "退款单不存在"};
  return v3_refund_object(*found);
}

V3Api::Result V3Api::spoil_refund(Result result, std::string_view out_refund_no, FaultKind fault) const {
  const auto known = store_.find_refund(out_refund_no);
  const bool is_other =
      fault == FaultKind::other_refund || fault == FaultKind::other_order || fault == FaultKind::other_amount;
  if (!is_other || !known || std::holds_alternative<V3Refusal>(result)) return result;
  return v3_refund_object(spoilt(*known, fault));
}

std::string V3Api::payment_object(const GatewayOrder& order, const MerchantIdentity& merchant) const {
  const auto& terms = order.terms;
  const bool partner = !terms.sub_mch_id.empty();
  wire::JsonLine object;
  object.text(partner ? "sp_appid" : "appid", merchant.app_id.text());
  object.text(partner ? "sp_mchid" : "mchid", merchant.mch_id.text());
  if (partner) object.text_if_set("sub_appid", terms.sub_app_id).text("sub_mchid", terms.sub_mch_id);
  object.text("out_trade_no", terms.out_trade_no);
  if (order.payment) {
    object.text("transaction_id", order.payment->transaction_id);
    object.text("trade_type", to_string(terms.trade_type)).text("bank_type", "OTHERS");
    object.text_if_set("attach", terms.attach);
    object.text("success_time", format_rfc3339(order.payment->time_end));
  }
  object.text("trade_state", to_string(order.state));
  object.text("trade_state_desc", state_text(order.state));
  wire::JsonLine payer;
  payer.text(partner ? "sp_openid" : "openid",
             terms.openid.empty() ? "oSandboxPayer000000000000000" : terms.openid);
  if (partner) payer.text_if_set("sub_openid", terms.sub_openid);
  object.raw("payer", std::move(payer).str());
  wire::JsonLine amount;
  amount.number("total", order.payment ? order.payment->fee.count() : terms.total.count());
  if (order.payment) amount.number("payer_total", order.payment->fee.count());
  amount.text("currency", "CNY");
  if (order.payment) amount.text("payer_currency", "CNY");
  object.raw("amount", std::move(amount).str());
  return std::move(object).str();
}

V3Api::Result V3Api::spoil(Result result, const V3Path& path, FaultKind fault) const {
  auto merchant = merchant_.merchant;
  if (fault == FaultKind::other_merchant) merchant.mch_id = MerchantId{another(merchant.mch_id.text())};
  if (fault == FaultKind::other_app) merchant.app_id = AppId{another(merchant.app_id.text())};
  const bool other_identity = fault == FaultKind::other_merchant || fault == FaultKind::other_app;
  const bool other_order = fault == FaultKind::other_order || fault == FaultKind::other_amount;
  // Only the answer to a query says whose it is, and about what.
  if (path.operation != Operation::query || (!other_identity && !other_order)) return result;
  auto order = find(path);
  if (!order) {
    order.emplace();
    order->terms.out_trade_no = path.number;
    order->terms.total = Fen{1};
  }
  if (other_identity) return payment_object(*order, merchant);
  if (!order->payment)
    order->payment = Payment{"4200000000000000000000000000", order->terms.total, clock_.now()};
  // The most dangerous of such answers: that it was paid.
  order->state = OrderState::success;
  if (fault == FaultKind::other_order) {
    order->terms.out_trade_no = another(order->out_trade_no());
    order->payment->transaction_id = another(order->payment->transaction_id);
  } else {
    order->payment->fee = order->payment->fee + Fen{1};
  }
  return payment_object(*order, merchant);
}

std::string V3Api::certificates() const {
  std::string list{"["};
  for (const auto& certificate : keys_->certificates()) {
    const auto nonce = make_nonce(random_).substr(0, nonce_size);
    wire::JsonLine sealed;
    sealed.text("algorithm", wire::v3_cipher).text("nonce", nonce).text("associated_data", "certificate");
    sealed.text("ciphertext",
                crypto::to_base64(merchant_.aead.seal(nonce, "certificate", certificate.to_pem())));
    wire::JsonLine entry;
    entry.text("serial_no", certificate.serial());
    entry.text("effective_time", format_rfc3339(certificate.not_before()));
    entry.text("expire_time", format_rfc3339(certificate.not_after()));
    entry.raw("encrypt_certificate", std::move(sealed).str());
    if (list.size() > 1) list += ',';
    list += std::move(entry).str();
  }
  return "{\"data\":" + list + "]}";
}

Notification V3Api::notification(const GatewayOrder& order, const std::optional<Fault>& fault) {
  // The same event has the same id, however often it is sent.
  return notification(Event{.id = "EV-" + order.payment->transaction_id,
                            .at = order.payment->time_end,
                            .type = "TRANSACTION.SUCCESS",
                            .summary = "支付成功",
                            .resource_type = "transaction",
                            .resource = payment_object(order, merchant_.merchant)},
                      fault);
}

Notification V3Api::refund_notification(const RefundOfOrder& refund, const std::optional<Fault>& fault) {
  const auto told = fault ? spoilt(refund, fault->kind) : refund;
  auto merchant = merchant_.merchant;
  if (is(fault, FaultKind::other_merchant)) merchant.mch_id = MerchantId{another(merchant.mch_id.text())};
  const auto status = v3_refund_status(told.refund);
  const auto* const summary = status == "SUCCESS" ? "退款成功" : status == "CLOSED" ? "退款关闭" : "退款异常";
  return notification(Event{.id = "EV-" + refund.refund.refund_id + "-" + status,
                            .at = told.refund.success_at.value_or(told.refund.created_at),
                            .type = "REFUND." + status,
                            .summary = summary,
                            .resource_type = "refund",
                            .resource = v3_refund_resource(told, merchant)},
                      fault);
}

Notification V3Api::notification(const Event& event, const std::optional<Fault>& fault) {
  const auto nonce = make_nonce(random_).substr(0, nonce_size);
  auto sealed = merchant_.aead.seal(nonce, event.resource_type, event.resource);
  if (is(fault, FaultKind::bad_cipher)) sealed.back() = static_cast<char>(sealed.back() ^ 1);
  wire::JsonLine resource;
  resource.text("original_type", event.resource_type).text("algorithm", wire::v3_cipher);
  resource.text("ciphertext", crypto::to_base64(sealed)).text("associated_data", event.resource_type);
  resource.text("nonce", nonce);
  wire::JsonLine envelope;
  envelope.text("id", event.id).text("create_time", format_rfc3339(event.at));
  envelope.text("resource_type", "encrypt-resource").text("event_type", event.type);
  envelope.text("summary", event.summary).raw("resource", std::move(resource).str());
  Notification notification{.headers = Fields{{"Content-Type", "application/json"}},
                            .body = std::move(envelope).str()};
  for (const auto& [name, value] : signature(notification.body, keys_->signer(), fault))
    notification.headers.add(name, value);
  return notification;
}

Fields V3Api::signature(std::string_view body, const V3Keys::Signer& signer,
                        const std::optional<Fault>& fault) const {
  if (is(fault, FaultKind::unsigned_reply)) return {};
  const auto age = is(fault, FaultKind::stale) ? stale_by : std::chrono::seconds{0};
  const auto timestamp = std::to_string((clock_.now() - age).time_since_epoch().count());
  const auto nonce = make_nonce(random_);
  auto signature = crypto::to_base64(signer.key.sign(wire::signed_lines({timestamp, nonce, body})));
  if (is(fault, FaultKind::wrong_sign)) signature.front() = signature.front() == 'A' ? 'B' : 'A';
  if (is(fault, FaultKind::probe)) {
    signature = std::string{wire::v3_probe_prefix} + signature.substr(wire::v3_probe_prefix.size());
  }
  auto serial = signer.serial;
  if (is(fault, FaultKind::wrong_serial)) serial = std::string(serial.size(), 'F');
  return {{"Wechatpay-Timestamp", timestamp},
          {"Wechatpay-Nonce", nonce},
          {"Wechatpay-Signature", signature},
          {"Wechatpay-Serial", serial},
          {"Wechatpay-Signature-Type", std::string{wire::v3_algorithm}}};
}

Reply V3Api::signed_reply(int status, std::string body, const HttpCall& call,
                          const std::optional<Fault>& fault) const {
  auto reply = unsigned_reply(status, std::move(body), {});
  reply.headers = signature(reply.body, keys_->signer_for(call.header("Wechatpay-Serial")), fault);
  reply.headers.add("Request-ID", make_nonce(random_) + "-0");
  return reply;
}

}  // namespace wxpay::sandbox
