#include <algorithm>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/text.hpp"
#include "fuzz/rules.hpp"
#include "fuzz/shop.hpp"
#include "fuzz/targets.hpp"
#include "gateway/http_dump.hpp"
#include "gateway/saved_messages.hpp"
#include "gateway/v2/notifications.hpp"

namespace wxpay::fuzz {

namespace {

using gateway::SavedMessage;

const NotificationReader& reader() {
  static const auto one = v2::make_notification_reader(shop_account(SignType::md5));
  return *one;
}

std::vector<SavedMessage> cut(std::string_view input, std::size_t piece) {
  gateway::SavedMessages messages{Pieces{input, piece}, reader()};
  std::vector<SavedMessage> all;
  while (auto message = messages.next()) all.push_back(gateway::taken_apart(*std::move(message)));
  return all;
}

bool same_message(const SavedMessage& a, const SavedMessage& b) {
  return a.too_large == b.too_large && a.message.headers == b.message.headers &&
         a.message.body == b.message.body;
}

/// What is written of a dump is read again as it was.
void check_dump(std::string_view input) {
  const auto parsed = gateway::parse_http_dump(input);
  const auto* dump = std::get_if<gateway::HttpDump>(&parsed);
  if (dump == nullptr) return;
  std::string written;
  for (const auto& header : dump->headers) {
    expect(!header.name.empty() && !has_control_character(header.name + header.value),
           "a header is one line");
    written += header.name + ": " + header.value + "\n";
  }
  const auto again = gateway::parse_http_dump(written + "\n" + dump->body);
  const auto* read = std::get_if<gateway::HttpDump>(&again);
  expect(read != nullptr && read->headers == dump->headers && read->body == dump->body,
         "a dump is read as it was written");
}

/// A message that says how long it is comes out as it is, whatever came before it.
void expect_message_behind(std::string_view input) {
  const std::string before = "A: 1\nContent-Length: " + std::to_string(input.size()) + "\n\n";
  const std::string body{"{\"id\":\"EV-202611231800000000029\"}"};
  const auto message =
      "Wechatpay-Nonce: 5d2b6c2a8db53831\nContent-Length: " + std::to_string(body.size()) + "\n\n" + body;
  const auto messages = cut(before + std::string{input} + "\n" + message, 1 + input.size() % 61);
  expect(messages.size() == 2, "a message ends where its length says");
  if (!messages.front().too_large) expect(messages.front().message.body == input, "a body stays as it is");
  expect(messages.back().message.body == body, "no body hides the message behind it");
}

}  // namespace

void check_saved(std::string_view input) {
  const auto whole = cut(input, std::size_t{1} << 16U);
  expect(!whole.empty(), "an empty input is a message, which is refused");
  for (const auto& saved : whole) {
    expect(saved.message.body.size() <= largest_notification, "a message has a limit");
    expect(!saved.too_large || saved.message.body.empty(), "a message that is too large is not held");
    for (const auto& header : saved.message.headers)
      expect(!has_control_character(header.value), "a header's value is one line");
  }
  const auto pieces = cut(input, 1 + input.size() % 61);
  expect(std::equal(whole.begin(), whole.end(), pieces.begin(), pieces.end(), same_message),
         "it is cut alike however it comes");
  check_dump(input);
  expect_message_behind(input);
}

}  // namespace wxpay::fuzz
