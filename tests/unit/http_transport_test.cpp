#include <doctest/doctest.h>

#include <string>

#include "support/http_client.hpp"
#include "support/raw_server.hpp"

using namespace std::chrono_literals;
using namespace std::string_literals;
using namespace wxpay::test;
using namespace wxpay;

TEST_CASE("a request arrives as it was given, and the answer comes back as it was sent") {
  const auto reply = "<xml>\0</xml>\r\n\xff"s;
  RawServer server{answering(
      {http_answer(reply, 200, "Date: Mon, 23 Nov 2026 02:00:00 GMT\r\nContent-Type: text/xml\r\n")})};
  Client client;
  const std::string body = "<xml>" + std::string(2'000'000, 'a') + "</xml>";
  const auto response = answer(client.post(server.url("/pay/unifiedorder?a=b"), 30s, body));
  CHECK(response.status == 200);
  CHECK(response.body == reply);
  CHECK((response.date == std::chrono::sys_seconds{1795399200s}));

  REQUIRE(server.requests() == 1);
  const auto request = server.received().front();
  const auto head = request.substr(0, request.find("\r\n\r\n") + 2);
  CHECK(head.rfind("POST /pay/unifiedorder?a=b HTTP/1.1\r\n", 0) == 0);
  CHECK(contains(head, "\r\nContent-Type: text/xml\r\n"));
  CHECK(contains(head, "\r\nUser-Agent: wxpayctl/test\r\n"));
  CHECK_FALSE(contains(head, "Expect:"));
  CHECK_FALSE(contains(head, "Accept-Encoding:"));
  CHECK((request.substr(head.size() + 2) == body));
}

TEST_CASE("a path goes out as it was given, as it is signed") {
  RawServer server{answering({http_answer("one")})};
  Client client;
  CHECK(answer(client.post(server.url("/v3/../a/./b%2e?c=../d"))).status == 200);
  CHECK(server.received().front().starts_with("POST /v3/../a/./b%2e?c=../d HTTP/1.1\r\n"));
}

TEST_CASE("many requests use one kept-alive connection") {
  RawServer server{answering({http_answer("one"), http_answer("two", 500), http_answer("three")})};
  Client client;
  CHECK(answer(client.post(server.url())).body == "one");
  CHECK(answer(client.post(server.url())).status == 500);
  for (int i = 0; i < 100; ++i) CHECK(answer(client.post(server.url())).body == "three");
  CHECK(server.requests() == 102);
  CHECK(server.connections() == 1);
}

TEST_CASE("a request owes nothing to those before it") {
  RawServer server{answering({http_answer("dated", 200, "Date: Mon, 23 Nov 2026 02:00:00 GMT\r\n"),
                              http_answer("too long"), http_answer("undated"), http_answer("elsewhere")})};
  Client client;
  CHECK(answer(client.post(server.url("/a"), 30s, "<xml>long</xml>")).date);
  const HttpRequest limited{
      .url = server.url("/a"), .headers = text_xml, .body = "<a/>", .largest_response = 4};
  CHECK(failure(client.transport->send(limited)).kind == ErrorKind::gateway);
  const auto third = answer(client.post(server.url("/a"), 30s, "<xml>longer</xml>"));
  CHECK(third.body == "undated");
  CHECK_FALSE(third.date);
  const HttpRequest other{.url = server.url("/b"), .headers = {{"Content-Type", "text/plain"}}, .body = "b"};
  CHECK(answer(client.transport->send(other)).body == "elsewhere");
  CHECK(answer(client.post(server.url("/b"))).body == "elsewhere");

  const auto received = server.received();
  REQUIRE(received.size() == 5);
  CHECK(received[0].ends_with("\r\n\r\n<xml>long</xml>"));
  CHECK(received[1].ends_with("\r\n\r\n<a/>"));
  CHECK(received[2].ends_with("\r\n\r\n<xml>longer</xml>"));
  CHECK(received[3].starts_with("POST /b HTTP/1.1\r\n"));
  CHECK(contains(received[3], "\r\nContent-Type: text/plain\r\n"));
  CHECK(contains(received[4], "\r\nContent-Type: text/xml\r\n"));
}

TEST_CASE("a GET has no body, and its headers are its own") {
  RawServer server{answering({http_answer("got"), "HTTP/1.1 204 No Content\r\n\r\n", http_answer("posted")})};
  Client client;
  HttpRequest get{
      .method = HttpMethod::get, .url = server.url("/v3/certificates"), .headers = {}, .body = {}};
  get.headers = {{"Accept", "application/json"}, {"Authorization", "WECHATPAY2-SHA256-RSA2048 mchid=\"1\""}};
  CHECK(answer(client.transport->send(get)).body == "got");
  get.headers.pop_back();
  const auto empty = answer(client.transport->send(get));
  CHECK(empty.status == 204);
  CHECK(empty.body.empty());
  CHECK(answer(client.post(server.url("/v3/certificates"))).body == "posted");
  const auto received = server.received();
  REQUIRE(received.size() == 3);
  CHECK(received[0].starts_with("GET /v3/certificates HTTP/1.1\r\n"));
  CHECK(contains(received[0], "\r\nAccept: application/json\r\n"));
  CHECK(contains(received[0], "\r\nAuthorization: WECHATPAY2-SHA256-RSA2048 mchid=\"1\"\r\n"));
  CHECK_FALSE(contains(received[0], "Content-"));
  CHECK(contains(received[1], "\r\nAccept: application/json\r\n"));
  CHECK_FALSE(contains(received[1], "Authorization"));
  CHECK(received[2].starts_with("POST /v3/certificates HTTP/1.1\r\n"));
  CHECK(received[2].ends_with("\r\n\r\n<xml/>"));
  CHECK(contains(received[2], "\r\nContent-Type: text/xml\r\n"));
  CHECK(server.connections() == 1);
  CHECK(client.log.lines.front().starts_with("GET 127.0.0.1:"));
}

TEST_CASE("a header that could begin another one is not sent") {
  RawServer server{answering({http_answer("ok")})};
  Client client;
  const HttpHeader bad[] = {
      {"Request-ID", "a\r\nX-Evil: 1"}, {"A\nB", "c"}, {"A:", "b"}, {"", "b"}, {"A", ""}};
  for (const auto& header : bad) {
    CAPTURE(header.name);
    const auto refused = failure(client.transport->send({.url = server.url(), .headers = {header}}));
    CHECK_FALSE(refused.sent);
    CHECK(refused.message == "a header of the request is malformed");
  }
  CHECK(server.requests() == 0);
}

TEST_CASE("a response's headers are found in whatever case, those of interim answers are not") {
  RawServer server{answering({"HTTP/1.1 100 Continue\r\nWechatpay-Nonce: interim\r\n\r\n" +
                                  http_answer("ok", 429,
                                              "wechatpay-NONCE:  5K8264ILTKCH16CQ2502SI8ZNMTM67VS \r\n"
                                              "Retry-After: 30\r\nRetry-After: 60\r\nX-Empty:\r\n"),
                              http_answer("none")})};
  Client client;
  const auto response = answer(client.post(server.url()));
  CHECK(response.status == 429);
  CHECK(response.header("Wechatpay-Nonce") == "5K8264ILTKCH16CQ2502SI8ZNMTM67VS");
  CHECK(response.header("RETRY-AFTER") == "30");
  CHECK(response.header("X-Empty") == "");
  CHECK_FALSE(response.header("Wechatpay"));
  CHECK_FALSE(answer(client.post(server.url())).header("Retry-After"));
}

namespace {

struct KeptPieces final : BodySink {
  bool take(std::string_view piece) noexcept override {
    bytes += piece;
    return bytes.size() <= most;
  }
  std::string bytes;
  std::size_t most = 1'000'000'000;
};

}  // namespace

TEST_CASE("the body of a 200 goes to the sink, any other stays with the response") {
  const std::string bill(3'000'000, 'b');
  RawServer server{answering({http_answer(bill), http_answer("<xml/>", 404), http_answer(bill)})};
  Client client;
  KeptPieces pieces;
  HttpRequest download{.method = HttpMethod::get, .url = server.url("/bill"), .headers = {}, .body = {}};
  download.largest_response = bill.size();
  download.sink = &pieces;
  const auto taken = answer(client.transport->send(download));
  CHECK(taken.body.empty());
  CHECK((pieces.bytes == bill));
  CHECK(answer(client.transport->send(download)).body == "<xml/>");
  CHECK((pieces.bytes == bill));

  download.largest_response = bill.size() - 1;
  CHECK(contains(failure(client.transport->send(download)).message, "larger than"));
  download.largest_response = bill.size();
  pieces = {};
  pieces.most = 10;
  CHECK(contains(failure(client.transport->send(download)).message, "could not be taken"));
}

TEST_CASE("a connection that the other side closed while idle is replaced unseen") {
  RawServer server{[](Peer& peer) {
    if (peer.read_request()) peer.send(http_answer("ok"));
  }};
  Client client;
  CHECK(answer(client.post(server.url())).body == "ok");
  server.wait_for_closed(1);
  CHECK(answer(client.post(server.url())).body == "ok");
  CHECK(server.connections() == 2);
  CHECK(server.requests() == 2);
}

TEST_CASE("a request whose answer is lost on a kept-alive connection is not sent a second time") {
  for (const bool with_body : {true, false}) {
    CAPTURE(with_body);
    RawServer server{[](Peer& peer) {
      if (!peer.read_request() || !peer.send(http_answer("first"))) return;
      peer.read_request();
    }};
    Client client;
    CHECK(answer(client.post(server.url())).body == "first");
    const auto lost = failure(client.post(server.url(), 30s, with_body ? "<xml/>" : ""));
    CHECK(lost.kind == ErrorKind::network);
    CHECK(lost.sent);
    CHECK(server.requests() == 2);
    // The next one starts on a fresh connection.
    CHECK(answer(client.post(server.url())).body == "first");
    CHECK(server.connections() == 2);
  }
}

TEST_CASE("a redirect is an answer and is not followed") {
  RawServer elsewhere{answering({http_answer("elsewhere")})};
  RawServer server{answering({http_answer("moved", 302, "Location: " + elsewhere.url() + "\r\n")})};
  Client client;
  const auto response = answer(client.post(server.url()));
  CHECK(response.status == 302);
  CHECK(response.body == "moved");
  CHECK(elsewhere.connections() == 0);
}

TEST_CASE("an answer is taken as it is, whatever its Content-Encoding") {
  const std::string garbage = "\x1f\x8b\x08 no gzip";
  RawServer server{answering({http_answer(garbage, 200, "Content-Encoding: gzip\r\n")})};
  CHECK(answer(Client{}.post(server.url())).body == garbage);
}

TEST_CASE("an interim answer is skipped and an unreadable date is none") {
  RawServer server{
      answering({"HTTP/1.1 102 Processing\r\nDate: Mon, 23 Nov 2026 02:00:00 GMT\r\n\r\n" + http_answer("ok"),
                 http_answer("ok", 200, "Date: soon\r\n")})};
  Client client;
  const auto first = answer(client.post(server.url()));
  CHECK(first.status == 200);
  CHECK(first.body == "ok");
  CHECK_FALSE(first.date);
  CHECK_FALSE(answer(client.post(server.url())).date);
}

TEST_CASE("what is no complete HTTP answer is a failure of a sent request") {
  struct Row {
    std::string reply;
    ErrorKind kind;
  };
  const Row rows[] = {
      {"", ErrorKind::network},
      {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<xml>", ErrorKind::network},
      {"HTTP/1.1 200 OK\r\nContent-Le", ErrorKind::network},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<xml>\r\n", ErrorKind::network},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n<xml>\r\n0\r\n\r\n", ErrorKind::network},
      {"\x16\x03\x01 garbage that is not HTTP\r\n\r\n", ErrorKind::gateway},
      {"<html>no header</html>", ErrorKind::gateway},
      {"HTTP/9.9 200 OK\r\n\r\n", ErrorKind::gateway},
      {"HTTP/1.1 abc OK\r\n\r\n", ErrorKind::gateway},
      {"HTTP/1.1 200 OK\r\nContent-Length: ten\r\n\r\n", ErrorKind::gateway},
      {"HTTP/1.1 101 Switching\r\nUpgrade: other\r\n\r\n", ErrorKind::network},
      {"HTTP/1.1 100 Continue\r\n\r\n", ErrorKind::network},
      {"HTTP/1.1 000 None\r\nContent-Length: 0\r\n\r\n", ErrorKind::gateway},
  };
  for (const auto& row : rows) {
    CAPTURE(row.reply);
    RawServer server{[&row](Peer& peer) {
      if (peer.read_request()) peer.send(row.reply);
    }};
    const auto found = failure(Client{}.post(server.url()));
    CAPTURE(found.message);
    CHECK(found.kind == row.kind);
    CHECK(found.sent);
    CHECK(contains(found.message, "127.0.0.1:" + std::to_string(server.port())));
  }
}

TEST_CASE("a server that sends one byte at a time is left when the time is over") {
  const auto text = http_answer(std::string(100'000, 'x'));
  for (const bool in_body : {false, true}) {
    CAPTURE(in_body);
    RawServer server{[&](Peer& peer) {
      peer.read_request();
      std::size_t at = in_body ? text.find("\r\n\r\n") + 4 : 0;
      if (!peer.send(std::string_view{text}.substr(0, at))) return;
      while (at < text.size() && peer.send(std::string_view{text}.substr(at++, 1)) && peer.pause(20ms)) {
      }
    }};
    const auto found = failure(Client{}.post(server.url(), 300ms));
    CHECK(found.kind == ErrorKind::timeout);
    CHECK(found.sent);
    server.wait_for_closed(1);
  }
}

TEST_CASE("an answer of exactly the limit is taken and one byte more is not") {
  const auto chunked = [](const std::string& body) {
    return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n" + body.substr(0, 5) + "\r\n" +
           std::to_string(body.size() - 5) + "\r\n" + body.substr(5) + "\r\n0\r\n\r\n";
  };
  RawServer server{answering({http_answer("1234567890"), chunked("1234567890"), http_answer("12345678901"),
                              chunked("12345678901"), http_answer("")})};
  Client client;
  const HttpRequest request{
      .url = server.url(), .headers = text_xml, .body = "<xml/>", .largest_response = 10};
  for (const bool fits : {true, true, false, false, true}) {
    const auto result = client.transport->send(request);
    CHECK(std::holds_alternative<HttpResponse>(result) == fits);
    if (!fits) CHECK(failure(result).kind == ErrorKind::gateway);
  }
}

TEST_CASE("a reply of 300 MB is cut at the limit") {
  constexpr std::size_t size = 300'000'000;
  const std::string heads[] = {"HTTP/1.1 200 OK\r\nContent-Length: 300000000\r\n\r\n",
                               "HTTP/1.1 200 OK\r\n\r\n"};
  for (const auto& head : heads) {
    CAPTURE(head);
    RawServer server{[&head](Peer& peer) {
      peer.read_request();
      if (!peer.send(head)) return;
      const std::string block(1'000'000, 'x');
      for (std::size_t sent = 0; sent < size && peer.send(block); sent += block.size()) {
      }
    }};
    const auto found = failure(Client{}.post(server.url()));
    CHECK(found.kind == ErrorKind::gateway);
    CHECK(found.sent);
    CHECK(contains(found.message, "larger than 262144 bytes"));
    server.wait_for_closed(1);
    CHECK(server.bytes_sent() < 20'000'000);  // the limit and what the kernel's buffers hold
  }
}

TEST_CASE("headers without an end are cut") {
  const std::string lines[] = {
      "X-Filler: " + std::string(1000, 'x') + "\r\n",       // many
      std::string(1000, 'x'),                               // one, endless
      "X-F: 1\r\n\r\nHTTP/1.1 100 Continue\r\nX-F: 1\r\n",  // many interim answers
  };
  for (const auto& line : lines) {
    CAPTURE(line);
    RawServer server{[&line](Peer& peer) {
      peer.read_request();
      if (!peer.send("HTTP/1.1 100 Continue\r\n")) return;
      while (peer.send(line)) {
      }
    }};
    const auto found = failure(Client{}.post(server.url()));
    CHECK(found.kind == ErrorKind::gateway);
    CHECK(contains(found.message, "headers"));
    server.wait_for_closed(1);
    CHECK(server.bytes_sent() < 20'000'000);
  }
}

TEST_CASE("trailers without an end are cut") {
  RawServer server{[](Peer& peer) {
    peer.read_request();
    if (!peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n")) return;
    while (peer.send("X-Filler: 1\r\n")) {
    }
  }};
  CHECK(failure(Client{}.post(server.url())).kind == ErrorKind::gateway);
}

TEST_CASE("the log names what was asked and what came, and holds no body") {
  RawServer server{answering({http_answer("<xml>answer</xml>", 201), "not HTTP"})};
  Client client;
  client.post(server.url("/pay/orderquery?secret=1"), 30s, "<xml>request</xml>");
  client.post(server.url("/pay/closeorder"), 30s, "<xml>request</xml>");
  REQUIRE(client.log.lines.size() == 2);
  CHECK(contains(client.log.lines[0], "POST 127.0.0.1:"));
  CHECK(contains(client.log.lines[0], " /pay/orderquery: status 201, 17 bytes, "));
  CHECK(contains(client.log.lines[1], " /pay/closeorder: "));
  for (const auto& line : client.log.lines) {
    CAPTURE(line);
    CHECK_FALSE(contains(line, "xml"));
    CHECK_FALSE(contains(line, "secret"));
  }
}
