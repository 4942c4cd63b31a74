#include "app/order_request.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <span>
#include <utility>

#include "base/text.hpp"
#include "base/url.hpp"
#include "domain/field_rules.hpp"
#include "domain/limits.hpp"
#include "wire/file_kind.hpp"
#include "wire/json.hpp"
#include "wxpay/error.hpp"
#include "wxpay/signing.hpp"
#include "wxpay/time.hpp"

namespace wxpay::app {

namespace {

using Member = std::optional<std::string> OrderRequest::*;

/// Which JSON values a field may be written as, beside a text.
enum class Form { text, fen, flag, json };

struct RequestField {
  const char* name;  ///< as in messages: WeChat's own
  Member member;
  Form form;
  std::array<std::string_view, 4> keys;  ///< every spelling that a record may use, then empty ones
};

constexpr std::array request_fields{
    RequestField{"out_trade_no", &OrderRequest::out_trade_no, Form::text, {"outTradeNo", "out_trade_no"}},
    RequestField{"openid", &OrderRequest::openid, Form::text, {"openId", "openid", "open_id"}},
    RequestField{"sub_openid",
                 &OrderRequest::sub_openid,
                 Form::text,
                 {"subOpenId", "subOpenid", "sub_openid", "sub_open_id"}},
    RequestField{"total_fee", &OrderRequest::total_fee, Form::fen, {"totalFee", "total_fee"}},
    RequestField{"amount", &OrderRequest::amount, Form::text, {"amount"}},
    RequestField{"body", &OrderRequest::body, Form::text, {"body"}},
    RequestField{"trade_type", &OrderRequest::trade_type, Form::text, {"tradeType", "trade_type"}},
    RequestField{"attach", &OrderRequest::attach, Form::text, {"attach"}},
    RequestField{"detail", &OrderRequest::detail, Form::json, {"detail"}},
    RequestField{"goods_tag", &OrderRequest::goods_tag, Form::text, {"goodsTag", "goods_tag"}},
    RequestField{"product_id", &OrderRequest::product_id, Form::text, {"productId", "product_id"}},
    RequestField{"device_info", &OrderRequest::device_info, Form::text, {"deviceInfo", "device_info"}},
    RequestField{"limit_pay", &OrderRequest::limit_pay, Form::text, {"limitPay", "limit_pay"}},
    RequestField{"time_expire", &OrderRequest::time_expire, Form::text, {"timeExpire", "time_expire"}},
    RequestField{"expire_in", &OrderRequest::expire_in, Form::text, {"expireIn", "expire_in"}},
    RequestField{"client_ip",
                 &OrderRequest::client_ip,
                 Form::text,
                 {"clientIp", "client_ip", "spbillCreateIp", "spbill_create_ip"}},
    RequestField{"notify_url", &OrderRequest::notify_url, Form::text, {"notifyUrl", "notify_url"}},
    RequestField{"scene_info", &OrderRequest::scene_info, Form::json, {"sceneInfo", "scene_info"}},
    RequestField{
        "profit_sharing", &OrderRequest::profit_sharing, Form::flag, {"profitSharing", "profit_sharing"}}};

bool is_key_of(const RequestField& field, std::string_view key) {
  return !key.empty() && std::find(field.keys.begin(), field.keys.end(), key) != field.keys.end();
}

[[noreturn]] void refuse(const std::string& what, std::string hint = {}) {
  throw Error{ErrorKind::usage, what, std::move(hint)};
}

const RequestField& field_of(const std::string& key) {
  const auto* const found = std::find_if(request_fields.begin(), request_fields.end(),
                                         [&](const auto& field) { return is_key_of(field, key); });
  if (found != request_fields.end()) return *found;
  std::vector<std::string> known;
  for (const auto& field : request_fields) {
    for (const auto spelling : field.keys) {
      if (!spelling.empty()) known.emplace_back(spelling);
    }
  }
  const auto meant = nearest(key, known);
  refuse("the request has an unknown field " + wire::json_quote(shortened(key)),
         meant ? "did you mean " + *meant + "?" : "");
}

std::string text_of(const RequestField& field, wire::JsonValue value) {
  using Kind = wire::JsonValue::Kind;
  if (field.form == Form::fen) {
    if (value.kind == Kind::integer) return std::move(value.text);
    refuse(std::string{field.name} + " must be a whole number of fen", "write \"amount\":\"10.00\" for yuan");
  }
  if (value.kind == Kind::text) return std::move(value.text);
  if (field.form == Form::flag && value.kind == Kind::boolean) return value.text == "true" ? "Y" : "N";
  const bool is_structure = value.kind == Kind::object || value.kind == Kind::array;
  if (field.form == Form::json && is_structure) return wire::to_json(value);
  refuse(std::string{field.name} + " must be a text in quotes");
}

/// For a document that is no JSON as it is meant here.
std::string remedy_for(std::string_view document) {
  using Kind = wire::ForeignFile::Kind;
  const auto foreign = wire::foreign_file(document);
  const bool is_no_json = foreign && (foreign->kind == Kind::encoding || foreign->kind == Kind::packed);
  return is_no_json ? wire::way_out(*foreign) : std::string{};
}

}  // namespace

OrderRequest parse_order_request(std::string_view json) {
  auto parsed = wire::parse_json_object(json);
  if (const auto* malformed = std::get_if<wire::Malformed>(&parsed))
    refuse("the request is unusable: " + malformed->why, remedy_for(json));
  OrderRequest request;
  for (auto& [key, value] : std::get<wire::JsonObject>(parsed)) {
    const auto& field = field_of(key);
    if (value.kind == wire::JsonValue::Kind::null) continue;
    auto& slot = request.*field.member;
    if (slot) refuse(std::string{field.name} + " is given more than once");
    slot = text_of(field, std::move(value));
  }
  return request;
}

std::string out_trade_no_in(std::string_view json) {
  auto parsed = wire::parse_json_object(json);
  auto* object = std::get_if<wire::JsonObject>(&parsed);
  if (object == nullptr) return {};
  for (auto& [key, value] : *object) {
    if (is_key_of(request_fields.front(), key) && value.kind == wire::JsonValue::Kind::text)
      return std::move(value.text);
  }
  return {};
}

bool may_be_order_request(std::string_view json) {
  auto parsed = wire::parse_json_object(json);
  const auto* object = std::get_if<wire::JsonObject>(&parsed);
  // A record can have failed as it is no JSON; an object over several lines is no record.
  if (object == nullptr) return trim(json) != "{";
  bool has_a_field = false;
  for (const auto& [key, value] : *object) {
    if (key == "resultCode" || key == "state") return false;
    has_a_field =
        has_a_field || std::any_of(request_fields.begin(), request_fields.end(),
                                   [&key = key](const auto& field) { return is_key_of(field, key); });
  }
  return has_a_field;
}

OrderColumns::OrderColumns(const std::vector<std::string>& names) {
  for (const auto& name : names) {
    const auto& field = field_of(name);
    columns_.add(field.member, field.name);
  }
  if (!columns_.has(&OrderRequest::out_trade_no)) {
    refuse("the header has no column outTradeNo", "the first line of a CSV batch names the columns");
  }
  if (!columns_.has(&OrderRequest::total_fee) && !columns_.has(&OrderRequest::amount)) {
    refuse("the header has neither a column totalFee nor amount",
           "totalFee counts fen, amount is yuan, as 10.00");
  }
}

OrderRequest OrderColumns::read(std::vector<std::string> cells) const {
  OrderRequest request;
  columns_.read(std::move(cells), [&request](Member member, std::string cell) {
    if (!cell.empty()) request.*member = std::move(cell);
  });
  return request;
}

std::string OrderColumns::out_trade_no_in(const std::vector<std::string>& cells) const {
  const auto place = columns_.place_of(&OrderRequest::out_trade_no);
  return place < cells.size() ? cells[place] : std::string{};
}

namespace {

std::string ambiguous_text(std::string_view name, std::string_view field) {
  return std::string{name} + " holds &" + std::string{field} +
         "=, a field of WeChat Pay's messages: one signature would serve for two documents";
}

/// A text as the wire takes it, or empty.
std::string checked_text(const char* name, const std::string& text, std::size_t longest) {
  if (text.empty()) return {};
  if (const auto fault = text_fault(text, longest); !fault.empty()) refuse(name + (' ' + fault));
  if (const auto field = field_within(text); !field.empty()) {
    refuse(ambiguous_text(name, field), "write it without the & before it");
  }
  return text;
}

std::string checked_text(const char* name, const std::optional<std::string>& given, std::size_t longest) {
  return given ? checked_text(name, *given, longest) : std::string{};
}

/// One that a request cannot do without; what is not given is the profile's.
std::string needed_text(const char* name, const std::optional<std::string>& given, const std::string& ours,
                        std::size_t longest) {
  auto text = checked_text(name, given ? *given : ours, longest);
  if (text.empty()) refuse(std::string{name} + " is missing", "give it, or set its default in the profile");
  return text;
}

Fen checked_fee(const OrderRequest& request) {
  if (request.total_fee && request.amount) refuse("total_fee and amount are both given", "give one of them");
  if (request.total_fee) {
    if (const auto fee = parse_fen(*request.total_fee)) return *fee;
    refuse("total_fee must be a whole number of fen from 1 to 9999999999", "for yuan use --amount 10.00");
  }
  if (request.amount) {
    if (const auto fee = parse_yuan(*request.amount)) return *fee;
    refuse("amount must be yuan above zero with at most two decimals, up to 99999999.99",
           "for fen use --total-fee 1000");
  }
  refuse("the amount is missing: neither total_fee nor amount is given",
         "give --total-fee in fen or --amount in yuan");
}

TradeType checked_trade_type(const OrderRequest& request, const OrderDefaults& defaults) {
  if (!request.trade_type) return defaults.trade_type;
  const auto type = parse_trade_type(*request.trade_type);
  if (!type || !is_payable_later(*type)) {
    refuse("trade_type must be " + listed(payable_trade_types(), "or"));
  }
  return *type;
}

void check_notify_url(std::string_view url) {
  if (const auto fault = notify_url_fault(url); !fault.empty()) {
    refuse("notify_url must be an absolute http(s) URL without a query string: it " + fault);
  }
}

void check_client_ip(std::string_view address) {
  if (!is_ip_address(address)) refuse("client_ip must be an IPv4 or IPv6 address");
}

void check_openid(const char* name, const std::string& openid) {
  const bool visible = std::all_of(openid.begin(), openid.end(), [](char c) { return c > 0x20 && c < 0x7F; });
  if (!visible) refuse(std::string{name} + " must be visible ASCII characters");
}

void set_expiry(const OrderRequest& request, std::chrono::sys_seconds now, OrderIntent& intent) {
  if (request.time_expire && request.expire_in)
    refuse("time_expire and expire_in are both given", "give one of them");
  if (request.expire_in) {
    intent.expire_in = parse_duration(*request.expire_in);
    if (!intent.expire_in) refuse("expire_in must be a whole number and s, m, h or d, as 30m");
    intent.time_expire = now + *intent.expire_in;
  } else if (request.time_expire) {
    intent.time_expire = parse_time(*request.time_expire, now);
    if (!intent.time_expire) refuse("time_expire is no time", "write it as 2026-11-22T10:00:00+08:00");
  }
  if (intent.time_expire && *intent.time_expire < now + limits::shortest_expiry) {
    refuse("the expiry is less than 1 minute ahead");
  }
  if (intent.time_expire && *intent.time_expire > latest_time) refuse("the expiry is after the year 9999");
}

/// What each trade type cannot do without (API v2, 9_1).
void check_trade_type_needs(const OrderIntent& intent) {
  const bool partner = !intent.merchant.sub_mch_id.empty();
  if (intent.trade_type == TradeType::jsapi && intent.openid.empty() &&
      (!partner || intent.sub_openid.empty())) {
    refuse("JSAPI needs the payer's openid", partner ? "give --openid or --sub-openid" : "give --openid");
  }
  if (intent.trade_type == TradeType::mweb && intent.scene_info.empty()) {
    refuse("H5 needs a scene_info",
           R"(give --scene-info '{"h5_info":{"type":"Wap","wap_url":"…","wap_name":"…"}}')");
  }
  if (!intent.sub_openid.empty() && intent.merchant.sub_app_id.empty()) {
    refuse("sub_openid needs a sub_app_id", "set sub_app_id in the profile");
  }
}

}  // namespace

CheckedRequest check_order_request(const OrderRequest& request, const OrderDefaults& defaults,
                                   std::chrono::sys_seconds now) {
  if (!request.out_trade_no) refuse("out_trade_no is missing", "give --out-trade-no");
  CheckedRequest checked{.intent = OrderIntent{.merchant = defaults.merchant,
                                               .out_trade_no = OutTradeNo::parse(*request.out_trade_no),
                                               .total_fee = checked_fee(request)},
                         .defaulted = {.body = !request.body.has_value(),
                                       .notify_url = !request.notify_url.has_value(),
                                       .client_ip = !request.client_ip.has_value()}};
  auto& intent = checked.intent;
  intent.trade_type = checked_trade_type(request, defaults);
  intent.body = needed_text("body", request.body, defaults.body, limits::longest_body);
  intent.notify_url =
      needed_text("notify_url", request.notify_url, defaults.notify_url, limits::longest_notify_url);
  check_notify_url(intent.notify_url);
  intent.client_ip =
      needed_text("client_ip", request.client_ip, defaults.client_ip, limits::longest_client_ip);
  check_client_ip(intent.client_ip);
  intent.openid = checked_text("openid", request.openid, limits::longest_openid);
  check_openid("openid", intent.openid);
  intent.sub_openid = checked_text("sub_openid", request.sub_openid, limits::longest_openid);
  check_openid("sub_openid", intent.sub_openid);
  intent.attach = checked_text("attach", request.attach, limits::longest_attach);
  intent.detail = checked_text("detail", request.detail, limits::longest_detail);
  intent.goods_tag = checked_text("goods_tag", request.goods_tag, limits::longest_goods_tag);
  intent.product_id = checked_text("product_id", request.product_id, limits::longest_product_id);
  intent.device_info = checked_text("device_info", request.device_info, limits::longest_device_info);
  intent.limit_pay = checked_text("limit_pay", request.limit_pay, limits::longest_limit_pay);
  intent.scene_info = checked_text("scene_info", request.scene_info, limits::longest_scene_info);
  const auto sharing = request.profit_sharing.value_or("N");
  if (sharing != "Y" && sharing != "N" && !sharing.empty()) refuse("profit_sharing must be Y or N");
  intent.profit_sharing = sharing == "Y";
  set_expiry(request, now, intent);
  check_trade_type_needs(intent);
  if (defaults.rule != nullptr) {
    if (auto fault = defaults.rule(intent)) refuse(fault->what, std::move(fault->hint));
  }
  if (intent.out_trade_no.shorter_than_advised()) {
    checked.warnings.push_back("out_trade_no " + intent.out_trade_no.text() +
                               " has fewer than the 6 characters that WeChat Pay asks for now");
  }
  return checked;
}

OrderIntent check_code_payment(const OrderRequest& request, const OrderDefaults& defaults) {
  if (!request.out_trade_no) refuse("out_trade_no is missing", "give --out-trade-no");
  OrderIntent intent{.merchant = defaults.merchant,
                     .out_trade_no = OutTradeNo::parse(*request.out_trade_no),
                     .total_fee = checked_fee(request)};
  intent.trade_type = TradeType::micropay;
  intent.body = needed_text("body", request.body, defaults.body, limits::longest_body);
  intent.client_ip =
      needed_text("client_ip", request.client_ip, defaults.client_ip, limits::longest_client_ip);
  check_client_ip(intent.client_ip);
  intent.attach = checked_text("attach", request.attach, limits::longest_attach);
  intent.goods_tag = checked_text("goods_tag", request.goods_tag, limits::longest_goods_tag);
  intent.device_info = checked_text("device_info", request.device_info, limits::longest_device_info);
  intent.limit_pay = checked_text("limit_pay", request.limit_pay, limits::longest_limit_pay);
  return intent;
}

std::string ambiguity_of(const OrderIntent& intent) {
  using Text = std::pair<std::string_view, const std::string*>;
  for (const auto& [name, text] :
       {Text{"body", &intent.body}, Text{"notify_url", &intent.notify_url}, Text{"openid", &intent.openid},
        Text{"sub_openid", &intent.sub_openid}, Text{"attach", &intent.attach},
        Text{"detail", &intent.detail}, Text{"goods_tag", &intent.goods_tag},
        Text{"product_id", &intent.product_id}, Text{"device_info", &intent.device_info},
        Text{"limit_pay", &intent.limit_pay}, Text{"scene_info", &intent.scene_info}}) {
    if (const auto field = field_within(*text); !field.empty()) return ambiguous_text(name, field);
  }
  return {};
}

std::string ambiguity_of(const RefundIntent& intent) {
  if (const auto field = field_within(intent.reason); !field.empty()) return ambiguous_text("reason", field);
  if (const auto field = field_within(intent.notify_url); !field.empty())
    return ambiguous_text("notify_url", field);
  return {};
}

}  // namespace wxpay::app
