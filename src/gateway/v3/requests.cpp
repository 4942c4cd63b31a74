#include "gateway/v3/requests.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <variant>

#include "base/text.hpp"
#include "wire/json.hpp"
#include "wxpay/time.hpp"
#include "wxpay/v3_gateway.hpp"

namespace wxpay::v3 {

namespace {

using wire::JsonLine;
using wire::JsonObject;
using wire::JsonValue;

constexpr const char* refunds_path = "/v3/refund/domestic/refunds";

bool is_partner(const MerchantIdentity& merchant) { return !merchant.sub_mch_id.empty(); }

std::string transactions_path(const MerchantIdentity& merchant) {
  return is_partner(merchant) ? "/v3/pay/partner/transactions" : "/v3/pay/transactions";
}

std::string_view product_of(TradeType type) {
  switch (type) {
    case TradeType::native:
      return "native";
    case TradeType::app:
      return "app";
    case TradeType::mweb:
      return "h5";
    case TradeType::jsapi:
    case TradeType::micropay:
      break;
  }
  return "jsapi";
}

void add_merchant(JsonLine& body, const MerchantIdentity& merchant) {
  if (is_partner(merchant)) {
    body.text("sp_mchid", merchant.mch_id.text()).text("sub_mchid", merchant.sub_mch_id.text());
  } else {
    body.text("mchid", merchant.mch_id.text());
  }
}

void add_app(JsonLine& body, const MerchantIdentity& merchant) {
  if (is_partner(merchant)) {
    body.text("sp_appid", merchant.app_id.text()).text_if_set("sub_appid", merchant.sub_app_id.text());
  } else {
    body.text("appid", merchant.app_id.text());
  }
}

/// As one segment of a path: WeChat Pay signs what stands on the request line.
std::string path_segment(std::string_view text) {
  std::string segment;
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       std::string_view{"-_.~"}.find(c) != std::string_view::npos;
    if (plain) {
      segment += c;
    } else {
      segment.append("%").append(to_upper_hex(std::string_view{&c, 1}));
    }
  }
  return segment;
}

std::string merchant_query(const MerchantIdentity& merchant) {
  if (!is_partner(merchant)) return "?mchid=" + merchant.mch_id.text();
  return "?sp_mchid=" + merchant.mch_id.text() + "&sub_mchid=" + merchant.sub_mch_id.text();
}

/// A name of API v2 within detail or scene_info, and what API v3 calls it.
struct Renamed {
  std::string_view v2;
  std::string_view v3;
};
constexpr std::array renamed_names{Renamed{"receipt_id", "invoice_id"},
                                   Renamed{"goods_id", "merchant_goods_id"},
                                   Renamed{"wxpay_goods_id", "wechatpay_goods_id"},
                                   Renamed{"price", "unit_price"},
                                   Renamed{"wap_name", "app_name"},
                                   Renamed{"wap_url", "app_url"}};

/// An order is stored in the words of whoever made it; both APIs have it say the same.
void rename_members(JsonObject& members) {
  for (auto& [key, value] : members) {
    const auto* const renamed = std::find_if(renamed_names.begin(), renamed_names.end(),
                                             [&key = key](const Renamed& names) { return names.v2 == key; });
    // One that says both keeps both, and WeChat Pay names the one that it does not know.
    if (renamed != renamed_names.end() && wire::find(members, renamed->v3) == nullptr) key = renamed->v3;
    rename_members(value.members);
  }
}

std::optional<JsonObject> object_in(const std::string& text) {
  auto parsed = wire::parse_json_object(text);
  auto* object = std::get_if<JsonObject>(&parsed);
  if (object == nullptr) return std::nullopt;
  rename_members(*object);
  return std::move(*object);
}

JsonValue text_value(std::string text) { return {.kind = JsonValue::Kind::text, .text = std::move(text)}; }

JsonValue object_value(JsonObject members) {
  return {.kind = JsonValue::Kind::object, .text = {}, .members = std::move(members)};
}

JsonValue* member(JsonObject& object, std::string_view key) {
  const auto found = std::find_if(object.begin(), object.end(),
                                  [key](const wire::JsonMember& entry) { return entry.key == key; });
  return found == object.end() ? nullptr : &found->value;
}

/// scene_info of API v3 holds the payer's address beside what API v2's has.
std::string scene_info(const OrderIntent& intent) {
  auto scene = object_in(intent.scene_info).value_or(JsonObject{});
  if (member(scene, "payer_client_ip") == nullptr)
    scene.insert(scene.begin(), {"payer_client_ip", text_value(intent.client_ip)});
  if (intent.trade_type == TradeType::mweb) {
    if (member(scene, "h5_info") == nullptr) scene.push_back({"h5_info", object_value({})});
    auto& h5_info = *member(scene, "h5_info");
    if (h5_info.kind == JsonValue::Kind::object && member(h5_info.members, "type") == nullptr)
      h5_info.members.insert(h5_info.members.begin(), {"type", text_value("Wap")});
  }
  return wire::to_json(object_value(std::move(scene)));
}

std::string payer(const OrderIntent& intent) {
  JsonLine payer;
  if (is_partner(intent.merchant)) {
    // One of the two: WeChat Pay knows the payer under either app.
    if (intent.sub_openid.empty()) {
      payer.text("sp_openid", intent.openid);
    } else {
      payer.text("sub_openid", intent.sub_openid);
    }
  } else {
    payer.text("openid", intent.openid);
  }
  return std::move(payer).str();
}

/// A JSON text as it is sent: without escapes that stand for other characters.
std::string unescaped(const std::string& json) {
  auto object = object_in(json);
  return object ? wire::to_json(object_value(std::move(*object))) : json;
}

}  // namespace

RequestParts create_request(const OrderIntent& intent) {
  JsonLine body;
  add_app(body, intent.merchant);
  add_merchant(body, intent.merchant);
  body.text("description", intent.body).text("out_trade_no", intent.out_trade_no.text());
  if (intent.time_expire) body.text("time_expire", format_rfc3339(*intent.time_expire));
  body.text_if_set("attach", intent.attach).text("notify_url", intent.notify_url);
  body.text_if_set("goods_tag", intent.goods_tag);
  JsonLine amount;
  amount.number("total", intent.total_fee.count()).text("currency", "CNY");
  body.raw("amount", std::move(amount).str());
  if (intent.trade_type == TradeType::jsapi) body.raw("payer", payer(intent));
  if (auto detail = object_in(intent.detail))
    body.raw("detail", wire::to_json(object_value(std::move(*detail))));
  body.raw("scene_info", scene_info(intent));
  if (intent.profit_sharing) body.raw("settle_info", R"({"profit_sharing":true})");
  return {.method = HttpMethod::post,
          .target = transactions_path(intent.merchant).append("/").append(product_of(intent.trade_type)),
          .body = std::move(body).str()};
}

RequestParts query_request(const OutTradeNo& out_trade_no, const MerchantIdentity& merchant) {
  return {.method = HttpMethod::get,
          .target = transactions_path(merchant) + "/out-trade-no/" + path_segment(out_trade_no.text()) +
                    merchant_query(merchant)};
}

RequestParts query_request(const TransactionId& transaction_id, const MerchantIdentity& merchant) {
  return {.method = HttpMethod::get,
          .target = transactions_path(merchant) + "/id/" + path_segment(transaction_id.text()) +
                    merchant_query(merchant)};
}

RequestParts close_request(const OutTradeNo& out_trade_no, const MerchantIdentity& merchant) {
  JsonLine body;
  add_merchant(body, merchant);
  return {
      .method = HttpMethod::post,
      .target = transactions_path(merchant) + "/out-trade-no/" + path_segment(out_trade_no.text()) + "/close",
      .body = std::move(body).str()};
}

RequestParts refund_request(const RefundIntent& intent, const MerchantIdentity& merchant) {
  JsonLine body;
  if (is_partner(merchant)) body.text("sub_mchid", merchant.sub_mch_id.text());
  body.text("out_trade_no", intent.out_trade_no.text()).text("out_refund_no", intent.out_refund_no.text());
  body.text_if_set("reason", intent.reason).text_if_set("notify_url", intent.notify_url);
  // What is unsettled is the default, and the name of it is for deposits.
  if (intent.funds_account == FundsAccount::available) body.text("funds_account", "AVAILABLE");
  JsonLine amount;
  amount.number("refund", intent.refund_fee.count()).number("total", intent.total_fee.count());
  amount.text("currency", "CNY");
  body.raw("amount", std::move(amount).str());
  return {.method = HttpMethod::post, .target = refunds_path, .body = std::move(body).str()};
}

RequestParts query_refund_request(const OutRefundNo& out_refund_no, const MerchantIdentity& merchant) {
  auto target = std::string{refunds_path} + "/" + path_segment(out_refund_no.text());
  if (is_partner(merchant)) target += "?sub_mchid=" + merchant.sub_mch_id.text();
  return {.method = HttpMethod::get, .target = std::move(target)};
}

RequestParts certificates_request() { return {.method = HttpMethod::get, .target = "/v3/certificates"}; }

namespace {

/// WeChat Pay takes characters of one to three bytes in UTF-8 (API v3 reference, 1).
bool has_long_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0xF0; });
}

/// Where the payer of a web page is, as the scene or the order itself says.
std::string payer_address(const OrderIntent& intent) {
  const auto scene = object_in(intent.scene_info).value_or(JsonObject{});
  return wire::text_of(scene, "payer_client_ip").value_or(intent.client_ip);
}

bool is_loopback(std::string_view address) { return address.starts_with("127.") || address == "::1"; }

}  // namespace

std::optional<IntentFault> intent_fault(const OrderIntent& intent) {
  if (intent.out_trade_no.shorter_than_advised()) {
    return IntentFault{"out_trade_no " + intent.out_trade_no.text() +
                           " has fewer than the 6 characters that API v3 asks for",
                       "use a longer number"};
  }
  using Text = std::pair<std::string_view, const std::string*>;
  for (const auto& [name, text] : {Text{"detail", &intent.detail}, Text{"scene_info", &intent.scene_info}}) {
    if (text->empty()) continue;
    if (std::holds_alternative<wire::Malformed>(wire::parse_json_object(*text)))
      return IntentFault{std::string{name} + " must be a JSON object on API v3", {}};
  }
  if (intent.trade_type == TradeType::mweb && is_loopback(payer_address(intent))) {
    return IntentFault{"H5 needs the payer's own address, and client_ip is " + payer_address(intent),
                       "give --client-ip; WeChat Pay refuses the payment from any other"};
  }
  const auto detail = unescaped(intent.detail);
  const auto scene = unescaped(intent.scene_info);
  for (const auto& [name, text] :
       {Text{"body", &intent.body}, Text{"attach", &intent.attach}, Text{"goods_tag", &intent.goods_tag},
        Text{"detail", &detail}, Text{"scene_info", &scene}}) {
    if (has_long_character(*text)) {
      return IntentFault{std::string{name} + " holds a character that WeChat Pay does not take, as an emoji",
                         "write it without"};
    }
  }
  return std::nullopt;
}

}  // namespace wxpay::v3

namespace wxpay {

std::optional<IntentFault> v3_intent_fault(const OrderIntent& intent) { return v3::intent_fault(intent); }

}  // namespace wxpay
