#include "sandbox/v3_request.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"
#include "domain/field_rules.hpp"
#include "wxpay/time.hpp"

namespace wxpay::sandbox {

namespace {

using wire::JsonObject;
using wire::JsonValue;

constexpr std::string_view own_path = "/v3/pay/transactions/";
constexpr std::string_view partner_path = "/v3/pay/partner/transactions/";
constexpr std::string_view number_path = "out-trade-no/";
constexpr std::string_view transaction_path = "id/";
constexpr std::string_view close_path = "/close";
constexpr std::string_view refunds_path = "/v3/refund/domestic/refunds";

struct Product {
  std::string_view path;
  TradeType trade_type;
};
constexpr std::array products{Product{"jsapi", TradeType::jsapi}, Product{"native", TradeType::native},
                              Product{"app", TradeType::app}, Product{"h5", TradeType::mweb}};

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

std::string decoded(std::string_view segment) {
  std::string text;
  for (std::size_t i = 0; i < segment.size(); ++i) {
    const bool escaped = segment[i] == '%' && i + 2 < segment.size() && hex_digit(segment[i + 1]) >= 0 &&
                         hex_digit(segment[i + 2]) >= 0;
    if (!escaped) {
      text += segment[i];
      continue;
    }
    text += static_cast<char>(hex_digit(segment[i + 1]) * 16 + hex_digit(segment[i + 2]));
    i += 2;
  }
  return text;
}

std::string text_in(const JsonObject& object, std::string_view name) {
  return wire::text_of(object, name).value_or("");
}

const JsonObject* object_in(const JsonObject& object, std::string_view name) {
  const auto* value = wire::find(object, name);
  return value != nullptr && value->kind == JsonValue::Kind::object ? &value->members : nullptr;
}

using Kind = JsonValue::Kind;
using Rule = V3FieldRule;

constexpr std::array create_rules{Rule{"appid", false, 32},
                                  Rule{"mchid", false, 32},
                                  Rule{"sp_appid", false, 32},
                                  Rule{"sp_mchid", false, 32},
                                  Rule{"sub_appid", false, 32},
                                  Rule{"sub_mchid", false, 32},
                                  Rule{"description", true, 127},
                                  Rule{"out_trade_no", true, 32},
                                  Rule{"time_expire", false, 64},
                                  Rule{"attach", false, 128},
                                  Rule{"notify_url", true, 256},
                                  Rule{"goods_tag", false, 32},
                                  Rule{"support_fapiao", false, 0, Kind::boolean},
                                  Rule{"amount", true, 0, Kind::object},
                                  Rule{"payer", false, 0, Kind::object},
                                  Rule{"detail", false, 0, Kind::object},
                                  Rule{"scene_info", false, 0, Kind::object},
                                  Rule{"settle_info", false, 0, Kind::object}};

/// What the store compares under names of its own.
constexpr std::array<std::string_view, 7> own_terms{"out_trade_no", "time_expire", "attach", "notify_url",
                                                    "sub_appid",    "sub_mchid",   "payer"};

std::optional<V3Refusal> check_scene(const V3Path& path, const JsonObject& body) {
  const auto* scene = object_in(body, "scene_info");
  if (scene != nullptr && text_in(*scene, "payer_client_ip").empty())
    return v3_param_error("/scene_info/payer_client_ip", "缺失");
  if (path.trade_type != TradeType::mweb) return std::nullopt;
  const auto* h5_info = scene == nullptr ? nullptr : object_in(*scene, "h5_info");
  if (h5_info == nullptr || text_in(*h5_info, "type").empty())
    return v3_param_error("/scene_info/h5_info/type", "缺失");
  return std::nullopt;
}

/// Nothing where it is no path of refunds.
std::optional<V3Path> refund_path(std::string_view method, std::string_view target) {
  target.remove_prefix(refunds_path.size());
  V3Path path;
  path.operation = method == "POST" ? Operation::refund : Operation::query_refund;
  if (method == "POST") return target.empty() ? std::optional{path} : std::nullopt;
  const bool names_one = target.size() > 1 && target.front() == '/' && target.find('/', 1) == target.npos;
  if (method != "GET" || !names_one) return std::nullopt;
  path.number = decoded(target.substr(1));
  return path;
}

}  // namespace

V3Refusal v3_param_error(std::string_view field, std::string_view what) {
  return {400, "PARAM_ERROR", "参数错误: " + std::string{field} + " " + std::string{what}};
}

std::optional<V3Refusal> v3_form_fault(const JsonObject& body, std::span<const V3FieldRule> rules) {
  for (const auto& [key, value] : body) {
    const auto rule = std::find_if(rules.begin(), rules.end(),
                                   [&key = key](const V3FieldRule& each) { return each.name == key; });
    if (rule == rules.end()) return v3_param_error(key, "是不识别的参数");
    if (value.kind != rule->kind) return v3_param_error(key, "类型错误");
    if (rule->kind == Kind::text && value.text.size() > rule->longest) return v3_param_error(key, "过长");
  }
  for (const auto& rule : rules) {
    if (rule.mandatory && wire::find(body, rule.name) == nullptr) return v3_param_error(rule.name, "缺失");
  }
  return std::nullopt;
}

std::optional<V3Path> v3_path(std::string_view method, std::string_view target) {
  target = target.substr(0, target.find('?'));
  if (target.starts_with(refunds_path)) return refund_path(method, target);
  V3Path path;
  path.partner = target.starts_with(partner_path);
  if (!path.partner && !target.starts_with(own_path)) return std::nullopt;
  target.remove_prefix(path.partner ? partner_path.size() : own_path.size());
  if (method == "POST") {
    const auto* const product = std::find_if(products.begin(), products.end(),
                                             [&](const Product& each) { return each.path == target; });
    if (product != products.end()) {
      path.trade_type = product->trade_type;
      return path;
    }
    if (!target.starts_with(number_path) || !target.ends_with(close_path)) return std::nullopt;
    target.remove_prefix(number_path.size());
    target.remove_suffix(close_path.size());
    path.operation = Operation::close;
  } else if (method == "GET") {
    path.operation = Operation::query;
    path.by_transaction = target.starts_with(transaction_path);
    if (!path.by_transaction && !target.starts_with(number_path)) return std::nullopt;
    target.remove_prefix(path.by_transaction ? transaction_path.size() : number_path.size());
  } else {
    return std::nullopt;
  }
  if (target.empty() || target.find('/') != std::string_view::npos) return std::nullopt;
  path.number = decoded(target);
  return path;
}

std::vector<Operation> v3_operations_at(std::string_view part_of_path) {
  std::vector<Operation> found;
  const auto add = [&](Operation operation, std::string_view method, std::string_view rest) {
    for (const auto path : {own_path, partner_path}) {
      const auto line = std::string{method}.append(" ").append(path).append(rest);
      if (line.find(part_of_path) == std::string::npos) continue;
      found.push_back(operation);
      return;
    }
  };
  for (const auto& product : products) add(Operation::create, "POST", product.path);
  for (const auto path : {number_path, transaction_path}) add(Operation::query, "GET", path);
  add(Operation::close, "POST", "out-trade-no/{out_trade_no}/close");
  const std::string refunds{refunds_path};
  if (("POST " + refunds).find(part_of_path) != std::string::npos) found.push_back(Operation::refund);
  if (("GET " + refunds + "/").find(part_of_path) != std::string::npos)
    found.push_back(Operation::query_refund);
  return found;
}

V3Refusal v3_refusal(Refused why) {
  switch (why) {
    case Refused::unknown_order:
      return {404, "ORDER_NOT_EXIST", "订单不存在"};
    case Refused::paid:
      return {400, "ORDER_PAID", "该订单已支付"};
    case Refused::closed:
      return {400, "ORDER_CLOSED", "该订单已关闭"};
    case Refused::number_used:
      return {403, "OUT_TRADE_NO_USED", "商户订单号已被其他交易使用"};
    case Refused::other_terms:
      return {400, "INVALID_REQUEST", "请求重入时，参数与首次请求时不一致"};
    case Refused::expires_too_soon:
      return v3_param_error("time_expire", "至少1分钟");
    case Refused::order_expired:
    case Refused::prepay_expired:
      break;  // of a payment, which is none of this API's calls
  }
  return {500, "SYSTEM_ERROR", "系统错误"};
}

V3Refusal v3_refusal(RefundRefused why) {
  switch (why) {
    case RefundRefused::unknown_order:
      return {404, "RESOURCE_NOT_EXISTS", "订单不存在"};
    case RefundRefused::other_terms:
      return {400, "INVALID_REQUEST", "订单金额或退款金额与之前请求不一致，请核实后再试"};
    case RefundRefused::wrong_total:
      return {400, "INVALID_REQUEST", "订单总金额与支付金额不一致"};
    case RefundRefused::exceeds:
      return {400, "INVALID_REQUEST", "申请退款金额大于订单可退金额"};
    case RefundRefused::too_many:
      return {400, "INVALID_REQUEST", "部分退款次数超过50次"};
    case RefundRefused::too_old:
      return {400, "INVALID_REQUEST", "订单已超过可退款期限"};
    case RefundRefused::too_soon:
      return {429, "FREQUENCY_LIMITED", "该笔单退款过于频繁，请间隔1分钟后再重试"};
  }
  return {500, "SYSTEM_ERROR", "系统错误"};
}

V3Identity v3_identity(const V3Path& path, const JsonObject& body, const Fields& query) {
  const auto said = [&](const char* name) {
    return path.operation == Operation::query ? query.get(name) : text_in(body, name);
  };
  return {.mch_id = said(path.partner ? "sp_mchid" : "mchid"),
          .app_id = said(path.partner ? "sp_appid" : "appid"),
          .sub_mch_id = path.partner ? said("sub_mchid") : std::string{},
          .sub_app_id = path.partner ? said("sub_appid") : std::string{}};
}

std::variant<OrderTerms, V3Refusal> v3_terms(const V3Path& path, const JsonObject& body) {
  if (auto refusal = v3_form_fault(body, create_rules)) return *std::move(refusal);
  if (auto refusal = check_scene(path, body)) return *std::move(refusal);
  OrderTerms terms;
  terms.out_trade_no = text_in(body, "out_trade_no");
  const auto number = OutTradeNo::try_parse(terms.out_trade_no);
  if (!number || number->shorter_than_advised()) return v3_param_error("out_trade_no", "格式错误");
  const auto& amount = *object_in(body, "amount");
  const auto total = wire::integer_of(amount, "total");
  if (!total || *total < 1 || *total > largest_fee.count())
    return v3_param_error("/amount/total", "格式错误");
  if (const auto currency = wire::text_of(amount, "currency"); currency && *currency != "CNY")
    return v3_param_error("/amount/currency", "格式错误");
  terms.total = Fen{*total};
  terms.trade_type = path.trade_type;
  terms.notify_url = text_in(body, "notify_url");
  if (!notify_url_fault(terms.notify_url).empty()) return v3_param_error("notify_url", "格式错误");
  terms.attach = text_in(body, "attach");
  terms.sub_app_id = text_in(body, "sub_appid");
  terms.sub_mch_id = text_in(body, "sub_mchid");
  if (const auto expiry = text_in(body, "time_expire"); !expiry.empty()) {
    terms.time_expire = parse_rfc3339(expiry);
    if (!terms.time_expire) return v3_param_error("time_expire", "格式错误");
  }
  const auto* payer = object_in(body, "payer");
  if (payer != nullptr) {
    terms.openid = text_in(*payer, path.partner ? "sp_openid" : "openid");
    terms.sub_openid = text_in(*payer, "sub_openid");
  }
  const bool named = !terms.openid.empty() || !terms.sub_openid.empty();
  if (path.trade_type == TradeType::jsapi && !named) return v3_param_error("/payer/openid", "缺失");
  if (path.trade_type != TradeType::jsapi && payer != nullptr)
    return v3_param_error("payer", "是不识别的参数");
  for (const auto& [key, value] : body) {
    if (std::find(own_terms.begin(), own_terms.end(), key) == own_terms.end())
      terms.others.emplace_back(key, wire::to_json(value));
  }
  std::sort(terms.others.begin(), terms.others.end());
  return terms;
}

}  // namespace wxpay::sandbox
