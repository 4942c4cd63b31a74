#include <doctest/doctest.h>

#include <algorithm>

#include "support/raw_server.hpp"
#include "support/replay_case.hpp"
#include "support/v3_signing.hpp"

// replay-notify of API v3: the forms in which notifications are saved, and what is believed of them.
using namespace wxpay::test;

namespace {

using Names = std::vector<std::string>;

/// A notification as WeChat Pay sends it.
struct Message {
  HeaderLines headers;
  std::string body;
};

Json payment_object(const std::string& number) {
  return {
      {"mchid", shop_mch_id},
      {"appid", shop_app_id},
      {"out_trade_no", number},
      {"transaction_id", transaction_of(number)},
      {"trade_type", "JSAPI"},
      {"trade_state", "SUCCESS"},
      {"trade_state_desc", "支付成功"},
      {"bank_type", "OTHERS"},
      {"success_time", "2026-11-23T10:00:00+08:00"},
      {"payer", {{"openid", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"}}},
      {"amount", {{"total", 1000}, {"payer_total", 1000}, {"currency", "CNY"}, {"payer_currency", "CNY"}}}};
}

Message signed_message(std::string body) {
  auto headers = v3_signature(body);
  return {std::move(headers), std::move(body)};
}

Message paid(const std::string& number) {
  return signed_message(v3_envelope("TRANSACTION.SUCCESS", payment_object(number).dump()));
}

Message changed(const std::string& number, const Json& changes) {
  auto object = payment_object(number);
  object.merge_patch(changes);
  return signed_message(v3_envelope("TRANSACTION.SUCCESS", object.dump()));
}

std::string dump(const Message& message, const std::string& line_end = "\n") {
  return v3_dump(message.headers, message.body, line_end);
}

/// With Content-Length, so that others may follow.
std::string sized(Message message, const std::string& line_end = "\n") {
  message.headers.emplace_back("Content-Length", std::to_string(message.body.size()));
  return dump(message, line_end);
}

std::string json_line_of(const Message& message, const Json& body) {
  Json headers = Json::object();
  for (const auto& [name, value] : message.headers) headers[name] = value;
  return Json{{"headers", headers}, {"body", body}}.dump() + "\n";
}

std::string json_line_of(const Message& message) { return json_line_of(message, message.body); }

struct V3Replay : ReplayCase {
  explicit V3Replay(const std::string& more_of_the_profile = {}) {
    shop.configure("http://127.0.0.1:9", more_of_the_profile, api_named("v3"));
  }
};

}  // namespace

TEST_CASE("a notification of API v3 is applied in every form in which it may be saved") {
  struct Row {
    const char* what;
    std::string (*save)(const Message& message);
  };
  const Row rows[] = {
      {"JSON Lines", json_line_of},
      {"a dump", [](const Message& message) { return dump(message); }},
      {"a dump with CRLF", [](const Message& message) { return dump(message, "\r\n"); }},
      {"a dump with a request line",
       [](const Message& message) {
         return "POST /notify/order HTTP/1.1\r\nHost: a\r\n" + dump(message, "\r\n");
       }},
      {"a dump that says its length", [](const Message& message) { return sized(message) + "\n"; }},
      {"headers in lower case",
       [](const Message& given) {
         auto message = given;
         for (auto& header : message.headers) {
           std::transform(header.first.begin(), header.first.end(), header.first.begin(), ::tolower);
         }
         return dump(message);
       }},
      {"headers in upper case, as JSON",
       [](const Message& given) {
         auto message = given;
         for (auto& header : message.headers) {
           std::transform(header.first.begin(), header.first.end(), header.first.begin(), ::toupper);
         }
         return json_line_of(message);
       }},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    const V3Replay at;
    at.order("ORDER-1");
    const auto file = row.save(paid("ORDER-1"));
    auto applied = at.one(file, 0, {"--reply"});
    CHECK(applied["kind"] == "payment");
    CHECK(applied["outTradeNo"] == "ORDER-1");
    CHECK(applied["outcome"] == "APPLIED");
    CHECK(Json::parse(applied["reply"].get<std::string>())["code"] == "SUCCESS");
    CHECK(at.one(file, 0)["outcome"] == "ALREADY_APPLIED");
    auto shown = at.shown("ORDER-1");
    CHECK(shown["state"] == "SUCCESS");
    CHECK(shown["paidAt"] == "2026-11-23T10:00:00+08:00");
    CHECK(shown["transactionId"] == transaction_of("ORDER-1"));
    CHECK(at.check()["ok"] == true);
  }
}

TEST_CASE("one file holds several messages, and a file of each form stands beside the others") {
  const V3Replay at;
  for (int i = 1; i <= 7; ++i) at.order("ORDER-" + std::to_string(i));
  at.shop.write("lines.jsonl", json_line_of(paid("ORDER-1")) + "\n" + json_line_of(paid("ORDER-2")));
  at.shop.write("lf.http", sized(paid("ORDER-3")) + "\n\n" + sized(paid("ORDER-4")));
  at.shop.write("crlf.http", "POST /n HTTP/1.1\r\n" + sized(paid("ORDER-5"), "\r\n") +
                                 "POST /n HTTP/1.1\r\n" + sized(paid("ORDER-6"), "\r\n") +
                                 dump(paid("ORDER-7"), "\r\n"));
  const auto result = at.replay({"lines.jsonl", "lf.http", "crlf.http"});
  CHECK(result.code == 0);
  CHECK(outcomes_of(result.out) == Names(7, "APPLIED"));
  CHECK(json_lines(result.out).back().at("source") == "crlf.http:3");
}

TEST_CASE("notifications of API v2 are taken while the profile has the key of API v2, in the same run") {
  {
    const V3Replay at;
    at.order("ORDER-1");
    auto refused = at.one(payment("ORDER-1"), 5);
    CHECK(refused["outcome"] == "BAD_SIGNATURE");
    CHECK(contains(refused["reason"].get<std::string>(), "no key of API v2"));
  }
  const V3Replay at{"key_file = \"v2.key\"\n"};
  at.shop.write("config/wxpayctl/v2.key", std::string{shop_key} + "\n");
  at.order("ORDER-1");
  at.order("ORDER-2");
  at.shop.write("old.xml", payment("ORDER-1"));
  at.shop.write("new.http", dump(paid("ORDER-2")));
  const auto result = at.replay({"old.xml", "new.http"});
  CAPTURE(result.err);
  CHECK(result.code == 0);
  CHECK(outcomes_of(result.out) == Names{"APPLIED", "APPLIED"});
  auto forged = at.one(replaced(payment("ORDER-1"), "1000", "1"), 5, {"--reply"});
  CHECK(forged["outcome"] == "BAD_SIGNATURE");
}

TEST_CASE("what is not as WeChat Pay signed it is refused with its reason, and nothing is applied") {
  const V3Replay at;
  at.order("ORDER-1");
  const auto good = paid("ORDER-1");
  const auto with = [&good](const std::string& name, const std::string& value) {
    auto message = good;
    for (auto& header : message.headers) {
      if (header.first == name) header.second = value;
    }
    return dump(message);
  };
  const auto without = [&good](const std::string& name) {
    auto message = good;
    std::erase_if(message.headers, [&name](const auto& header) { return header.first == name; });
    return dump(message);
  };
  const auto repeated = [&good](const std::string& name) {
    auto message = good;
    const auto found = std::find_if(message.headers.begin(), message.headers.end(),
                                    [&name](const auto& header) { return header.first == name; });
    const auto again = *found;
    message.headers.push_back(again);
    return message;
  };
  struct Row {
    std::string what;
    std::string file;
    std::string outcome;
    int code;
    std::string reason{};
  };
  std::vector<Row> rows{
      {"one byte of the body", dump({good.headers, replaced(good.body, "支付成功", "支付成攻")}),
       "BAD_SIGNATURE", 5, "does not hold"},
      {"another nonce", with("Wechatpay-Nonce", "c0ffee6fede21b4c539cf16541344b38"), "BAD_SIGNATURE", 5},
      {"another time", with("Wechatpay-Timestamp", "1795428000"), "BAD_SIGNATURE", 5},
      {"another public key", with("Wechatpay-Serial", "PUB_KEY_ID_0119000001082026112300000000000001"),
       "BAD_SIGNATURE", 5, "public_key_id is"},
      {"another algorithm", with("Wechatpay-Signature-Type", "WECHATPAY2-SM2-WITH-SM3"), "BAD_SIGNATURE", 5,
       "unknown algorithm"},
      {"junk in the Base64", with("Wechatpay-Signature", "ab*d"), "BAD_SIGNATURE", 5, "no Base64"},
      {"a body alone", good.body, "BAD_SIGNATURE", 5, "not signed"},
      {"a body that was parsed", json_line_of(good, Json::parse(good.body)), "BAD_SIGNATURE", 5,
       "write it in quotes"},
      {"headers without a body", dump({good.headers, ""}), "MALFORMED", 1},
      {"half a line of JSON", json_line_of(good).substr(0, 200), "MALFORMED", 1},
      {"another merchant", dump(changed("ORDER-1", {{"mchid", "1900000108"}})), "WRONG_MERCHANT", 5},
      {"another amount", dump(changed("ORDER-1", {{"amount", {{"total", 999}}}})), "AMOUNT_MISMATCH", 5},
      {"another currency", dump(changed("ORDER-1", {{"amount", {{"currency", "USD"}}}})), "AMOUNT_MISMATCH",
       5},
      {"an amount as a text", dump(changed("ORDER-1", {{"amount", {{"total", "1000"}}}})), "MALFORMED", 1},
      {"an amount with a fraction", dump(changed("ORDER-1", {{"amount", {{"total", 1000.5}}}})), "MALFORMED",
       1},
      {"an unknown order", dump(paid("ORDER-9")), "UNKNOWN_ORDER", 1},
      {"another APIv3 key",
       dump(signed_message(v3_envelope("TRANSACTION.SUCCESS", payment_object("ORDER-1").dump(),
                                       "ANOTHERapiV3key0123456789ABCDEFG"))),
       "BAD_SIGNATURE", 5, "the APIv3 key is not the one"},
      {"an event never seen", dump(signed_message(v3_envelope("COUPON.USE", R"({"mchid":"1900000109"})"))),
       "IGNORED", 0},
  };
  for (const auto& header : good.headers) {
    if (header.first == "Wechatpay-Signature-Type") continue;
    rows.push_back({"without " + header.first, without(header.first), "BAD_SIGNATURE", 5, "not signed"});
    rows.push_back({header.first + " twice", dump(repeated(header.first)), "BAD_SIGNATURE", 5, "twice"});
  }
  for (const auto& row : rows) {
    CAPTURE(row.what);
    auto result = at.one(row.file, row.code, {"--reply"});
    CHECK(result["outcome"] == row.outcome);
    const auto reason = result["reason"].get<std::string>();
    CAPTURE(reason);
    CHECK(contains(reason, row.reason));
    CHECK(Json::parse(result["reply"].get<std::string>())["code"] == (row.code == 0 ? "SUCCESS" : "FAIL"));
    CHECK(at.shown("ORDER-1")["state"] == "NOTPAY");
  }
  CHECK(at.check()["ok"] == true);
  CHECK(at.one(dump(good), 0)["outcome"] == "APPLIED");
}

TEST_CASE("a signature probe is BAD_SIGNATURE with a note, and the message that comes after it is applied") {
  const V3Replay at;
  at.order("ORDER-1");
  auto probe = paid("ORDER-1");
  for (auto& header : probe.headers) {
    if (header.first == "Wechatpay-Signature") header.second.replace(0, 20, "WECHATPAY/SIGNTEST/w");
  }
  auto noted = at.one(dump(probe), 5, {"--reply"});
  CHECK(noted["outcome"] == "BAD_SIGNATURE");
  CHECK(noted["note"] == "PROBE");
  CHECK(Json::parse(noted["reply"].get<std::string>())["code"] == "FAIL");
  CHECK(at.one(dump(paid("ORDER-1")), 0)["outcome"] == "APPLIED");
}

TEST_CASE("--to sends the body and the Wechatpay headers as they came, and nothing else of the message") {
  const V3Replay at;
  at.order("ORDER-1");
  RawServer back_end{answering({http_answer("", 204)})};
  auto message = paid("ORDER-1");
  message.headers.front().first = "wechatpay-TIMESTAMP";
  message.headers.emplace_back("Cookie", "secret=1");
  const auto result = at.one(dump(message), 0, {"--to", back_end.url("/notify")});
  CHECK(result["forwarded"] == 204);
  REQUIRE(back_end.requests() == 1);
  const auto request = back_end.received().front();
  CHECK(request.starts_with("POST /notify HTTP/1.1\r\n"));
  CHECK(request.ends_with("\r\n\r\n" + message.body));
  CHECK_FALSE(contains(request, "Cookie"));
  CHECK(contains(request, "\r\nContent-Type: application/json\r\n"));
  for (const auto& [name, value] : message.headers) {
    if (name != "Cookie") CHECK(contains(request, "\r\n" + name + ": " + value + "\r\n"));
  }
}
