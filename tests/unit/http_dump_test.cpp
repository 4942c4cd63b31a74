#include "gateway/http_dump.hpp"

#include <doctest/doctest.h>

#include <variant>

using namespace wxpay;

TEST_CASE("a dump is read with CRLF or LF, with a request line or without, and its body stays as it is") {
  struct Row {
    const char* what;
    std::string dump;
    std::string body;
  };
  const Row rows[] = {
      {"LF", "A: 1\n\n{\"a\":1}", "{\"a\":1}"},
      {"CRLF", "A: 1\r\n\r\n{\"a\":1}", "{\"a\":1}"},
      {"a request line", "POST /notify HTTP/1.1\r\nA: 1\r\n\r\n{}", "{}"},
      {"a status line", "HTTP/1.1 200 OK\nA: 1\n\n{}", "{}"},
      {"a line end that is the body's own, or may be", "A: 1\n\n{}\n", "{}\n"},
      {"a line end behind the body's length", "A: 1\nContent-Length: 2\n\n{}\r\n", "{}"},
      {"a length that counts the line end", "A: 1\nContent-Length: 3\n\n{}\n", "{}\n"},
      {"a length that leaves something out", "A: 1\nContent-Length: 2\n\n{}{}", "{}{}"},
      {"a length that is too great", "A: 1\nContent-Length: 9\n\n{}", "{}"},
      {"a length that is none", "A: 1\nContent-Length: -1\n\n{}\n", "{}\n"},
      {"no body", "A: 1\nContent-Length: 0\n\n", ""},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    const auto parsed = gateway::parse_http_dump(row.dump);
    REQUIRE(std::holds_alternative<gateway::HttpDump>(parsed));
    const auto& dump = std::get<gateway::HttpDump>(parsed);
    REQUIRE_FALSE(dump.headers.empty());
    CHECK(dump.headers.front() == HttpHeader{"A", "1"});
    CHECK(dump.body == row.body);
  }
}

TEST_CASE("a text without a blank line, or with lines that are no headers, is no dump") {
  for (const std::string text : {"", "A: 1\n", "A: 1\n{}", "A 1\n\n{}", "A: 1\x1b[2J\n\n{}"}) {
    CAPTURE(text);
    CHECK(std::holds_alternative<wire::Malformed>(gateway::parse_http_dump(text)));
  }
}
