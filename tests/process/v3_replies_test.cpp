#include <doctest/doctest.h>

#include <algorithm>
#include <functional>

#include "support/v3_scripted_gateway.hpp"

// Answers of API v3 over real sockets that are not to be believed, or cannot be used.
using namespace wxpay::test;
using namespace std::chrono_literals;

namespace {

using Change = V3ScriptedGateway::Change;

/// Takes a header out, gives it another value, or has it twice.
V3Reply without(V3Reply reply, const std::string& name) {
  std::erase_if(reply.headers, [&name](const auto& header) { return header.first == name; });
  return reply;
}
V3Reply with(V3Reply reply, const std::string& name, const std::string& value) {
  reply = without(std::move(reply), name);
  reply.headers.emplace_back(name, value);
  return reply;
}
V3Reply twice(V3Reply reply, const std::string& name) {
  const auto found = std::find_if(reply.headers.begin(), reply.headers.end(),
                                  [&name](const auto& header) { return header.first == name; });
  const auto again = *found;
  reply.headers.push_back(again);
  return reply;
}

/// The same body, signed otherwise.
V3Reply signed_otherwise(const V3Reply& right, std::chrono::seconds ago, const std::string& key = {}) {
  return {right.status, right.body,
          key.empty() ? v3_signature(right.body, ago) : v3_signature(right.body, ago, key)};
}

std::string repeated(const std::string& text, int count) {
  std::string all;
  for (int i = 0; i < count; ++i) all += text;
  return all;
}

/// What a query is answered with one member replaced by a JSON text.
std::string paid_with(const std::string& number, const std::string& pointer, const std::string& json) {
  auto object = v3_paid(number);
  object[Json::json_pointer{pointer}] = "@";
  auto text = object.dump();
  return text.replace(text.find("\"@\""), 3, json);
}

}  // namespace

TEST_CASE("an answer of API v3 whose signature does not hold is not believed: exit 5") {
  struct Row {
    std::string what;
    Change change;
  };
  std::vector<Row> rows{
      {"no headers at all",
       [](auto& right) {
         return V3Reply{right.status, right.body};
       }},
      {"another key", [](auto& right) { return signed_otherwise(right, 0s, "merchant_key.pem"); }},
      {"a platform certificate's key under the public key's id",
       [](auto& right) { return signed_otherwise(right, 0s, "platform_key.pem"); }},
      {"six minutes old", [](auto& right) { return signed_otherwise(right, 6min); }},
      {"six minutes ahead", [](auto& right) { return signed_otherwise(right, -6min); }},
      {"a byte more",
       [](auto& right) {
         return V3Reply{200, right.body + " ", right.headers};
       }},
      {"another byte",
       [](auto right) {
         if (right.body.empty()) right = V3Reply{200, "{}", right.headers};
         right.body[right.body.size() / 2] = static_cast<char>(right.body[right.body.size() / 2] ^ 1);
         return right;
       }},
      {"an empty signature", [](auto& right) { return with(right, "Wechatpay-Signature", ""); }},
      {"no Base64", [](auto& right) { return with(right, "Wechatpay-Signature", "ab*d"); }},
      {"a short signature", [](auto& right) { return with(right, "Wechatpay-Signature", "c2hvcnQ="); }},
      {"another algorithm",
       [](auto& right) { return with(right, "Wechatpay-Signature-Type", "WECHATPAY2-SM2-WITH-SM3"); }},
      {"another public key's id",
       [](auto& right) {
         return with(right, "Wechatpay-Serial", "PUB_KEY_ID_0119000001092026112300000000000002");
       }},
      {"a serial number that is none",
       [](auto& right) { return with(right, "Wechatpay-Serial", "5157f09e'; --"); }},
      {"a time that is none", [](auto& right) { return with(right, "Wechatpay-Timestamp", "yesterday"); }},
      {"a probe",
       [](auto& right) { return with(right, "Wechatpay-Signature", "WECHATPAY/SIGNTEST/c29tZXRoaW5n"); }},
  };
  for (const std::string name :
       {"Wechatpay-Timestamp", "Wechatpay-Nonce", "Wechatpay-Signature", "Wechatpay-Serial"}) {
    rows.push_back({"without " + name, [name](auto& right) { return without(right, name); }});
    rows.push_back({name + " twice", [name](auto& right) { return twice(right, name); }});
  }
  V3Case at;
  for (const auto& row : rows) {
    CAPTURE(row.what);
    at.gateway.change(row.change);
    check_not_believed(at, 5, "UNTRUSTED");
  }
  CHECK(at.gateway.fetches() == 0);
  at.check_unspoilt();
}

TEST_CASE("a serial number that stays unknown makes one fetch of certificates a run: exit 5") {
  V3Case at;
  at.gateway.change([](auto& right) {
    return with(right, "Wechatpay-Serial", "7A1B5E09B5F3D1A2C3D4E5F60718293A4B5C6D7E");
  });
  check_not_believed(at, 5, "UNTRUSTED");
  CHECK(at.gateway.fetches() == 3);
  at.shop.write("batch", "outTradeNo,openid,totalFee\nBATCH-1,o1,1000\nBATCH-2,o1,1000\nBATCH-3,o1,1000\n");
  CHECK(at.shop.run({"create-order", "--batch", "batch", "--json", "--timeout", "5"}).code == 5);
  CHECK(at.gateway.fetches() == 4);
  CHECK(at.shown("BATCH-3") == "CREATING");
  at.check_unspoilt();
}

TEST_CASE("an answer of API v3 that is signed and is none cannot be used: exit 4") {
  struct Row {
    std::string what;
    int status;
    std::string body;
  };
  const Row rows[] = {
      {"HTML", 200, "<!DOCTYPE html><html><body>Welcome</body></html>"},
      {"blank", 200, " \r\n "},
      {"empty", 200, ""},
      {"an array", 200, "[]"},
      {"a key twice", 200, R"({"mchid":"1900000109","mchid":"1900000109"})"},
      {"a key twice further in", 200, R"({"amount":{"total":1000,"total":1}})"},
      {"nested 10,000 times", 200, R"({"a":)" + repeated("[", 10'000) + repeated("]", 10'000) + "}"},
      {"nested and never closed", 200, repeated(R"({"a":)", 10'000)},
      {"no UTF-8", 200, "{\"out_trade_no\":\"\xb3\xc9\xb9\xa6\"}"},
      {"UTF-16", 200, std::string{"\xff\xfe{\0}\0", 6}},
      {"NUL", 200, std::string{"{}\0", 3}},
      {"two objects", 200, "{}{}"},
      {"half an object", 200, R"({"out_trade_no":"OPEN-1",)"},
      {"a redirect", 302, ""},
      {"a redirect with a body", 307, R"({"prepay_id":"wx1"})"},
      {"an error that says nothing", 400, "{}"},
      {"an error in HTML", 403, "<html>Forbidden</html>"},
  };
  V3Case at;
  for (const auto& row : rows) {
    CAPTURE(row.what);
    at.gateway.change([&row](auto&) { return V3Reply{row.status, row.body}.signed_now(); });
    check_not_believed(at, 4, "GATEWAY");
  }
  at.check_unspoilt();
}

TEST_CASE("an error that nobody signed proves nothing of an order: exit 4") {
  struct Row {
    int status;
    std::string code;
  };
  const Row rows[] = {{404, "ORDER_NOT_EXIST"}, {404, "RESOURCE_NOT_EXISTS"}, {400, "ORDER_CLOSED"},
                      {400, "ORDER_PAID"},      {400, "PARAM_ERROR"},         {403, "NO_AUTH"}};
  V3Case at;
  for (const auto& row : rows) {
    CAPTURE(row.code);
    at.gateway.change([&row](auto&) { return v3_error(row.status, row.code); });
    check_not_believed(at, 4, "GATEWAY");
  }
  for (const int status : {400, 401, 403, 404, 502}) {
    CAPTURE(status);
    at.gateway.change([status](auto&) { return V3Reply{status, "<html>a proxy's page</html>"}; });
    check_not_believed(at, 4, "GATEWAY");
  }
  at.check_unspoilt();
}

TEST_CASE("a success that nobody signed is not believed, whatever its status: exit 5") {
  V3Case at;
  for (const int status : {200, 202, 204}) {
    CAPTURE(status);
    at.gateway.change([status](auto& right) { return V3Reply{status, status == 204 ? "" : right.body}; });
    check_not_believed(at, 5, "UNTRUSTED");
  }
  at.check_unspoilt();
}

TEST_CASE("a payment of another merchant, app or order is not believed: exit 5") {
  struct Row {
    std::string pointer;
    std::string json;
  };
  const Row rows[] = {
      {"/mchid", R"("1900000108")"},         {"/mchid", "1900000109"}, {"/mchid", R"("")"},
      {"/appid", R"("wx8888888888888887")"}, {"/appid", "7"},          {"/out_trade_no", R"("OPEN-2")"},
      {"/out_trade_no", R"("open-1")"}};
  V3Case at;
  for (const auto& row : rows) {
    CAPTURE(row.pointer + row.json);
    at.gateway.change([&row](auto&) {
      return V3Reply{200, paid_with("OPEN-1", row.pointer, row.json)}.signed_now();
    });
    const auto before = at.head();
    const auto asked = at.shop.run({"query", "OPEN-1", "--json"});
    CHECK(asked.code == 5);
    CHECK(json_line(asked.err)["error"]["code"] == "UNTRUSTED");
    CHECK(at.head() == before);
    // Neither is it an answer to a closing.
    CHECK(json_line(at.shop.run({"close", "OPEN-1", "--json"}).out)["ledgerState"] == "NOTPAY");
  }
  at.check_unspoilt();
}

TEST_CASE("a payment of another amount or currency is shown and not applied: exit 5") {
  V3Case at;
  for (const auto& changed : {std::pair{"/amount/total", "1001"}, std::pair{"/amount/total", "1"},
                              std::pair{"/amount/total", "0"}, std::pair{"/amount/currency", R"("USD")"}}) {
    CAPTURE(changed.second);
    const auto body = paid_with("OPEN-1", changed.first, changed.second);
    at.gateway.change([&body](auto&) { return V3Reply{200, body}.signed_now(); });
    const auto before = at.head();
    const auto asked = at.shop.run({"query", "OPEN-1", "--json"});
    CHECK(asked.code == 5);
    auto result = json_line(asked.out);
    CHECK(result["reason"] == "AMOUNT_MISMATCH");
    CHECK(result["ledgerState"] == "NOTPAY");
    CHECK(at.head() == before);
  }
  at.check_unspoilt();
}

TEST_CASE("a payment whose amounts, times or numbers are none cannot be used: exit 4") {
  const std::pair<const char*, const char*> rows[] = {
      {"/amount/total", R"("1000")"},
      {"/amount/total", "1000.0"},
      {"/amount/total", "1e3"},
      {"/amount/total", "-1000"},
      {"/amount/total", "18446744073709552616"},
      {"/amount/total", "99999999999999999999999"},
      {"/amount/total", "null"},
      {"/amount/total", "[1000]"},
      {"/amount", "1000"},
      {"/amount/currency", "156"},
      {"/transaction_id", "4200000001"},
      {"/transaction_id", "null"},
      {"/transaction_id", R"("121775250120140703323336801812345")"},
      {"/success_time", R"("yesterday")"},
      {"/success_time", "1795420800"},
      {"/trade_state", R"("PAID")"},
      {"/trade_state", "null"},
  };
  V3Case at;
  for (const auto& changed : rows) {
    CAPTURE(changed.first);
    CAPTURE(changed.second);
    const auto body = paid_with("OPEN-1", changed.first, changed.second);
    at.gateway.change([&body](auto&) { return V3Reply{200, body}.signed_now(); });
    const auto before = at.head();
    const auto asked = at.shop.run({"query", "OPEN-1", "--json"});
    CHECK(asked.code == 4);
    CHECK(asked.out.empty());
    CHECK(json_line(asked.err)["error"]["code"] == "GATEWAY");
    CHECK(at.head() == before);
  }
  at.check_unspoilt();
}

TEST_CASE("a creation without a usable prepay_id is not accepted: exit 4") {
  V3Case at;
  const std::string bodies[] = {"{}",
                                R"({"prepay_id":""})",
                                R"({"prepay_id":7})",
                                R"({"prepay_id":null})",
                                R"({"prepay_id":")" + std::string(65, 'x') + "\"}",
                                R"({"prepay_id":"wx1\u001b[2J"})",
                                v3_paid("NEW-01").dump()};
  for (const auto& body : bodies) {
    CAPTURE(body);
    at.gateway.change([&body](auto&) { return V3Reply{200, body}.signed_now(); });
    auto order = json_line(at.shop.run(create("NEW-01", {"--json"})).out);
    CHECK(order["resultCode"] == "UNKNOWN");
    CHECK(order["ledgerState"] == "CREATING");
  }
}
