#include <doctest/doctest.h>

#include "support/v3_scripted_gateway.hpp"

// Answers of API v3 that are too large, too slow or led elsewhere, and what is told of a refused signature.
using namespace wxpay::test;

TEST_CASE("an answer of API v3 of 300 MB is given up early, in little memory: exit 4") {
  V3Case at;
  constexpr std::size_t size = 300'000'000;
  const std::string piece = "{\"attach\":\"" + std::string(1'000'000 - 13, 'x') + "\"}";
  for (const bool announced : {true, false}) {
    CAPTURE(announced);
    const auto sent_before = at.gateway.server().bytes_sent();
    at.gateway.spoil([&](Peer& peer, const std::string&) {
      peer.send(announced ? "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n"
                          : std::string{"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"});
      for (std::size_t sent = 0; sent < size && peer.send(piece); sent += piece.size()) {
      }
    });
    check_not_believed(at, 4, "GATEWAY");
    CHECK(at.gateway.server().bytes_sent() - sent_before < 32'000'000);
  }
  at.check_unspoilt();
}

TEST_CASE("a redirect of API v3 is not followed, wherever it points: exit 4") {
  RawServer elsewhere{answering({http_answer("{}")})};
  V3Case at;
  for (const int status : {301, 302, 303, 307, 308}) {
    CAPTURE(status);
    at.gateway.change([&](auto& right) {
      auto reply = V3Reply{status, right.body};
      reply.headers.emplace_back("Location", elsewhere.url("/v3/pay/transactions/jsapi"));
      return reply;
    });
    check_not_believed(at, 4, "GATEWAY");
  }
  CHECK(elsewhere.connections() == 0);
  at.check_unspoilt();
}

TEST_CASE("a connection of API v3 that breaks or stays silent is no answer: exit 4") {
  struct Row {
    std::string what;
    std::string code;
    V3ScriptedGateway::Spoil spoil;
  };
  const auto bytes = [](const std::string& request) { return v3_right_reply(request).signed_now().bytes(); };
  const Row rows[] = {
      {"closed without a byte", "NETWORK", [](Peer&, const std::string&) {}},
      {"amid the headers", "NETWORK",
       [bytes](Peer& peer, const std::string& request) { peer.send(bytes(request).substr(0, 60)); }},
      {"one byte a second", "TIMEOUT",
       [bytes](Peer& peer, const std::string& request) {
         for (const char byte : bytes(request)) {
           if (!peer.send({&byte, 1}) || !peer.pause(std::chrono::seconds{1})) return;
         }
       }},
      {"nothing", "TIMEOUT", [](Peer& peer, const std::string&) { peer.wait_for_close(); }},
      {"no HTTP", "GATEWAY", [](Peer& peer, const std::string&) { peer.send("SSH-2.0-OpenSSH_9.2\r\n"); }},
  };
  V3Case at;
  for (const auto& row : rows) {
    CAPTURE(row.what);
    at.gateway.spoil(row.spoil);
    check_not_believed(at, 4, row.code);
  }
  at.check_unspoilt();
}

TEST_CASE("terminal sequences in an error's words do not reach the terminal") {
  V3Case at;
  at.gateway.change([](auto&) { return v3_error(403, "NO_AUTH\x7f", "red\x1b[31m").signed_now(); });
  const auto asked = at.shop.run({"query", "OPEN-1"});
  CHECK(asked.code == 1);
  CHECK_FALSE(contains(asked.err, "\x1b"));
  CHECK_FALSE(contains(asked.err, "\x7f"));
}

TEST_CASE("SIGN_ERROR is exit 3 in every command, and the hint names what API v3 signs with") {
  V3Case at;
  at.gateway.change([](auto&) { return v3_error(401, "SIGN_ERROR", "错误的签名，验签失败"); });
  at.shop.write("batch", "outTradeNo,openid,totalFee\nBATCH-1,o1,1000\n");
  const std::vector<std::string> commands[] = {{"query", "OPEN-1"},
                                               create("NEW-01"),
                                               {"create-order", "--batch", "batch"},
                                               {"close", "OPEN-1"},
                                               {"api", "GET", "/v3/pay/transactions/id/42?mchid=1900000109"},
                                               {"doctor"}};
  for (const auto& arguments : commands) {
    CAPTURE(arguments.front());
    const auto result = at.shop.run(arguments);
    const auto told = result.out + result.err;
    CAPTURE(told);
    CHECK(result.code == 3);
    for (const auto* name : {"serial_no", "private key", "mch_id", "clock"}) {
      CAPTURE(name);
      CHECK(contains(told, name));
    }
    CHECK_FALSE(contains(told, "sign_type"));
    if (arguments.front() != "doctor") CHECK(contains(told, "'wxpayctl doctor' checks them"));
  }
  CHECK(at.shown("OPEN-1") == "NOTPAY");
  // Nothing was executed, so the number is free.
  CHECK(at.shown("NEW-01") == "FAILED");
  const auto reconciled = at.shop.run({"reconcile", "--older-than", "0s", "--details"});
  CHECK(contains(reconciled.out + reconciled.err, "serial_no"));
  at.check_unspoilt();
}

TEST_CASE("doctor says of an answer of API v3 that cannot be believed which keys to compare") {
  V3Case at;
  at.gateway.change([](auto& right) { return V3Reply{right.status, right.body, v3_signature("another")}; });
  const auto result = at.shop.run({"doctor"});
  CHECK(result.code == 3);
  CHECK(contains(result.out, "cannot be believed"));
  CHECK(contains(result.out, "public_key_id"));
  CHECK_FALSE(contains(result.out, "sign_type"));
}
