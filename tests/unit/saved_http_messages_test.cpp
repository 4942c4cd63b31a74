#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "gateway/saved_messages.hpp"
#include "gateway/v3/notifications.hpp"
#include "support/fakes.hpp"
#include "support/v3_wire.hpp"

// Messages with headers: JSON Lines and HTTP dumps.

using namespace wxpay;
using namespace wxpay::test;

namespace {

/// What came out of a file: `Name=value;…|body`, or "too large".
using Messages = std::vector<std::string>;

std::string in_words(const gateway::SavedMessage& saved) {
  if (saved.too_large) return "too large";
  std::string words;
  for (const auto& header : saved.message.headers) words += header.name + "=" + header.value + ";";
  return words + "|" + saved.message.body;
}

template <class Use>
void read(const NotificationReader& reader, const std::string& file, std::size_t most, Use use) {
  gateway::SavedMessages messages{[&file, most, at = std::size_t{0}](char* buffer, std::size_t size) mutable {
                                    const auto count = std::min({most, size, file.size() - at});
                                    file.copy(buffer, count, at);
                                    at += count;
                                    return count;
                                  },
                                  reader};
  while (auto saved = messages.next()) use(gateway::taken_apart(*std::move(saved)));
}

Messages messages_of(const std::string& file, std::size_t most = 65'536) {
  static FixedKeys keys;
  const auto reader = v3::make_notification_reader({.merchant = {}, .aead = {}}, keys);
  Messages messages;
  read(*reader, file, most, [&](const gateway::SavedMessage& saved) { messages.push_back(in_words(saved)); });
  return messages;
}

struct Row {
  const char* what;
  std::string file;
  Messages expected;
};

void check(const std::vector<Row>& rows) {
  for (const auto& row : rows) {
    CAPTURE(row.what);
    for (const std::size_t piece : {65'536U, 1U, 7U}) {
      if (piece < 65'536 && row.file.size() > 100'000) continue;
      CAPTURE(piece);
      CHECK(messages_of(row.file, piece) == row.expected);
    }
  }
}

const std::string line = R"({"headers":{"Wechatpay-Nonce":"n"},"body":"{\"id\":1}"})";
const std::string dump = "POST /notify HTTP/1.1\r\nWechatpay-Nonce: n\r\nContent-Length: 8\r\n\r\n{\"id\":1}";
const std::string from_line = R"(Wechatpay-Nonce=n;|{"id":1})";
const std::string from_dump = R"(Wechatpay-Nonce=n;Content-Length=8;|{"id":1})";

}  // namespace

TEST_CASE("JSON Lines are messages with headers, and any other line is a body without") {
  check({
      {"two lines", line + "\n" + line + "\n", {from_line, from_line}},
      {"CRLF, blanks and empty lines", "  \r\n" + line + "\r\n\r\n \t" + line, {from_line, from_line}},
      {"a byte-order mark", "\xEF\xBB\xBF" + line + "\n", {from_line}},
      {"garbage between", line + "\n-- cut --\n" + line + "\n", {from_line, "|-- cut --", from_line}},
      {"half a line",
       line + "\n" + line.substr(0, 30) + "\n" + line,
       {from_line, "|" + line.substr(0, 30), from_line}},
      {"a header as a list", R"({"headers":{"Wechatpay-Nonce":["n"]},"body":"x"})", {"Wechatpay-Nonce=n;|x"}},
      {"a header twice, as a list",
       R"({"headers":{"Wechatpay-Nonce":["n","m"]},"body":"x"})",
       {"Wechatpay-Nonce=n;Wechatpay-Nonce=m;|x"}},
      {"a number and a header that was not there",
       R"({"headers":{"Wechatpay-Timestamp":1795420800,"Via":null},"body":"x"})",
       {"Wechatpay-Timestamp=1795420800;|x"}},
      {"other members besides", R"({"time":1,"headers":{},"body":"x"})", {"|x"}},
  });
  // What is no message with headers stays a line, for the reader to refuse.
  for (const std::string other :
       {R"({"body":"x"})", R"({"headers":{}})", R"({"headers":[],"body":"x"})", R"({"headers":{},"body":{}})",
        R"({"headers":{"A":"b"},"headers":{},"body":"x"})", R"({"headers":{"A":{"b":"c"}},"body":"x"})",
        R"({"headers":{"A":1.5},"body":"x"})", R"({"headers":{"A":[["b"]]},"body":"x"})",
        R"({"headers":{"Wechatpay-Evil: 1\r\nCookie":"b"},"body":"x"})", R"({"headers":{"":"b"},"body":"x"})",
        R"({"headers":{"A":"b\r\nCookie: c"},"body":"x"})", R"({"headers":{"名":"b"},"body":"x"})"}) {
    CAPTURE(other);
    CHECK(messages_of(other) == Messages{"|" + other});
  }
}

TEST_CASE("a line or a body that is too large hides nothing behind it") {
  const std::string large(largest_notification + 1, 'x');
  const std::string fits(largest_notification, 'x');
  const auto body = [](const std::string& text) { return R"({"headers":{},"body":")" + text + "\"}\n"; };
  check({
      {"a body that just fits", body(fits) + line, {"|" + fits, from_line}},
      {"one byte more", body(large) + line, {"too large", from_line}},
      {"a line of a megabyte", "{" + std::string(1'000'000, 'x') + "\n" + line, {"too large", from_line}},
      {"a header of a megabyte",
       R"({"headers":{"A":")" + std::string(1'000'000, 'x') + "\"}}\n" + line,
       {"too large", from_line}},
      {"a dump whose body just fits",
       "A: b\nContent-Length: 65536\n\n" + fits + dump,
       {"A=b;Content-Length=65536;|" + fits, from_dump}},
      {"a dump with one byte more",
       "A: b\nContent-Length: 65537\n\n" + large + "\n" + dump,
       {"too large", from_dump}},
      {"a length past all numbers",
       "A: b\nContent-Length: 99999999999999999999999\n\nx\n" + dump,
       {"too large", from_dump}},
      {"a length without an end", "A: b\nContent-Length: 99999999", {"|A: b\nContent-Length: 99999999"}},
      {"a dump with a header of a megabyte",
       dump + "\nA: " + std::string(1'000'000, 'x') + "\n\nb\n" + dump,
       {from_dump, "too large", from_dump}},
      {"the same without an end", dump + "\nA: " + std::string(1'000'000, 'x'), {from_dump, "too large"}},
  });
}

TEST_CASE("HTTP dumps end where their length says, and lines end either way") {
  auto with_line_feeds = dump;
  std::erase(with_line_feeds, '\r');
  const std::string without_length = "Wechatpay-Nonce: n\n\n{\"id\":1}\n";
  check({
      {"one", dump, {from_dump}},
      {"several, however they are set apart",
       dump + dump + "\r\n\r\n" + dump + "\n",
       {from_dump, from_dump, from_dump}},
      {"line feeds", with_line_feeds + with_line_feeds, {from_dump, from_dump}},
      {"a byte-order mark",
       "\xEF\xBB\xBFWechatpay-Nonce: n\nContent-Length: 1\n\nx",
       {"Wechatpay-Nonce=n;Content-Length=1;|x"}},
      {"without a request line",
       "wechatpay-nonce:n\nCONTENT-LENGTH: 1\n\nx" + dump,
       {"wechatpay-nonce=n;CONTENT-LENGTH=1;|x", from_dump}},
      {"a length of none", "A: b\nContent-Length: 0\n\n" + dump, {"A=b;Content-Length=0;|", from_dump}},
      {"no length: the body ends with the input", without_length, {"Wechatpay-Nonce=n;|{\"id\":1}\n"}},
      {"a length that is no number", "A: b\nContent-Length: -1\n\nx", {"A=b;Content-Length=-1;|x"}},
      {"a body that is cut", "A: b\nContent-Length: 9\n\nxyz", {"A=b;Content-Length=9;|xyz"}},
      {"headers without a body", "A: b\n\n", {"A=b;|"}},
      {"a header twice", "A: b\nA: c\nContent-Length: 1\n\nx", {"A=b;A=c;Content-Length=1;|x"}},
      {"garbage between",
       dump + "\n--- 18:01:02 ---\nretried\n" + dump,
       {from_dump, "|--- 18:01:02 ---\nretried\n", from_dump}},
      {"a line among the headers that is none",
       "A: b\nno header\n\nx\n" + dump,
       {"|A: b\nno header\n\nx\n", from_dump}},
      {"a control character in a header", "A: b\x1b[2J\n\nx\n" + dump, {"|A: b\x1b[2J\n\nx\n", from_dump}},
  });
}

TEST_CASE("a file that is cut anywhere gives a piece of it and what stood whole before") {
  for (const auto& [file, whole] :
       {std::pair{line + "\n" + line, from_line}, {dump + "\n" + dump, from_dump}}) {
    const auto size = file.size() / 2;
    for (std::size_t cut = 0; cut <= file.size(); ++cut) {
      CAPTURE(cut);
      const auto messages = messages_of(file.substr(0, cut), cut % 3 + 1);
      REQUIRE_FALSE(messages.empty());
      CHECK(messages.size() <= 2);
      if (cut >= size) CHECK(messages.front() == whole);
      CHECK((cut == file.size()) == (messages.size() == 2 && messages.back() == whole));
    }
  }
}

TEST_CASE("a notification is still signed after it went through either form of file") {
  static FixedKeys keys;
  static const FakeClock clock;
  const auto reader = v3::make_notification_reader(
      {.merchant = {}, .aead = crypto::Aead{Secret{apiv3_key}, {"test key"}}}, keys);
  const auto message = v3_notification("TRANSACTION.SUCCESS", v3_payment({}), clock.now());
  nlohmann::ordered_json json{{"headers", nlohmann::ordered_json::object()}, {"body", message.body}};
  std::string http{"POST /notify HTTP/1.1\r\n"};
  for (const auto& header : message.headers) {
    json["headers"][header.name] = header.value;
    http += header.name + ": " + header.value + "\r\n";
  }
  http += "Content-Length: " + std::to_string(message.body.size()) + "\r\n\r\n" + message.body;
  auto without_length = http;
  const auto length = http.find("Content-Length");
  without_length.erase(length, http.find("\r\n", length) + 2 - length);
  for (const auto& file : {json.dump() + "\n", json.dump(-1, ' ', true), http, without_length}) {
    int count = 0;
    read(*reader, file + "\n", 100, [&](const gateway::SavedMessage& saved) {
      CHECK(reader->is_signed(saved.message));
      CHECK(saved.message.body == message.body);
      ++count;
    });
    CHECK(count == 1);
  }
}
