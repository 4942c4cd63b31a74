#include <doctest/doctest.h>

#include <functional>

#include "support/scripted_gateway.hpp"
#include "support/v2_wire.hpp"

using namespace wxpay::test;

namespace {

std::string right_document(const std::string& request) {
  return v2_signed_xml(right_answer(request), shop_key);
}

constexpr long most_memory_kib = 64L * 1024;

/// A shop with one open order, OPEN-1, at a gateway of whose answers the test decides.
struct Case {
  explicit Case(const std::string& more_of_the_profile = {}) {
    shop.configure(gateway.server().url(""), more_of_the_profile);
  }
  void open_order() const { REQUIRE(shop.run(create("OPEN-1")).code == 0); }
  std::string head() const { return json_line(shop.run({"ledger", "check", "--json"}).out).dump(); }
  std::string shown(const std::string& number) const {
    return json_line(shop.run({"orders", "show", number, "--json"}).out).at("state");
  }

  ScriptedGateway gateway;
  Shop shop;
};

/// query gets no further than an error of this code, create-order no further than CREATING.
void check_both(const Case& at, int code, const std::string& error_code) {
  const auto before = at.head();
  const auto asked = at.shop.run({"query", "OPEN-1", "--json", "--timeout", "2"});
  CAPTURE(asked.out);
  CAPTURE(asked.err);
  CHECK(asked.code == code);
  CHECK(asked.out.empty());
  CHECK(json_line(asked.err)["error"]["code"] == error_code);
  CHECK(at.head() == before);
  CHECK(at.shown("OPEN-1") == "NOTPAY");

  static int number = 0;
  const auto fresh = "FRESH-" + std::to_string(++number);
  const auto created = at.shop.run(create(fresh, {"--json", "--timeout", "2"}));
  CHECK(created.code == code);
  CHECK(created.err.empty());
  auto order = json_line(created.out);
  CHECK(order["resultCode"] == "UNKNOWN");
  CHECK(order["errCode"] == error_code);
  CHECK(order["ledgerState"] == "CREATING");
  CHECK(at.shown(fresh) == "CREATING");
  if (measures_memory) {
    CHECK(asked.peak_rss_kib < most_memory_kib);
    CHECK(created.peak_rss_kib < most_memory_kib);
  }
}

std::string replaced(std::string text, const std::string& part, const std::string& by) {
  const auto at = text.find(part);
  REQUIRE(at != std::string::npos);
  return text.replace(at, part.size(), by);
}

std::string repeated(const std::string& text, int count) {
  std::string all;
  for (int i = 0; i < count; ++i) all += text;
  return all;
}

constexpr const char* entity_bomb =
    R"(<!DOCTYPE xml [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">)"
    R"(<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;">)"
    R"(<!ENTITY e "&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;"><!ENTITY f "&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;">]>)";

}  // namespace

TEST_CASE("an answer whose document is not one plain, flat, UTF-8 <xml> is no answer: exit 4") {
  struct Row {
    std::string name;
    std::function<std::string(const std::string& document)> spoil;
  };
  const Row rows[] = {
      {"DTD", [](auto& d) { return R"(<!DOCTYPE xml [<!ELEMENT xml ANY>]>)" + d; }},
      {"entity bomb",
       [](auto& d) { return entity_bomb + replaced(d, "</xml>", "<attach>&f;</attach></xml>"); }},
      {"external entity",
       [](auto& d) {
         return R"(<!DOCTYPE xml [<!ENTITY x SYSTEM "file:///etc/passwd">]>)" +
                replaced(d, "</xml>", "<attach>&x;</attach></xml>");
       }},
      {"10,000 nested elements",
       [](auto& d) {
         return replaced(d, "</xml>", repeated("<a>", 10'000) + repeated("</a>", 10'000) + "</xml>");
       }},
      {"10,000 nested elements that are never closed", [](auto&) { return repeated("<a>", 10'000); }},
      {"an element twice",
       [](auto& d) { return replaced(d, "</xml>", "<nonce_str>IITRi8Ia</nonce_str></xml>"); }},
      {"an element twice with another value",
       [](auto& d) { return replaced(d, "<xml>", "<xml><return_msg>NO</return_msg>"); }},
      {"text after the root", [](auto& d) { return d + "more"; }},
      {"an element after the root", [](auto& d) { return d + "<xml></xml>"; }},
      {"text before the root", [](auto& d) { return "more" + d; }},
      {"GBK", [](auto& d) { return replaced(d, "[OK]", "[\xb3\xc9\xb9\xa6]"); }},
      {"UTF-16",
       [](auto&) {
         return std::string{"\xff\xfe<\0x\0m\0l\0>\0", 12};
       }},
      {"empty", [](auto&) { return std::string{}; }},
      {"blank", [](auto&) { return std::string{" \r\n "}; }},
      {"HTML", [](auto&) { return "<!DOCTYPE html><html><body><h1>Welcome</h1></body></html>"; }},
      {"HTML that is XML", [](auto&) { return "<html><body><p>Please sign in</p></body></html>"; }},
      {"JSON", [](auto&) { return R"({"return_code":"SUCCESS"})"; }},
      {"half a document", [](auto& d) { return d.substr(0, d.size() / 2); }},
      {"NUL", [](auto& d) { return d + std::string(1, '\0'); }},
      {"an element within an element",
       [](auto& d) { return replaced(d, "</xml>", "<attach><b>1</b></attach></xml>"); }},
  };
  Case at;
  at.open_order();
  for (const auto& row : rows) {
    CAPTURE(row.name);
    at.gateway.spoil([&](Peer& peer, const std::string& request) {
      peer.send(http_answer(row.spoil(right_document(request))));
    });
    check_both(at, 4, "GATEWAY");
  }
  // None of them spoilt anything: the right answer settles the order.
  at.gateway.spoil({});
  auto settled = json_line(at.shop.run({"query", "OPEN-1", "--json"}).out);
  CHECK(settled["resultMsg"] == "UPDATE_SUCCESS");
  CHECK(settled["ledgerState"] == "SUCCESS");
}

TEST_CASE("an entity in an answer is not fetched from anywhere") {
  RawServer elsewhere{answering({http_answer("stolen")})};
  Case at;
  at.open_order();
  at.gateway.spoil([&](Peer& peer, const std::string& request) {
    peer.send(http_answer("<!DOCTYPE xml [<!ENTITY x SYSTEM \"" + elsewhere.url() + "\">]>" +
                          replaced(right_document(request), "</xml>", "<attach>&x;</attach></xml>")));
  });
  check_both(at, 4, "GATEWAY");
  CHECK(elsewhere.connections() == 0);
}

TEST_CASE("an answer that is not signed as configured is not believed: exit 5") {
  struct Row {
    std::string name;
    std::function<std::string(const WireFields& answer)> document;
  };
  const Row rows[] = {
      {"no sign", [](auto& a) { return v2_xml(a); }},
      {"empty sign",
       [](auto a) {
         a["sign"] = "";
         return v2_xml(a);
       }},
      {"sign in lower case",
       [](auto a) {
         for (const char c : v2_sign(a, shop_key)) a["sign"] += static_cast<char>(std::tolower(c));
         return v2_xml(a);
       }},
      {"another key", [](auto& a) { return v2_signed_xml(a, "Another7heticKey0123456789abcdef"); }},
      {"an element added after signing",
       [](auto& a) { return replaced(v2_signed_xml(a, shop_key), "</xml>", "<attach>x</attach></xml>"); }},
      {"a value changed after signing",
       [](auto& a) { return replaced(v2_signed_xml(a, shop_key), "IITRi8Ia", "IITRi8Ib"); }},
      {"HMAC-SHA256 where MD5 is configured",
       [](auto& a) { return v2_signed_xml(a, shop_key, "HMAC-SHA256"); }},
      {"a sign_type that is not the configured one",
       [](auto a) {
         a["sign_type"] = "HMAC-SHA256";
         return v2_signed_xml(a, shop_key, "MD5");
       }},
  };
  Case at;
  at.open_order();
  for (const auto& row : rows) {
    CAPTURE(row.name);
    at.gateway.spoil([&](Peer& peer, const std::string& request) {
      peer.send(http_answer(row.document(right_answer(request))));
    });
    check_both(at, 5, "UNTRUSTED");
  }
}

TEST_CASE("an MD5 signature is not believed where HMAC-SHA256 is configured: exit 5") {
  Case at{"sign_type = \"HMAC-SHA256\"\n"};
  at.gateway.spoil([](Peer& peer, const std::string& request) {
    peer.send(http_answer(v2_signed_xml(right_answer(request), shop_key, "HMAC-SHA256")));
  });
  at.open_order();
  at.gateway.spoil([](Peer& peer, const std::string& request) {
    peer.send(http_answer(v2_signed_xml(right_answer(request), shop_key, "MD5")));
  });
  check_both(at, 5, "UNTRUSTED");
}

TEST_CASE("a rightly signed answer about another merchant or app is not believed: exit 5") {
  const std::pair<std::string, std::string> changes[] = {
      {"mch_id", "1900000108"},     {"appid", "wx8888888888888887"},    {"mch_id", ""}, {"appid", ""},
      {"sub_mch_id", "1900000110"}, {"sub_appid", "wx8888888888888887"}};
  Case at;
  at.open_order();
  for (const auto& change : changes) {
    CAPTURE(change.first);
    at.gateway.spoil([&](Peer& peer, const std::string& request) {
      auto answer = right_answer(request);
      answer[change.first] = change.second;
      peer.send(http_answer(v2_signed_xml(answer, shop_key)));
    });
    check_both(at, 5, "UNTRUSTED");
  }
}

TEST_CASE("a rightly signed answer about another order is not believed: exit 5") {
  Case at;
  at.open_order();
  at.gateway.spoil([](Peer& peer, const std::string& request) {
    auto answer = right_answer(request);
    answer["out_trade_no"] = "OPEN-2";
    peer.send(http_answer(v2_signed_xml(answer, shop_key)));
  });
  check_both(at, 5, "UNTRUSTED");

  const auto before = at.head();
  at.gateway.spoil([](Peer& peer, const std::string& request) {
    auto answer = right_answer(request);
    answer["out_trade_no"] = "OPEN-1";
    peer.send(http_answer(v2_signed_xml(answer, shop_key)));
  });
  const auto other = at.shop.run({"query", "--transaction-id", "1217752501201407033233368019", "--json"});
  CHECK(other.code == 5);
  CHECK(json_line(other.err)["error"]["code"] == "UNTRUSTED");
  CHECK(at.head() == before);
}

TEST_CASE("a payment of another amount is shown and not applied: exit 5") {
  Case at;
  at.open_order();
  const std::pair<std::string, std::string> changes[] = {
      {"total_fee", "1001"}, {"total_fee", "1"}, {"total_fee", "0"}, {"fee_type", "USD"}};
  for (const auto& change : changes) {
    CAPTURE(change.second);
    at.gateway.spoil([&](Peer& peer, const std::string& request) {
      auto answer = right_answer(request);
      answer[change.first] = change.second;
      peer.send(http_answer(v2_signed_xml(answer, shop_key)));
    });
    const auto before = at.head();
    const auto asked = at.shop.run({"query", "OPEN-1", "--json"});
    CHECK(asked.code == 5);
    CHECK(asked.err.empty());
    auto result = json_line(asked.out);
    CHECK(result["resultMsg"] == "UNABLE_TO_UPDATE");
    CHECK(result["reason"] == "AMOUNT_MISMATCH");
    CHECK(result["ledgerState"] == "NOTPAY");
    CHECK(at.head() == before);
  }
}

TEST_CASE("a rightly signed answer that cannot be used is exit 4") {
  struct Row {
    std::string name;
    std::string value;
  };
  const Row rows[] = {
      {"total_fee", "+1000"},
      {"total_fee", "-1000"},
      {"total_fee", "1000.00"},
      {"total_fee", "10.5"},
      {"total_fee", "1e3"},
      {"total_fee", "１０００"},
      {"total_fee", "99999999999999999999"},
      {"total_fee", ""},
      {"transaction_id", ""},
      {"transaction_id", "121775250120140703323336801812345"},
      {"time_end", "yesterday"},
      {"trade_state", "PAID"},
      {"trade_state", ""},
      {"result_code", ""},
      {"result_code", "MAYBE"},
      {"return_code", ""},
  };
  Case at;
  at.open_order();
  for (const auto& row : rows) {
    CAPTURE(row.name);
    CAPTURE(row.value);
    at.gateway.spoil([&](Peer& peer, const std::string& request) {
      auto answer = right_answer(request);
      answer[row.name] = row.value;
      peer.send(http_answer(v2_signed_xml(answer, shop_key)));
    });
    const auto before = at.head();
    const auto asked = at.shop.run({"query", "OPEN-1", "--json"});
    CHECK(asked.code == 4);
    CHECK(asked.out.empty());
    CHECK(json_line(asked.err)["error"]["code"] == "GATEWAY");
    CHECK(at.head() == before);
  }
  for (const auto& prepay_id : {std::string{}, std::string(65, 'x')}) {
    at.gateway.spoil([&](Peer& peer, const std::string& request) {
      auto answer = right_answer(request);
      answer["prepay_id"] = prepay_id;
      peer.send(http_answer(v2_signed_xml(answer, shop_key)));
    });
    const auto created = at.shop.run(create("NO-PREPAY", {"--json"}));
    CHECK(created.code == 4);
    CHECK(json_line(created.out)["ledgerState"] == "CREATING");
  }
}

TEST_CASE("an answer of 300 MB is given up early, in little memory: exit 4") {
  Case at;
  at.open_order();
  constexpr std::size_t size = 300'000'000;
  const std::string piece = "<attach>" + std::string(1'000'000 - 17, 'x') + "</attach>";
  for (const bool announced : {true, false}) {
    CAPTURE(announced);
    const auto sent_before = at.gateway.server().bytes_sent();
    at.gateway.spoil([&](Peer& peer, const std::string&) {
      peer.send(announced ? "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n<xml>"
                          : std::string{"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n<xml>"});
      for (std::size_t sent = 0; sent < size && peer.send(piece); sent += piece.size()) {
      }
    });
    check_both(at, 4, "GATEWAY");
    CHECK(at.gateway.server().bytes_sent() - sent_before < 32'000'000);
  }
}

TEST_CASE("packed garbage is no answer: exit 4") {
  Case at;
  at.open_order();
  const std::string garbage = "\x1f\x8b\x08" + std::string(200, '\xa5');
  for (const std::string& headers : {std::string{"Content-Encoding: gzip\r\n"}, std::string{}}) {
    CAPTURE(headers);
    at.gateway.spoil([&](Peer& peer, const std::string&) { peer.send(http_answer(garbage, 200, headers)); });
    check_both(at, 4, "GATEWAY");
  }
}

TEST_CASE("a redirect is not followed, wherever it points: exit 4") {
  RawServer elsewhere{answering({http_answer("<xml/>")})};
  Case at;
  at.open_order();
  for (const int status : {301, 302, 303, 307, 308}) {
    CAPTURE(status);
    at.gateway.spoil([&](Peer& peer, const std::string& request) {
      peer.send(http_answer(right_document(request), status,
                            "Location: " + elsewhere.url("/pay/orderquery") + "\r\n"));
    });
    check_both(at, 4, "GATEWAY");
  }
  CHECK(elsewhere.connections() == 0);
}

TEST_CASE("another status than 200 is no answer, whatever its body says: exit 4") {
  Case at;
  at.open_order();
  for (const int status : {201, 204, 400, 401, 403, 404, 413, 429}) {
    CAPTURE(status);
    at.gateway.spoil([&](Peer& peer, const std::string& request) {
      peer.send(status == 204 ? std::string{"HTTP/1.1 204 No Content\r\n\r\n"}
                              : http_answer(right_document(request), status));
    });
    check_both(at, 4, "GATEWAY");
  }
}

TEST_CASE("what is not HTTP is no answer: exit 4") {
  Case at;
  at.open_order();
  const std::string answers[] = {"SSH-2.0-OpenSSH_9.2\r\n", std::string(5000, '\0'),
                                 "<xml><return_code>SUCCESS</return_code></xml>", "HTTP/1.1 abc OK\r\n\r\n",
                                 "\x15\x03\x01 TLS?"};
  for (const auto& answer : answers) {
    CAPTURE(answer.substr(0, 40));
    at.gateway.spoil([&](Peer& peer, const std::string&) { peer.send(answer); });
    check_both(at, 4, "GATEWAY");
  }
}

TEST_CASE("a connection that breaks is no answer: exit 4") {
  Case at;
  at.open_order();
  struct Row {
    std::string name;
    ScriptedGateway::Spoil spoil;
  };
  const Row rows[] = {
      {"closed without a byte", [](Peer&, const std::string&) {}},
      {"half of the body",
       [](Peer& peer, const std::string& request) {
         const auto answer = http_answer(right_document(request));
         peer.send(answer.substr(0, answer.size() - 100));
       }},
      {"amid the headers", [](Peer& peer, const std::string&) { peer.send("HTTP/1.1 200 OK\r\nContent-"); }},
  };
  for (const auto& row : rows) {
    CAPTURE(row.name);
    at.gateway.spoil(row.spoil);
    check_both(at, 4, "NETWORK");
  }
}

TEST_CASE("the deadline ends an answer of one byte a second, or none at all: exit 4") {
  Case at;
  at.open_order();
  at.gateway.spoil([](Peer& peer, const std::string& request) {
    for (const char byte : http_answer(right_document(request))) {
      if (!peer.send({&byte, 1}) || !peer.pause(std::chrono::seconds{1})) return;
    }
  });
  check_both(at, 4, "TIMEOUT");
  at.gateway.spoil([](Peer& peer, const std::string&) { peer.wait_for_close(); });
  check_both(at, 4, "TIMEOUT");
}

TEST_CASE("nobody at the gateway's address: exit 4, tried again within the deadline") {
  Case at;
  at.open_order();
  at.shop.environment["WXPAYCTL_BASE_URL"] = "http://127.0.0.1:1";
  check_both(at, 4, "NETWORK");
}

TEST_CASE("an interim answer before the right one does not hide it") {
  Case at;
  at.open_order();
  at.gateway.spoil([](Peer& peer, const std::string& request) {
    peer.send("HTTP/1.1 100 Continue\r\n\r\n" + http_answer(right_document(request)));
  });
  CHECK(json_line(at.shop.run({"query", "OPEN-1", "--json"}).out)["resultMsg"] == "UPDATE_SUCCESS");
}

TEST_CASE("terminal sequences in an answer's texts do not reach the terminal") {
  Case at;
  at.open_order();
  at.gateway.spoil([](Peer& peer, const std::string&) {
    peer.send(
        http_answer("<xml><return_code>FAIL</return_code><return_msg>\x7f red&#27;[31m</return_msg></xml>"));
  });
  const auto asked = at.shop.run({"query", "OPEN-1"});
  CHECK(asked.code == 4);
  CHECK_FALSE(contains(asked.err, "\x1b"));
  CHECK_FALSE(contains(asked.err, "\x7f"));
}
