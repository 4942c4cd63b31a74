#include "app/order_request.hpp"

#include <doctest/doctest.h>

#include <functional>

#include "domain/field_rules.hpp"
#include "support/fakes.hpp"
#include "support/ledger_fixture.hpp"
#include "wxpay/error.hpp"
#include "wxpay/time.hpp"
#include "wxpay/v2_gateway.hpp"

using namespace wxpay;
using namespace std::string_literals;
using app::OrderRequest;
using test::ledger_fixture::error_of;

namespace {

/// 2026-11-23 16:00:00 in Beijing.
const auto now = test::FakeClock{}.now();

app::OrderDefaults defaults() {
  app::OrderDefaults result;
  result.merchant.mch_id = MerchantId{"1900000109"};
  result.merchant.app_id = AppId{"wxd678efh567hg6787"};
  result.body = "default goods";
  result.notify_url = "https://pay.example.com/notify/order";
  result.client_ip = "127.0.0.1";
  result.rule = v2_intent_fault;
  return result;
}

OrderRequest sound_request() {
  OrderRequest request;
  request.out_trade_no = "T20261123";
  request.openid = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o";
  request.total_fee = "1000";
  return request;
}

using Change = std::function<void(OrderRequest&)>;

app::CheckedRequest check(const Change& change = {}, const app::OrderDefaults& with = defaults()) {
  auto request = sound_request();
  if (change) change(request);
  return app::check_order_request(request, with, now);
}

/// What is wrong with the request; empty when it can be sent. It is wrong usage and nothing else.
std::string problem(const Change& change, const app::OrderDefaults& with = defaults()) {
  const auto error = error_of([&] { check(change, with); });
  if (!error) return {};
  CHECK((error->kind() == ErrorKind::usage));
  return error->what();
}

std::string json_problem(std::string_view json) {
  const auto error = error_of([&] { app::parse_order_request(json); });
  if (!error) return {};
  CHECK((error->kind() == ErrorKind::usage));
  return error->what();
}

bool holds(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a request is filled in with the profile's defaults, and says which were") {
  const auto checked = check();
  const auto& intent = checked.intent;
  CHECK(intent.out_trade_no.text() == "T20261123");
  CHECK((intent.total_fee == Fen{1000}));
  CHECK((intent.trade_type == TradeType::jsapi));
  CHECK(intent.body == "default goods");
  CHECK(intent.notify_url == "https://pay.example.com/notify/order");
  CHECK(intent.client_ip == "127.0.0.1");
  CHECK((intent.merchant == defaults().merchant));
  CHECK((checked.defaulted.body && checked.defaulted.notify_url && checked.defaulted.client_ip));
  CHECK(checked.warnings.empty());

  const auto given = check([](OrderRequest& request) {
    request.body = "default goods";
    request.notify_url = "https://other.example/";
    request.client_ip = "2001:db8::1";
  });
  CHECK_FALSE(given.defaulted.body);
  CHECK_FALSE(given.defaulted.notify_url);
  CHECK_FALSE(given.defaulted.client_ip);
  CHECK(given.intent.client_ip == "2001:db8::1");
}

TEST_CASE("an amount is given once, in fen or in yuan, exactly") {
  struct Row {
    std::optional<std::string> fen, yuan;
    std::int64_t fee;  ///< 0: refused
  };
  const Row rows[] = {
      {"1", {}, 1},        {"9999999999", {}, 9'999'999'999},
      {{}, "10.00", 1000}, {{}, "0.01", 1},
      {{}, "12", 1200},    {"0", {}, 0},
      {"-1", {}, 0},       {"10000000000", {}, 0},
      {"1e3", {}, 0},      {"10.0", {}, 0},
      {"１００", {}, 0},   {"", {}, 0},
      {" 1", {}, 0},       {"+1", {}, 0},
      {"0x10", {}, 0},     {{}, "10.005", 0},
      {{}, "0", 0},        {{}, "0.00", 0},
      {{}, "-1.00", 0},    {{}, "1e3", 0},
      {{}, "", 0},         {{}, "１.００", 0},
      {{}, "1,000.00", 0}, {"1000", "10.00", 0},
      {{}, {}, 0},
  };
  for (const auto& row : rows) {
    const auto set = [&row](OrderRequest& request) {
      request.total_fee = row.fen;
      request.amount = row.yuan;
    };
    CAPTURE(row.fen.value_or("(none)"));
    CAPTURE(row.yuan.value_or("(none)"));
    if (row.fee == 0) {
      CHECK(problem(set) != "");
    } else {
      CHECK((check(set).intent.total_fee == Fen{row.fee}));
    }
  }
  CHECK(holds(problem([](OrderRequest& request) { request.amount = "10.00"; }), "both"));
}

TEST_CASE("an out_trade_no has 1 to 32 of its characters, and a warning under 6") {
  struct Row {
    std::optional<std::string> number;
    bool sound, warned;
  };
  const Row rows[] = {{"T20261123", true, false},
                      {"123456", true, false},
                      {"12345", true, true},
                      {"_-|*", true, true},
                      {std::string(32, 'a'), true, false},
                      {std::string(33, 'a'), false, false},
                      {"", false, false},
                      {std::nullopt, false, false},
                      {"T 123456", false, false},
                      {"T@123456", false, false},
                      {"订单123456", false, false},
                      {"T123456\n", false, false},
                      {"T/123456", false, false},
                      {"T123456\0"s, false, false}};
  for (const auto& row : rows) {
    const auto set = [&row](OrderRequest& request) { request.out_trade_no = row.number; };
    CAPTURE(row.number.value_or("(none)"));
    CHECK(problem(set).empty() == row.sound);
    if (row.sound) CHECK(check(set).warnings.empty() != row.warned);
  }
}

TEST_CASE("texts are limited in bytes, and are what WeChat Pay would sign the same way") {
  using Member = std::optional<std::string> OrderRequest::*;
  struct Limit {
    std::string name;
    Member member;
    std::size_t longest;
  };
  const Limit limits[] = {{"body", &OrderRequest::body, 127},
                          {"attach", &OrderRequest::attach, 127},
                          {"detail", &OrderRequest::detail, 6000},
                          {"goods_tag", &OrderRequest::goods_tag, 32},
                          {"product_id", &OrderRequest::product_id, 32},
                          {"device_info", &OrderRequest::device_info, 32},
                          {"limit_pay", &OrderRequest::limit_pay, 32},
                          {"scene_info", &OrderRequest::scene_info, 256},
                          {"openid", &OrderRequest::openid, 128}};
  for (const auto& limit : limits) {
    const auto with = [&limit](const std::string& text) {
      return [&limit, text](OrderRequest& request) { request.*limit.member = text; };
    };
    CAPTURE(limit.name);
    CHECK(problem(with(std::string(limit.longest, 'x'))) == "");
    CHECK(holds(problem(with(std::string(limit.longest + 1, 'x'))), limit.name + " is longer than"));
    CHECK(holds(problem(with(" x")), limit.name + " begins or ends with a blank"));
    CHECK(holds(problem(with("x ")), "blank"));
    CHECK(holds(problem(with("x\ny")), limit.name + " has a control character"));
    CHECK(holds(problem(with("x\0y"s)), "control character"));
    CHECK(holds(problem(with("\xFF")), limit.name + " is not UTF-8"));
  }
}

TEST_CASE("a body's limit counts the bytes of Chinese") {
  const auto characters = [](std::size_t count) {
    return [count](OrderRequest& request) {
      request.body.emplace();
      for (std::size_t i = 0; i < count; ++i) *request.body += "货";
    };
  };
  CHECK(problem(characters(42)) == "");
  CHECK(holds(problem(characters(43)), "it has 129"));
  const auto exact = [&](OrderRequest& request) {
    characters(42)(request);
    *request.body += "1";
  };
  CHECK(check(exact).intent.body.size() == 127);
  CHECK(holds(problem([](OrderRequest& request) { request.body = ""; }), "body is missing"));
}

TEST_CASE("each trade type has its needs") {
  struct Row {
    std::optional<std::string> type;
    Change change;
    std::string problem;  ///< empty: none
    TradeType expected;
  };
  const auto without_openid = [](OrderRequest& request) { request.openid.reset(); };
  const Row rows[] = {
      {{}, {}, "", TradeType::jsapi},
      {"JSAPI", {}, "", TradeType::jsapi},
      {"JSAPI", without_openid, "openid", TradeType::jsapi},
      {"NATIVE", {}, "product_id", TradeType::native},
      {"NATIVE", [](OrderRequest& request) { request.product_id = "7"; }, "", TradeType::native},
      {"APP", without_openid, "", TradeType::app},
      {"H5", {}, "scene_info", TradeType::mweb},
      {"H5", [](OrderRequest& request) { request.scene_info = "{}"; }, "", TradeType::mweb},
      {"MWEB", [](OrderRequest& request) { request.scene_info = "{}"; }, "", TradeType::mweb},
      {"MICROPAY", {}, "trade_type", TradeType::jsapi},
      {"jsapi", {}, "trade_type", TradeType::jsapi},
      {"FACE", {}, "trade_type", TradeType::jsapi},
      {"", {}, "trade_type", TradeType::jsapi},
  };
  for (const auto& row : rows) {
    const auto set = [&row](OrderRequest& request) {
      request.trade_type = row.type;
      if (row.change) row.change(request);
    };
    CAPTURE(row.type.value_or("(none)"));
    const auto said = problem(set);
    CHECK(said.empty() == row.problem.empty());
    CHECK(holds(said, row.problem));
    if (row.problem.empty()) CHECK((check(set).intent.trade_type == row.expected));
  }
}

TEST_CASE("a service provider may name the payer under the sub-merchant's app") {
  auto partner = defaults();
  partner.merchant.sub_mch_id = MerchantId{"1900000200"};
  const auto sub_openid_alone = [](OrderRequest& request) {
    request.openid.reset();
    request.sub_openid = "oSub";
  };
  CHECK(holds(problem(sub_openid_alone, partner), "sub_app_id"));
  partner.merchant.sub_app_id = AppId{"wxsub"};
  CHECK(problem(sub_openid_alone, partner) == "");
  CHECK(problem([](OrderRequest&) {}, partner) == "");
  CHECK(holds(problem([](OrderRequest& request) { request.openid.reset(); }, partner), "openid"));
  CHECK(holds(problem(sub_openid_alone), "openid"));
}

TEST_CASE("addresses are what they claim to be") {
  struct Row {
    std::string text;
    bool sound;
  };
  const Row urls[] = {{"https://pay.example.com/notify", true},
                      {"http://10.0.0.1/notify", true},
                      {"https://pay.example.com", true},
                      {"https://pay.example.com/n?a=1", false},
                      {"https://pay.example.com/n#a", false},
                      {"/notify", false},
                      {"ftp://pay.example.com/", false},
                      {"https://", false},
                      {"https:///notify", false},
                      {"pay.example.com", false},
                      {"https://pay.example.com/a b", false},
                      {"http://u:pw@pay.example.com/n", false},
                      {"https://pay.example.com:99999/n", false},
                      {"https://pay.example.com/支付", false},
                      {"HTTPS://pay.example.com/n", false}};
  for (const auto& row : urls) {
    CAPTURE(row.text);
    CHECK(problem([&row](OrderRequest& request) { request.notify_url = row.text; }).empty() == row.sound);
  }
  const Row addresses[] = {
      {"127.0.0.1", true},     {"2001:db8::1", true}, {"::1", true}, {"127.0.0.256", false},
      {"127.0.0.1:80", false}, {"localhost", false},  {"", false},   {"1.2.3", false}};
  for (const auto& row : addresses) {
    CAPTURE(row.text);
    CHECK(problem([&row](OrderRequest& request) { request.client_ip = row.text; }).empty() == row.sound);
  }
}

TEST_CASE("an openid is visible ASCII, and no message repeats it") {
  for (const auto* openid : {"oSecret 1", "oSecret支付", "oSecret\t"}) {
    const auto said = problem([openid](OrderRequest& request) { request.openid = openid; });
    CHECK(said != "");
    CHECK_FALSE(holds(said, "oSecret"));
  }
}

TEST_CASE("an expiry is a duration or a point in time, at least a minute ahead") {
  struct Row {
    std::optional<std::string> in, at;
    std::optional<std::chrono::seconds> ahead;  ///< none: refused
  };
  using std::chrono::minutes;
  const Row rows[] = {
      {"30m", {}, minutes{30}},
      {"60s", {}, minutes{1}},
      {"7d", {}, std::chrono::hours{7 * 24}},
      {{}, "2026-11-23T16:30:00+08:00", minutes{30}},
      {{}, "2026-11-23T08:30:00Z", minutes{30}},
      {{}, "20261123163000", minutes{30}},
      {{}, "2026-11-23 16:30:00", minutes{30}},
      {{}, "2026-11-23T16:01:00+08:00", minutes{1}},
      {"59s", {}, {}},
      {"0s", {}, {}},
      {"30", {}, {}},
      {"-30m", {}, {}},
      {"1.5h", {}, {}},
      {"half an hour", {}, {}},
      {"", {}, {}},
      {{}, "2026-11-23T16:00:59+08:00", {}},
      {{}, "2026-11-23T15:00:00+08:00", {}},
      {{}, "30m", {}},  // a duration ago
      {{}, "tomorrow", {}},
      {"30m", "2026-11-23T16:30:00+08:00", {}},
      {"999999999d", {}, {}},
      {{}, "9999-12-31T23:59:59-12:00", {}},
  };
  for (const auto& row : rows) {
    const auto set = [&row](OrderRequest& request) {
      request.expire_in = row.in;
      request.time_expire = row.at;
    };
    CAPTURE(row.in.value_or("(none)"));
    CAPTURE(row.at.value_or("(none)"));
    if (!row.ahead) {
      CHECK(problem(set) != "");
      continue;
    }
    const auto intent = check(set).intent;
    CHECK((intent.time_expire == now + *row.ahead));
    CHECK((intent.expire_in == (row.in ? row.ahead : std::nullopt)));
  }
  CHECK_FALSE(check().intent.time_expire.has_value());
}

TEST_CASE("profit sharing is Y or N") {
  const auto sharing = [](const char* text) {
    return [text](OrderRequest& request) { request.profit_sharing = text; };
  };
  CHECK(check(sharing("Y")).intent.profit_sharing);
  CHECK_FALSE(check(sharing("N")).intent.profit_sharing);
  CHECK_FALSE(check().intent.profit_sharing);
  CHECK(problem(sharing("yes")) != "");
}

TEST_CASE("a record's every key is read in each of its spellings") {
  using Member = std::optional<std::string> OrderRequest::*;
  struct Row {
    std::string key;
    Member member;
  };
  const Row rows[] = {
      {"outTradeNo", &OrderRequest::out_trade_no},
      {"out_trade_no", &OrderRequest::out_trade_no},
      {"openId", &OrderRequest::openid},
      {"openid", &OrderRequest::openid},
      {"open_id", &OrderRequest::openid},
      {"amount", &OrderRequest::amount},
      {"body", &OrderRequest::body},
      {"tradeType", &OrderRequest::trade_type},
      {"trade_type", &OrderRequest::trade_type},
      {"attach", &OrderRequest::attach},
      {"detail", &OrderRequest::detail},
      {"goodsTag", &OrderRequest::goods_tag},
      {"goods_tag", &OrderRequest::goods_tag},
      {"productId", &OrderRequest::product_id},
      {"product_id", &OrderRequest::product_id},
      {"deviceInfo", &OrderRequest::device_info},
      {"device_info", &OrderRequest::device_info},
      {"limitPay", &OrderRequest::limit_pay},
      {"limit_pay", &OrderRequest::limit_pay},
      {"timeExpire", &OrderRequest::time_expire},
      {"time_expire", &OrderRequest::time_expire},
      {"expireIn", &OrderRequest::expire_in},
      {"expire_in", &OrderRequest::expire_in},
      {"clientIp", &OrderRequest::client_ip},
      {"client_ip", &OrderRequest::client_ip},
      {"spbillCreateIp", &OrderRequest::client_ip},
      {"spbill_create_ip", &OrderRequest::client_ip},
      {"notifyUrl", &OrderRequest::notify_url},
      {"notify_url", &OrderRequest::notify_url},
      {"sceneInfo", &OrderRequest::scene_info},
      {"scene_info", &OrderRequest::scene_info},
      {"profitSharing", &OrderRequest::profit_sharing},
      {"profit_sharing", &OrderRequest::profit_sharing},
      {"subOpenId", &OrderRequest::sub_openid},
      {"sub_openid", &OrderRequest::sub_openid},
      {"sub_open_id", &OrderRequest::sub_openid},
  };
  for (const auto& row : rows) {
    CAPTURE(row.key);
    const auto request = app::parse_order_request("{\"" + row.key + "\":\"1.0\"}");
    CHECK(((request.*row.member) == "1.0"));
  }
  for (const auto* key : {"totalFee", "total_fee"}) {
    CHECK((app::parse_order_request("{\""s + key + "\":1000}").total_fee == "1000"));
  }
}

TEST_CASE("a record's values have the type that the field needs") {
  CHECK(holds(json_problem(R"({"totalFee":10.0})"), "total_fee must be a whole number"));
  CHECK(holds(json_problem(R"({"totalFee":1e3})"), "total_fee"));
  CHECK(holds(json_problem(R"({"totalFee":12.9})"), "total_fee"));
  CHECK(holds(json_problem(R"({"totalFee":"1000"})"), "total_fee"));
  CHECK(holds(json_problem(R"({"totalFee":99999999999999999999})"), "total_fee"));
  CHECK(holds(json_problem(R"({"totalFee":true})"), "total_fee"));
  CHECK(holds(json_problem(R"({"amount":10})"), "amount must be a text"));
  CHECK(holds(json_problem(R"({"amount":10.00})"), "amount must be a text"));
  CHECK(holds(json_problem(R"({"outTradeNo":20261123})"), "out_trade_no must be a text"));
  CHECK(holds(json_problem(R"({"body":{"a":1}})"), "body must be a text"));
  CHECK(json_problem(R"({"totalFee":-1})") == "");  // of the right type; the amount is checked later
  CHECK((app::parse_order_request(R"({"profitSharing":true})").profit_sharing == "Y"));
  CHECK((app::parse_order_request(R"({"profitSharing":false})").profit_sharing == "N"));
  CHECK((app::parse_order_request(R"({"detail":{"goods_detail":[ {"price":1} ]}})").detail ==
         R"({"goods_detail":[{"price":1}]})"));
  CHECK((app::parse_order_request(R"({"sceneInfo":{"b":1,"a":2}})").scene_info == R"({"b":1,"a":2})"));
}

TEST_CASE("null is a field that is not given, in either spelling") {
  const auto request = app::parse_order_request(
      R"({"outTradeNo":"T1","openId":null,"openid":"o1","totalFee":null,"amount":"10.00","body":null,)"
      R"("time_expire":null,"profitSharing":null,"detail":null})");
  CHECK((request.openid == "o1"));
  CHECK((request.amount == "10.00"));
  for (const auto& absent :
       {request.total_fee, request.body, request.time_expire, request.profit_sharing, request.detail}) {
    CHECK_FALSE(absent);
  }
  CHECK(holds(json_problem(R"({"remark":null})"), "unknown field \"remark\""));
  CHECK(holds(json_problem(R"({"body":null,"body":"tea"})"), "repeated"));
}

TEST_CASE("a record with an unknown or repeated key is refused") {
  CHECK(holds(json_problem(R"({"outTradeNumber":"T1"})"), "unknown field \"outTradeNumber\""));
  CHECK(holds(json_problem(R"({"key":"secret"})"), "unknown field"));
  CHECK(holds(json_problem(R"({"body":"a","body":"a"})"), "repeated"));
  CHECK(holds(json_problem(R"({"body":"a","\u0062ody":"a"})"), "repeated"));
  CHECK(holds(json_problem(R"({"openId":"a","openid":"a"})"), "more than once"));
  CHECK(holds(json_problem(R"({"totalFee":1,"total_fee":1})"), "more than once"));
  CHECK(holds(json_problem(R"({"clientIp":"::1","spbill_create_ip":"::1"})"), "more than once"));
  const auto error = error_of([] { app::parse_order_request(R"({"totlaFee":1})"); });
  REQUIRE(error);
  CHECK(error->hint() == "did you mean totalFee?");
}

TEST_CASE("what is no JSON object is refused, and its text is not repeated") {
  struct Row {
    std::string what, json, why;
  };
  const Row rows[] = {
      {"nothing", "", "empty"},
      {"blanks", " \n", "empty"},
      {"a byte-order mark", "\xEF\xBB\xBF{\"body\":\"a\"}", "byte-order mark"},
      {"not UTF-8", "{\"body\":\"\xFF\"}", "not UTF-8"},
      {"half a surrogate pair", R"({"body":"\ud800"})", "no valid JSON"},
      {"an array", "[]", "no JSON object"},
      {"a text", "\"oSecret\"", "no JSON object"},
      {"cut off", "{\"openid\":\"oSecret", "no valid JSON"},
      {"two objects", "{\"openid\":\"oSecret\"}{}", "no valid JSON"},
      {"a comment", "{/* */}", "no valid JSON"},
      {"a trailing comma", "{\"body\":\"a\",}", "no valid JSON"},
      {"single quotes", "{'openid':'oSecret'}", "no valid JSON"},
      {"a huge number", "{\"totalFee\":1e999}", "no valid JSON"},
      {"depth", "{\"detail\":" + std::string(100'000, '[') + std::string(100'000, ']') + "}", "nested"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    const auto said = json_problem(row.json);
    CAPTURE(said);
    CHECK(holds(said, row.why));
    CHECK_FALSE(holds(said, "oSecret"));
  }
}

TEST_CASE("a CSV header names each field once, by any of its spellings, and the number and an amount") {
  using Texts = std::vector<std::string>;
  for (const auto& names : {Texts{"outTradeNo", "totalFee"}, Texts{"amount", "body", "out_trade_no"},
                            Texts{"spbill_create_ip", "outTradeNo", "total_fee", "amount"}}) {
    CHECK_NOTHROW(app::OrderColumns{names});
  }
  for (const auto& names :
       {Texts{}, Texts{"outTradeNo"}, Texts{"totalFee"}, Texts{"outTradeNo", "totalFee", "colour"},
        Texts{"outTradeNo", "totalFee", "out_trade_no"}, Texts{"outTradeNo", "totalFee", ""}}) {
    CHECK_THROWS_AS(app::OrderColumns{names}, Error);
  }
}

TEST_CASE(
    "a CSV row fills the fields of its columns; an empty cell gives nothing, a cell too many is refused") {
  const app::OrderColumns columns{{"outTradeNo", "amount", "body"}};
  const auto request = columns.read({"T00001", "10.00", ""});
  CHECK(request.out_trade_no == "T00001");
  CHECK(request.amount == "10.00");
  CHECK_FALSE(request.body.has_value());
  CHECK_THROWS_AS(columns.read({"T00001", "10.00"}), Error);
  CHECK_THROWS_AS(columns.read({"T00001", "10.00", "", ""}), Error);
}

TEST_CASE("an order that was stored with a text for two documents is known by it") {
  auto intent = test::ledger_fixture::intent_of("T20261123000001");
  CHECK(app::ambiguity_of(intent).empty());
  intent.attach = "a=1&b=2";
  CHECK(app::ambiguity_of(intent).empty());
  for (auto* text :
       {&intent.body, &intent.notify_url, &intent.openid, &intent.sub_openid, &intent.attach, &intent.detail,
        &intent.goods_tag, &intent.product_id, &intent.device_info, &intent.limit_pay, &intent.scene_info}) {
    const auto before = std::exchange(*text, "x&out_trade_no=VICTIM0001");
    CHECK(app::ambiguity_of(intent).find(" holds &out_trade_no=") != std::string::npos);
    *text = before;
  }
}

TEST_CASE("a reason of a refund is a text that both APIs take, and holds no field") {
  CHECK(refund_reason_fault("商品已售完").empty());
  CHECK(refund_reason_fault(std::string(80, 'x')).empty());
  CHECK(refund_reason_fault(std::string(81, 'x')) == "is longer than 80 bytes: it has 81");
  CHECK(refund_reason_fault("一二三四五六七八九十一二三四五六七八九十一二三四五六七") ==
        "is longer than 80 bytes: it has 81");
  CHECK_FALSE(refund_reason_fault(" x").empty());
  CHECK_FALSE(refund_reason_fault("a\nb").empty());
  CHECK_FALSE(refund_reason_fault("\xC3").empty());
  CHECK(refund_reason_fault("sorry 🙏") == "holds a character that WeChat Pay does not take, as an emoji");
  RefundIntent intent{.out_trade_no = OutTradeNo::parse("T20261123180001"),
                      .out_refund_no = OutRefundNo::parse("R20261123180001"),
                      .refund_fee = Fen{1},
                      .total_fee = Fen{2},
                      .reason = "size&fit"};
  CHECK(app::ambiguity_of(intent).empty());
  intent.reason = "x&refund_fee=1";
  CHECK(app::ambiguity_of(intent).find("reason") != std::string::npos);
  CHECK(app::ambiguity_of(intent).find("refund_fee") != std::string::npos);
}
