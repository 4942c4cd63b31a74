#include "sandbox/v2_api.hpp"

#include <array>
#include <utility>

#include "base/number.hpp"
#include "base/text.hpp"
#include "sandbox/order_words.hpp"
#include "sandbox/spoilt.hpp"
#include "sandbox/v2_refunds.hpp"
#include "wire/xml.hpp"
#include "wxpay/error.hpp"
#include "wxpay/signing.hpp"
#include "wxpay/time.hpp"

namespace wxpay::sandbox {

namespace {

constexpr const char* xml_type = "text/xml; charset=utf-8";

Reply xml_reply(std::string document) {
  Reply reply;
  reply.content_type = xml_type;
  reply.body = std::move(document);
  return reply;
}

std::string unsigned_refusal(const std::string& text) {
  return wire::to_xml({{"return_code", "FAIL"}, {"return_msg", text}});
}

Reply refuse_unsigned(const std::string& text) {
  Reply reply = xml_reply(unsigned_refusal(text));
  reply.note = "FAIL " + text;
  return reply;
}

void append(Fields& to, const Fields& from) {
  for (const auto& [name, value] : from) to.add(name, value);
}

/// What is said of a payment, in a query's answer and in the notification alike.
Fields payment_part(const GatewayOrder& order) {
  const auto& terms = order.terms;
  const std::string fee = std::to_string(order.payment->fee.count());
  Fields part;
  // Payers of the other trade types are not named in the order; this is nobody's openid.
  part.add("openid", terms.openid.empty() ? "oSandboxPayer000000000000000" : terms.openid);
  part.add("is_subscribe", "N");
  if (!terms.sub_openid.empty()) {
    part.add("sub_openid", terms.sub_openid);
    part.add("sub_is_subscribe", "N");
  }
  part.add("trade_type", std::string{to_string(terms.trade_type)});
  part.add("bank_type", "OTHERS");
  part.add("total_fee", fee);
  part.add("fee_type", "CNY");
  part.add("cash_fee", fee);
  part.add("transaction_id", order.payment->transaction_id);
  part.add("out_trade_no", terms.out_trade_no);
  part.add_if_set("attach", terms.attach);
  part.add("time_end", format_wire_time(order.payment->time_end));
  return part;
}

Fields query_part(const GatewayOrder& order) {
  Fields part;
  part.add_if_set("device_info", order.terms.device_info);
  // Of a reversed order no payment is told.
  if (order.payment && is_paid(order.state)) {
    append(part, payment_part(order));
  } else {
    part.add("out_trade_no", order.out_trade_no());
    part.add_if_set("attach", order.terms.attach);
  }
  part.add("trade_state", std::string{to_string(order.state)});
  part.add("trade_state_desc", std::string{state_text(order.state)});
  return part;
}

Fields prepay_part(const GatewayOrder& order) {
  Fields part;
  part.add("trade_type", std::string{to_string(order.terms.trade_type)});
  part.add("prepay_id", order.prepay_id);
  part.add_if_set("code_url", order.code_url);
  part.add_if_set("mweb_url", order.mweb_url);
  return part;
}

/// What is for those alone who show the merchant's certificate (API v2, 1.1).
bool needs_certificate(std::string_view path) { return path.starts_with("/secapi/"); }

bool is(const std::optional<Fault>& fault, FaultKind kind) { return fault && fault->kind == kind; }

}  // namespace

GatewayApi::Route V2Api::route(const HttpCall& call) const {
  const auto operation = v2_operation(call.path);
  if (!operation) return {};
  if (call.method == "POST") return *operation;
  Reply reply = xml_reply(unsigned_refusal("REQUIRE_POST_METHOD 请使用post方法"));
  reply.note = "REQUIRE_POST_METHOD";
  return reply;
}

Reply V2Api::answer(Operation operation, const HttpCall& http, const std::optional<Fault>& fault) {
  const auto shown = needs_certificate(http.path) ? http.shown : ShownCertificate::not_asked;
  if (shown == ShownCertificate::none) {
    // WeChat Pay gives no reason (API v2, 7.4).
    Reply reply = xml_reply(unsigned_refusal(""));
    reply.note = "FAIL without a certificate";
    return reply;
  }
  if (is(fault, FaultKind::refusal)) {
    Reply reply = xml_reply(unsigned_refusal(fault->words));
    reply.content_type = "text/xml";
    return reply;
  }
  auto accepted = accept(operation, http.body);
  if (const auto* why = std::get_if<std::string>(&accepted)) return refuse_unsigned(*why);
  const Call& call = std::get<Call>(accepted);

  std::variant<Fields, V2Refusal> result = V2Refusal{"SYSTEMERROR", "系统错误"};
  if (shown == ShownCertificate::other) {
    result = V2Refusal{"CERT_ERROR", "证书校验错误"};
  } else if (is(fault, FaultKind::rate_limit)) {
    result = V2Refusal{"FREQUENCY_LIMITED", "频率限制"};
  } else if (is(fault, FaultKind::not_enough)) {
    result = V2Refusal{"NOTENOUGH", "商户可用退款余额不足"};
  } else if (!is(fault, FaultKind::system_error)) {
    result = carry_out(call);
  }

  Fields answer = common_part(call.request);
  std::string code = "SUCCESS";
  if (const auto* refusal = std::get_if<V2Refusal>(&result)) {
    answer.add("result_code", "FAIL");
    answer.add("err_code", refusal->code);
    answer.add("err_code_des", refusal->text);
    code = refusal->code;
  } else {
    answer.add("result_code", "SUCCESS");
    append(answer, std::get<Fields>(result));
  }
  if (fault) answer = spoil(std::move(answer), call, fault->kind);

  Reply reply = xml_reply(signed_xml(std::move(answer), call.sign_type, fault));
  reply.note = call.request.get("out_trade_no") + " " + code;
  // A log line must not be forged by what somebody wrote into a number.
  if (has_control_character(reply.note)) reply.note = code;
  return reply;
}

Notification V2Api::notification(const GatewayOrder& order, const std::optional<Fault>& fault) {
  const auto type = sign_type_of(order.scheme).value_or(SignType::md5);
  Fields message;
  message.add("return_code", "SUCCESS");
  message.add("return_msg", "OK");
  message.add("appid", merchant_.app_id.text());
  message.add("mch_id", merchant_.mch_id.text());
  message.add_if_set("sub_appid", order.terms.sub_app_id);
  message.add_if_set("sub_mch_id", order.terms.sub_mch_id);
  message.add_if_set("device_info", order.terms.device_info);
  message.add("nonce_str", make_nonce(random_));
  message.add("result_code", "SUCCESS");
  append(message, payment_part(order));
  if (type != SignType::md5) message.add("sign_type", std::string{to_string(type)});
  return {.headers = Fields{{"Content-Type", xml_type}}, .body = signed_xml(std::move(message), type, fault)};
}

Notification V2Api::refund_notification(const RefundOfOrder& refund, const std::optional<Fault>& fault) {
  const auto& terms = refund.order.terms;
  const auto& mch_id = merchant_.mch_id.text();
  // It is not signed, so what does not hold is the encryption.
  const bool by_another_key = is(fault, FaultKind::wrong_sign) || is(fault, FaultKind::bad_cipher);
  const auto key = by_another_key ? Secret{another(std::string{key_.reveal()})} : key_.duplicate();
  Fields message;
  message.add("return_code", "SUCCESS");
  message.add("appid", merchant_.app_id.text());
  message.add("mch_id", is(fault, FaultKind::other_merchant) ? another(mch_id) : mch_id);
  message.add_if_set("sub_appid", terms.sub_app_id);
  message.add_if_set("sub_mch_id", terms.sub_mch_id);
  message.add("nonce_str", make_nonce(random_));
  message.add("req_info", v2_refund_info(fault ? spoilt(refund, fault->kind) : refund, key));
  return {.headers = Fields{{"Content-Type", xml_type}}, .body = wire::to_xml(message)};
}

std::variant<V2Api::Call, std::string> V2Api::accept(Operation operation, std::string_view body) const {
  if (trim(body).empty()) return "post数据为空";
  if (!is_utf8(body)) return "编码格式错误";
  auto parsed = wire::parse_xml(body);
  auto* request = std::get_if<Fields>(&parsed);
  if (request == nullptr) return "XML格式错误";
  if (auto fault = identity_fault(*request)) return *fault;
  const std::string named = request->get("sign_type");
  const auto type = named.empty() ? SignType::md5 : parse_sign_type(named);
  if (!type) return "sign_type参数格式错误";
  if (!verify_fields(*request, *type, key_)) return "签名失败";
  if (const auto unknown = unknown_element(operation, *request)) return "不识别的参数" + *unknown;
  return Call{operation, std::move(*request), *type};
}

std::optional<std::string> V2Api::identity_fault(const Fields& request) const {
  const std::string mch_id = request.get("mch_id");
  const std::string app_id = request.get("appid");
  if (mch_id.empty()) return "缺少参数mch_id";
  if (app_id.empty()) return "缺少参数appid";
  if (mch_id != merchant_.mch_id.text()) return "商户号mch_id不存在";
  if (app_id != merchant_.app_id.text()) return "appid与mch_id不匹配";
  // A gateway that was told of one sub-merchant serves that one; else any will do for practice.
  const auto& sub = merchant_.sub_mch_id;
  if (!sub.empty() && request.get("sub_mch_id") != sub.text()) return "sub_mch_id与mch_id不匹配";
  return std::nullopt;
}

std::variant<Fields, V2Refusal> V2Api::carry_out(const Call& call) {
  if (auto refusal = check_form(call.operation, call.request)) return *std::move(refusal);
  try {
    switch (call.operation) {
      case Operation::create:
        return place(call);
      case Operation::query:
        return query(call.request);
      case Operation::close:
        return close(call.request);
      case Operation::code_payment:
        return pay_by_code(call);
      case Operation::reverse:
        return reverse(call.request);
      case Operation::refund:
        return refund(call);
      case Operation::query_refund:
        return query_refund(call.request);
      case Operation::notify:
        break;
    }
  } catch (const Error& error) {
    // The state file could not be written, so the order did not change: that is what SYSTEMERROR means.
    log_.write(LogLevel::error, error.what());
  }
  return V2Refusal{"SYSTEMERROR", "系统错误"};
}

std::variant<Fields, V2Refusal> V2Api::place(const Call& call) {
  auto terms = v2_terms(call.request);
  if (!terms) return V2Refusal{"PARAM_ERROR", "参数格式错误"};
  const auto placed = store_.place(*std::move(terms), scheme_of(call.sign_type));
  if (const auto* why = std::get_if<Refused>(&placed)) return v2_refusal(*why);
  return prepay_part(std::get<GatewayOrder>(placed));
}

std::variant<Fields, V2Refusal> V2Api::query(const Fields& request) {
  auto order = find(request);
  if (order) order = store_.ask(order->out_trade_no());
  if (!order || order->terms.sub_mch_id != request.get("sub_mch_id")) {
    return v2_refusal(Refused::unknown_order);
  }
  return query_part(*order);
}

std::variant<Fields, V2Refusal> V2Api::close(const Fields& request) {
  const auto known = store_.find(request.get("out_trade_no"));
  if (!known || known->terms.sub_mch_id != request.get("sub_mch_id")) {
    return v2_refusal(Refused::unknown_order);
  }
  const auto closed = store_.close(known->out_trade_no());
  if (const auto* why = std::get_if<Refused>(&closed)) return v2_refusal(*why);
  return Fields{{"result_msg", "OK"}};
}

std::variant<Fields, V2Refusal> V2Api::pay_by_code(const Call& call) {
  auto terms = v2_code_terms(call.request);
  if (!terms) return V2Refusal{"PARAM_ERROR", "参数格式错误"};
  const auto result =
      store_.pay_by_code(*std::move(terms), call.request.get("auth_code"), scheme_of(call.sign_type));
  if (const auto* why = std::get_if<CodeRefused>(&result)) return v2_refusal(*why);
  return payment_part(std::get<GatewayOrder>(result));
}

std::variant<Fields, V2Refusal> V2Api::reverse(const Fields& request) {
  const auto known = find(request);
  if (!known || known->terms.sub_mch_id != request.get("sub_mch_id"))
    return v2_refusal(ReverseRefused::unknown_order);
  const auto result = store_.reverse(known->out_trade_no());
  if (const auto* why = std::get_if<ReverseRefused>(&result)) return v2_refusal(*why);
  return Fields{{"recall", std::get<Reversal>(result).recalls ? "Y" : "N"}};
}

std::variant<Fields, V2Refusal> V2Api::refund(const Call& call) {
  const auto order = find(call.request);
  if (!order || order->terms.sub_mch_id != call.request.get("sub_mch_id"))
    return v2_refusal(RefundRefused::unknown_order);
  const auto result =
      store_.refund(v2_refund_terms(order->out_trade_no(), call.request), scheme_of(call.sign_type));
  if (const auto* why = std::get_if<RefundRefused>(&result)) return v2_refusal(*why);
  return v2_refund_part(std::get<RefundOfOrder>(result));
}

std::variant<Fields, V2Refusal> V2Api::query_refund(const Fields& request) const {
  const V2Refusal unknown{"REFUNDNOTEXIST", "退款单查询失败"};
  const auto is_theirs = [&request](const GatewayOrder& order) {
    return order.terms.sub_mch_id == request.get("sub_mch_id");
  };
  const std::string refund_id = request.get("refund_id");
  const std::string out_refund_no = request.get("out_refund_no");
  if (!refund_id.empty() || !out_refund_no.empty()) {
    const auto found =
        refund_id.empty() ? store_.find_refund(out_refund_no) : store_.find_refund_id(refund_id);
    if (!found || !is_theirs(found->order)) return unknown;
    return v2_refunds_part(found->order, std::array{found->refund}, 0);
  }
  const auto order = find(request);
  if (!order || !is_theirs(*order)) return unknown;
  const auto refunds = store_.refunds_of(order->out_trade_no());
  if (refunds.empty()) return unknown;
  const auto offset =
      static_cast<std::size_t>(parse_whole(request.get("offset"), 0, 999'999'999).value_or(0));
  if (offset >= refunds.size()) return V2Refusal{"PARAM_ERROR", "offset超过退款总数"};
  return v2_refunds_part(*order, refunds, offset);
}

std::optional<GatewayOrder> V2Api::find(const Fields& request) const {
  const std::string transaction = request.get("transaction_id");
  return transaction.empty() ? store_.find(request.get("out_trade_no"))
                             : store_.find_transaction(transaction);
}

Fields V2Api::common_part(const Fields& request) {
  Fields answer;
  answer.add("return_code", "SUCCESS");
  answer.add("return_msg", "OK");
  answer.add("appid", merchant_.app_id.text());
  answer.add("mch_id", merchant_.mch_id.text());
  answer.add_if_set("sub_appid", request.get("sub_appid"));
  answer.add_if_set("sub_mch_id", request.get("sub_mch_id"));
  // Only unifiedorder knows this field; a query's answer has the order's own.
  answer.add_if_set("device_info", request.get("device_info"));
  answer.add("nonce_str", make_nonce(random_));
  return answer;
}

Fields V2Api::spoil(Fields answer, const Call& call, FaultKind fault) {
  if (fault == FaultKind::other_merchant) return with(answer, "mch_id", another(merchant_.mch_id.text()));
  if (fault == FaultKind::other_app) return with(answer, "appid", another(merchant_.app_id.text()));
  if (call.operation == Operation::refund || call.operation == Operation::query_refund)
    return spoilt_v2_refund(std::move(answer), fault);
  if (fault != FaultKind::other_order && fault != FaultKind::other_amount) return answer;
  if (fault == FaultKind::other_order && call.operation != Operation::query) {
    if (answer.has("prepay_id")) answer = with(answer, "prepay_id", another(answer.get("prepay_id")));
    return with(answer, "out_trade_no", another(call.request.get("out_trade_no")));
  }
  if (call.operation == Operation::code_payment) {
    const auto fee = parse_fen(answer.get("total_fee"));
    return fee ? with(answer, "total_fee", std::to_string(fee->count() + 1)) : answer;
  }
  return forged_order(call, fault);
}

/// The most dangerous of such answers: that it was paid.
Fields V2Api::forged_order(const Call& call, FaultKind fault) {
  auto order = find(call.request);
  if (!order) {
    order.emplace();
    order->terms.out_trade_no = call.request.get("out_trade_no");
    order->terms.total = Fen{1};
  }
  if (!order->payment) {
    order->payment = Payment{"4200000000000000000000000000", order->terms.total, clock_.now()};
  }
  order->state = OrderState::success;
  if (fault == FaultKind::other_order) {
    order->terms.out_trade_no = another(order->out_trade_no());
    order->payment->transaction_id = another(order->payment->transaction_id);
  } else {
    order->payment->fee = order->payment->fee + Fen{1};
  }
  Fields forged = common_part(call.request);
  forged.add("result_code", "SUCCESS");
  append(forged, query_part(*order));
  return forged;
}

std::string V2Api::signed_xml(Fields answer, SignType type, const std::optional<Fault>& fault) const {
  if (is(fault, FaultKind::unsigned_reply)) return wire::to_xml(answer);
  std::string sign = sign_fields(answer, type, key_);
  if (is(fault, FaultKind::wrong_sign)) sign.front() = sign.front() == 'A' ? 'B' : 'A';
  answer.add("sign", std::move(sign));
  return wire::to_xml(answer);
}

}  // namespace wxpay::sandbox
