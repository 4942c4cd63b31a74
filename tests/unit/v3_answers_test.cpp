#include "gateway/v3/answers.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "support/fakes.hpp"
#include "support/ledger_fixture.hpp"
#include "support/signed_answer.hpp"
#include "support/v3_wire.hpp"
#include "support/vectors.hpp"
#include "wxpay/time.hpp"

using namespace wxpay;
using namespace wxpay::test;
using ledger_fixture::intent_of;
using std::chrono::seconds;
using v3::Operation;

namespace {

const auto now = FakeClock{}.now();

const char* word_of(Reaction reaction) {
  switch (reaction) {
    case Reaction::refuse:
      return "refuse";
    case Reaction::repeat:
      return "repeat";
    case Reaction::ask_by_query:
      return "ask";
    case Reaction::slow_down:
      return "slow";
    case Reaction::order_closed:
      return "closed";
    case Reaction::order_unknown:
      return "none";
    case Reaction::wrong_key:
      break;
  }
  return "key";
}

const char* word_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::gateway:
      return "gateway";
    case ErrorKind::untrusted:
      return "untrusted";
    case ErrorKind::network:
      return "network";
    default:
      return "another kind";
  }
}

template <class Outcome>
std::string in_words(const Outcome& outcome) {
  if (const auto* refused = std::get_if<Refused>(&outcome))
    return std::string{word_of(refused->reaction)} + " " + refused->said.code;
  const auto* unknown = std::get_if<Unknown>(&outcome);
  if (unknown == nullptr) return "done";
  return std::string{unknown->repeatable ? "again, " : ""} + word_of(unknown->kind) + " " + unknown->code;
}

MerchantIdentity partner() {
  auto merchant = shop_merchant();
  merchant.sub_mch_id = MerchantId{"1900000209"};
  merchant.sub_app_id = AppId{"wx8888888888888888"};
  return merchant;
}

QueryOutcome query(const HttpResponse& response, const MerchantIdentity& merchant = shop_merchant(),
                   const v3::OrderReference& asked = {"T1", {}}) {
  FixedKeys keys;
  return v3::read_query(response, keys, merchant, asked, now, "WeChat Pay");
}

CreateOutcome create(const HttpResponse& response, const OrderIntent& intent = intent_of("T1")) {
  FixedKeys keys;
  return v3::read_created(response, keys, std::make_shared<OrderIntent>(intent), now, now, "WeChat Pay");
}

CloseOutcome close(const HttpResponse& response) {
  FixedKeys keys;
  return v3::read_closed(response, keys, shop_merchant(), OutTradeNo::parse("T1"), now, "WeChat Pay");
}

std::string words_of(Operation operation, const HttpResponse& response) {
  if (operation == Operation::create) return in_words(create(response));
  if (operation == Operation::query) return in_words(query(response));
  return in_words(close(response));
}

HttpResponse unsigned_answer(int status, const std::string& body) { return {.status = status, .body = body}; }

std::string error_body(const std::string& code) { return R"({"code":")" + code + R"(","message":"原因"})"; }

/// What is paid, with some of it replaced by JSON texts; an empty one takes the member out.
std::string payment_with(const std::string& pointer, const std::string& json) {
  auto payment = nlohmann::ordered_json::parse(v3_payment({}));
  const nlohmann::ordered_json::json_pointer at{pointer};
  if (json.empty()) {
    payment.at(at.parent_pointer()).erase(at.back());
    return payment.dump();
  }
  payment[at] = "@";
  auto text = payment.dump();
  return text.replace(text.find("\"@\""), 3, json);
}

}  // namespace

TEST_CASE(
    "each code is one reaction of each operation, in either spelling and in API v2's where that has it") {
  struct Row {
    int status;
    std::string code;
    std::string name;
    std::string create;
    std::string query;
    std::string close;
  };
  const Row rows[] = {
      {400, "PARAM_ERROR", "PARAM_ERROR", "refuse", "refuse", "refuse"},
      {400, "INVALID_REQUEST", "INVALID_REQUEST", "ask", "refuse", "ask"},
      {401, "SIGN_ERROR", "SIGNERROR", "key", "key", "key"},
      {403, "NO_AUTH", "NOAUTH", "refuse", "refuse", "refuse"},
      {404, "RESOURCE_NOT_EXISTS", "ORDERNOTEXIST", "refuse", "none", "none"},
      {404, "ORDER_NOT_EXIST", "ORDERNOTEXIST", "refuse", "none", "none"},
      {429, "FREQUENCY_LIMITED", "FREQUENCY_LIMITED", "slow", "slow", "slow"},
      {429, "RATELIMIT_EXCEEDED", "FREQUENCY_LIMITED", "slow", "slow", "slow"},
      {500, "SYSTEM_ERROR", "SYSTEMERROR", "again", "again", "again"},
      {503, "SERVICE_UNAVAILABLE", "SERVICE_UNAVAILABLE", "again", "again", "again"},
      {400, "APPID_MCHID_NOT_MATCH", "APPID_MCHID_NOT_MATCH", "refuse", "refuse", "refuse"},
      {400, "MCH_NOT_EXISTS", "MCHID_NOT_EXIST", "refuse", "refuse", "refuse"},
      {400, "ORDER_CLOSED", "ORDERCLOSED", "closed", "closed", "done"},
      {400, "ORDER_PAID", "ORDERPAID", "ask", "ask", "ask"},
      {403, "OUT_TRADE_NO_USED", "OUT_TRADE_NO_USED", "ask", "ask", "ask"},
      {403, "RULE_LIMIT", "RULE_LIMIT", "refuse", "slow", "refuse"},
      {403, "TRADE_ERROR", "TRADE_ERROR", "ask", "ask", "ask"},
      {403, "ACCOUNT_ERROR", "ACCOUNT_ERROR", "refuse", "refuse", "refuse"},
      {403, "REQUEST_BLOCKED", "REQUEST_BLOCKED", "refuse", "refuse", "refuse"},
      {500, "OPENID_MISMATCH", "OPENID_MISMATCH", "refuse", "refuse", "refuse"},
      {500, "INVALID_TRANSACTIONID", "INVALID_TRANSACTIONID", "refuse", "refuse", "refuse"},
      {500, "BANK_ERROR", "BANKERROR", "again", "again", "again"},
      {500, "BIZ_ERR_NEED_RETRY", "BIZERR_NEED_RETRY", "again", "again", "again"},
      {202, "USER_PAYING", "USERPAYING", "ask", "ask", "ask"},
  };
  for (const auto& row : rows) {
    auto without = row.code;
    std::erase(without, '_');
    for (const auto& code : {row.code, without}) {
      CAPTURE(code);
      const auto answer = v3_answer(row.status, error_body(code), now);
      const auto expect = [&row](const std::string& reaction) {
        if (reaction == "again") return "again, gateway " + row.name;
        return reaction == "done" ? reaction : reaction + " " + row.name;
      };
      CHECK(words_of(Operation::create, answer) == expect(row.create));
      CHECK(words_of(Operation::query, answer) == expect(row.query));
      CHECK(words_of(Operation::close, answer) == expect(row.close));
      if (row.status < 400) continue;
      // Of an answer that nobody signed only what says that nothing was done is believed.
      const auto hearsay = unsigned_answer(row.status, error_body(code));
      for (const auto operation : {Operation::create, Operation::query, Operation::close}) {
        const auto& reaction = operation == Operation::create  ? row.create
                               : operation == Operation::query ? row.query
                                                               : row.close;
        const bool as_signed = reaction == "key" || reaction == "slow" || reaction == "again";
        const auto doubt = operation == Operation::query ? "gateway GATEWAY" : "ask " + row.name;
        CHECK(words_of(operation, hearsay) == (as_signed ? expect(reaction) : doubt));
      }
    }
  }
  CHECK(words_of(Operation::create, v3_answer(400, error_body("SOMETHING_NEW"), now)) == "ask SOMETHING_NEW");
  CHECK(words_of(Operation::create, unsigned_answer(429, "")) == "slow FREQUENCY_LIMITED");
}

TEST_CASE("an answer that is no answer of API v3 is not taken for one") {
  const std::string deep = std::string(40, '[') + std::string(40, ']');
  struct Row {
    const char* what;
    HttpResponse response;
    const char* expected;
  };
  const Row rows[] = {
      {"a page of a network that wants a login", unsigned_answer(200, "<html>"), "gateway GATEWAY"},
      {"an answer that is not signed", unsigned_answer(200, "{}"), "untrusted UNTRUSTED"},
      {"the same with 401", unsigned_answer(401, "<html>"), "gateway GATEWAY"},
      {"nothing with 401", unsigned_answer(401, ""), "gateway GATEWAY"},
      {"a redirect", unsigned_answer(302, ""), "gateway GATEWAY"},
      {"an interim status", unsigned_answer(101, ""), "gateway GATEWAY"},
      {"no page", unsigned_answer(404, "<html>"), "gateway GATEWAY"},
      {"a proxy's page", unsigned_answer(502, "<html>502 Bad Gateway</html>"), "again, gateway GATEWAY"},
      {"nothing with 500", unsigned_answer(500, ""), "again, gateway GATEWAY"},
      {"done, not signed", unsigned_answer(204, ""), "untrusted UNTRUSTED"},
      {"taken, not signed", unsigned_answer(202, error_body("USERPAYING")), "untrusted UNTRUSTED"},
      {"HTML that is signed", v3_answer(200, "<html>", now), "gateway GATEWAY"},
      {"200 without a body", v3_answer(200, "", now), "gateway GATEWAY"},
      {"a key twice", v3_answer(200, R"({"mchid":"1900000109","mchid":"1900000109"})", now),
       "gateway GATEWAY"},
      {"an error with a key twice", v3_answer(403, R"({"code":"NO_AUTH","code":"NO_AUTH"})", now),
       "gateway GATEWAY"},
      {"an error that says nothing", v3_answer(400, "{}", now), "gateway GATEWAY"},
      {"a redirect that is signed", v3_answer(302, v3_payment({}), now), "gateway GATEWAY"},
      {"no object", v3_answer(200, "[]", now), "gateway GATEWAY"},
      {"nested too deeply", v3_answer(200, R"({"a":)" + deep + "}", now), "gateway GATEWAY"},
      {"no UTF-8", v3_answer(200, "{\"prepay_id\":\"\xC3\"}", now), "gateway GATEWAY"},
      {"more than one object", v3_answer(200, "{}{}", now), "gateway GATEWAY"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    for (const auto operation : {Operation::create, Operation::query}) {
      CAPTURE(static_cast<int>(operation));
      CHECK(words_of(operation, row.response) == row.expected);
    }
    if (row.response.status != 204) CHECK(words_of(Operation::close, row.response) == row.expected);
  }
}

TEST_CASE("nothing of an answer is believed before its signature holds") {
  const auto good = v3_answer(200, v3_payment({}), now);
  REQUIRE(in_words(query(good)) == "done");
  const auto header_of = [](const HttpResponse& response, const std::string& name) {
    const auto at = response.header_lines.find(name);
    return response.header_lines.substr(at, response.header_lines.find('\n', at) + 1 - at);
  };
  for (const auto* name :
       {"Wechatpay-Timestamp:", "Wechatpay-Nonce:", "Wechatpay-Signature:", "Wechatpay-Serial:"}) {
    CAPTURE(name);
    const auto line = header_of(good, name);
    auto without = good;
    without.header_lines.erase(without.header_lines.find(line), line.size());
    CHECK(in_words(query(without)) == "untrusted UNTRUSTED");
    auto twice = good;
    twice.header_lines += line;
    CHECK(in_words(query(twice)) == "untrusted UNTRUSTED");
    // Neither as an error: one that says it is signed must be.
    twice.status = 404;
    twice.body = error_body("ORDER_NOT_EXIST");
    CHECK(in_words(query(twice)) == "untrusted UNTRUSTED");
  }
  auto lower_case = good;
  for (auto at = lower_case.header_lines.find("Wechatpay"); at != std::string::npos;
       at = lower_case.header_lines.find("Wechatpay")) {
    lower_case.header_lines[at] = 'w';
  }
  CHECK(in_words(query(lower_case)) == "done");
  for (std::size_t i = 0; i < good.body.size(); i += 7) {
    auto changed = good;
    changed.body[i] = static_cast<char>(changed.body[i] ^ 1);
    CHECK(in_words(query(changed)) == "untrusted UNTRUSTED");
  }
  auto other_algorithm = good;
  const auto type = header_of(good, "Wechatpay-Signature-Type:");
  other_algorithm.header_lines.replace(other_algorithm.header_lines.find(type), type.size(),
                                       "Wechatpay-Signature-Type: WECHATPAY2-SM2-WITH-SM3\r\n");
  CHECK(in_words(query(other_algorithm)) == "untrusted UNTRUSTED");
}

TEST_CASE("an answer is signed by a key that is trusted, within five minutes of now") {
  const auto paid = [](std::chrono::sys_seconds at, const SignedBy& by) {
    return query(v3_answer(200, v3_payment({}), at, by));
  };
  CHECK(in_words(paid(now, by_public_key)) == "done");
  CHECK(in_words(paid(now, {"merchant_key.pem", platform_serial})) == "untrusted UNTRUSTED");
  CHECK(in_words(paid(now, {"merchant_key.pem", merchant_serial})) == "untrusted UNTRUSTED");
  CHECK(in_words(paid(now, {"platform_key.pem", public_key_id})) == "untrusted UNTRUSTED");
  CHECK(in_words(paid(now - seconds{299}, {})) == "done");
  CHECK(in_words(paid(now + seconds{299}, {})) == "done");
  for (const auto off : {seconds{300}, seconds{-300}, seconds{3600}, seconds{-3600}}) {
    const auto outcome = paid(now - off, {});
    CHECK(in_words(outcome) == "untrusted UNTRUSTED");
    CHECK(std::get<Unknown>(outcome).message.find("this machine's clock") != std::string::npos);
  }
  // WeChat Pay tries whether signatures are checked, and answers the repeated request properly.
  auto probe = v3_answer(200, v3_payment({}), now);
  const auto at = probe.header_lines.find("Wechatpay-Signature: ") + 21;
  probe.header_lines.replace(at, 19, "WECHATPAY/SIGNTEST/");
  CHECK(in_words(query(probe)) == "again, untrusted UNTRUSTED");
}

TEST_CASE("the answer to a query is about this merchant, this app and this order") {
  struct Row {
    const char* what;
    std::string pointer;
    std::string json;
  };
  const Row rows[] = {{"another merchant", "/mchid", R"("1900000999")"},
                      {"no merchant", "/mchid", ""},
                      {"a merchant that is a number", "/mchid", "1900000109"},
                      {"another app", "/appid", R"("wx0000000000000000")"},
                      {"an app that is no text", "/appid", "7"},
                      {"another order", "/out_trade_no", R"("T2")"},
                      {"an order that is a number", "/out_trade_no", "1"},
                      {"no order", "/out_trade_no", ""}};
  for (const auto& row : rows) {
    CAPTURE(row.what);
    const auto body = payment_with(row.pointer, row.json);
    CHECK(in_words(query(v3_answer(200, body, now))) == "untrusted UNTRUSTED");
  }
  const auto good = v3_answer(200, v3_payment({}), now);
  CHECK(in_words(query(good, shop_merchant(), {{}, "4200000001202611230000000001"})) == "done");
  CHECK(in_words(query(good, shop_merchant(), {{}, "4200000001202611230000000002"})) ==
        "untrusted UNTRUSTED");
  CHECK(in_words(query(good, partner())) == "untrusted UNTRUSTED");
  // An app may be left out.
  CHECK(in_words(query(v3_answer(200, payment_with("/appid", ""), now))) == "done");
}

TEST_CASE("amounts are whole numbers of fen, and a payment says what it must") {
  struct Row {
    const char* what;
    std::string pointer;
    std::string json;
  };
  const Row rows[] = {{"text", "/amount/total", R"("1000")"},
                      {"a fraction", "/amount/total", "1000.0"},
                      {"an exponent", "/amount/total", "1e3"},
                      {"negative", "/amount/total", "-1000"},
                      {"past 64 bits", "/amount/total", "18446744073709552616"},
                      {"past ten digits", "/amount/total", "10000000000"},
                      {"null", "/amount/total", "null"},
                      {"a list", "/amount/total", "[1000]"},
                      {"missing", "/amount/total", ""},
                      {"no amount", "/amount", ""},
                      {"an amount that is a number", "/amount", "1000"},
                      {"a currency that is a number", "/amount/currency", "156"},
                      {"no transaction_id", "/transaction_id", ""},
                      {"a transaction_id that is a number", "/transaction_id", "4200000001"},
                      {"a transaction_id of two lines", "/transaction_id", R"("42\n00")"},
                      {"a time that is none", "/success_time", R"("yesterday")"},
                      {"a time that is a number", "/success_time", "1795420800"},
                      {"no trade_state", "/trade_state", ""},
                      {"a trade_state that is not known", "/trade_state", R"("SETTLED")"},
                      {"a state of the ledger alone", "/trade_state", R"("FAILED")"}};
  for (const auto& row : rows) {
    CAPTURE(row.what);
    const auto body = payment_with(row.pointer, row.json);
    CHECK(in_words(query(v3_answer(200, body, now))) == "gateway GATEWAY");
  }
  for (const auto* time :
       {R"("2026-11-23T10:00:00+08:00")", R"("2026-11-23T02:00:00Z")", R"("2026-11-23T02:00:00.123Z")"}) {
    const auto outcome = query(v3_answer(200, payment_with("/success_time", time), now));
    REQUIRE(in_words(outcome) == "done");
    const auto& evidence = std::get<QueryAnswer>(outcome).evidence;
    CHECK((evidence.time_end == parse_rfc3339("2026-11-23T10:00:00+08:00")));
    CHECK((evidence.total_fee == Fen{1000}));
    CHECK(evidence.fee_type == "CNY");
  }
}

TEST_CASE("in service-provider mode an answer names provider and sub-merchant") {
  const auto body = [](const char* provider, const char* sub_merchant, const char* sub_app) {
    nlohmann::ordered_json message{{"sp_appid", "wxd678efh567hg6787"},
                                   {"sp_mchid", provider},
                                   {"out_trade_no", "T1"},
                                   {"trade_state", "NOTPAY"},
                                   {"trade_state_desc", "未支付"}};
    if (*sub_merchant != '\0') message["sub_mchid"] = sub_merchant;
    if (*sub_app != '\0') message["sub_appid"] = sub_app;
    return v3_answer(200, message.dump(), now);
  };
  const auto ask = [](const HttpResponse& response) { return in_words(query(response, partner())); };
  CHECK(ask(body("1900000109", "1900000209", "wx8888888888888888")) == "done");
  CHECK(ask(body("1900000109", "1900000209", "")) == "done");
  CHECK(ask(body("1900000109", "1900000208", "")) == "untrusted UNTRUSTED");
  CHECK(ask(body("1900000109", "", "")) == "untrusted UNTRUSTED");
  CHECK(ask(body("1900000108", "1900000209", "")) == "untrusted UNTRUSTED");
  CHECK(ask(body("1900000109", "1900000209", "wx9999999999999999")) == "untrusted UNTRUSTED");
  // The provider's own orders are of another profile.
  CHECK(in_words(query(body("1900000109", "1900000209", ""))) == "untrusted UNTRUSTED");
}

TEST_CASE("a creation gives what the order is paid with, and is no answer without it") {
  auto intent = intent_of("T1");
  const auto answer = [&intent](TradeType type, const std::string& body) {
    intent.trade_type = type;
    return create(v3_answer(200, body, now), intent);
  };
  const auto jsapi = answer(TradeType::jsapi, R"({"prepay_id":"wx26112209580621e9b071c00d9e093b0000"})");
  REQUIRE(in_words(jsapi) == "done");
  const auto& prepay = *std::get<Created>(jsapi).evidence.prepay;
  CHECK((prepay.scheme == PayScheme::rsa));
  CHECK((prepay.expires_at == now + std::chrono::hours{2}));
  const auto native = answer(TradeType::native, R"({"code_url":"weixin://wxpay/bizpayurl?pr=p4lpSuKzz"})");
  CHECK(std::get<Created>(native).evidence.prepay->code_url == "weixin://wxpay/bizpayurl?pr=p4lpSuKzz");
  const auto h5 =
      answer(TradeType::mweb, R"({"h5_url":"https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb"})");
  CHECK((std::get<Created>(h5).evidence.prepay->expires_at == now + std::chrono::minutes{5}));
  const std::string long_id(65, 'x');
  CHECK(in_words(answer(TradeType::app, "{}")) == "gateway GATEWAY");
  CHECK(in_words(answer(TradeType::jsapi, R"({"prepay_id":")" + long_id + "\"}")) == "gateway GATEWAY");
  CHECK(in_words(answer(TradeType::jsapi, R"({"prepay_id":7})")) == "gateway GATEWAY");
  CHECK(in_words(answer(TradeType::jsapi, R"({"prepay_id":"wx1\u001b[2J"})")) == "gateway GATEWAY");
  CHECK(in_words(answer(TradeType::native, R"({"prepay_id":"wx1"})")) == "gateway GATEWAY");
  // The answer to a query of this order is none to its creation.
  CHECK(in_words(answer(TradeType::jsapi, v3_payment({}))) == "gateway GATEWAY");
  CHECK(in_words(create(v3_answer(204, "", now))) == "gateway GATEWAY");
}

TEST_CASE("a closing is done by a signed answer that says nothing else") {
  CHECK(in_words(close(v3_answer(204, "", now))) == "done");
  CHECK(in_words(close(v3_answer(204, v3_payment({}), now))) == "untrusted UNTRUSTED");
  CHECK(in_words(close(v3_answer(200, v3_payment({}), now))) == "untrusted UNTRUSTED");
  CHECK(in_words(close(unsigned_answer(204, ""))) == "untrusted UNTRUSTED");
  CHECK(in_words(close(unsigned_answer(400, error_body("ORDER_CLOSED")))) == "ask ORDERCLOSED");
}

TEST_CASE("an error's words name the parameter at fault, whoever wrote the body") {
  for (const auto& vector : v3_vectors("error_bodies")) {
    const auto id = vector.at("id").get<std::string>();
    CAPTURE(id);
    const auto outcome = create(
        v3_answer(vector.at("http_status").get<int>(), vector.at("body_utf8").get<std::string>(), now));
    const auto* refused = std::get_if<Refused>(&outcome);
    REQUIRE((refused != nullptr) == !vector.at("expect_code").get<std::string>().empty());
    if (id == "param-error-with-detail")
      CHECK(refused->said.text == "参数错误 (/amount/currency: Currency code is invalid)");
    if (id == "sign-error-nested-detail")
      CHECK(refused->said.text == "错误的签名，验签失败 (signature: sign not match)");
  }
}
