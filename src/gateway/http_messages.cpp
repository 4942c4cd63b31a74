#include "gateway/http_messages.hpp"

#include <algorithm>
#include <utility>
#include <variant>
#include <vector>

#include "base/text.hpp"
#include "gateway/http_dump.hpp"
#include "wire/json.hpp"

namespace wxpay::gateway {

namespace {

constexpr std::size_t piece = 65'536;
/// Headers of a message together.
constexpr std::size_t largest_head = 65'536;
/// In JSON a byte may be written as six.
constexpr std::size_t largest_line = 6 * largest_notification + largest_head;

SavedMessage too_large() { return {.message = {}, .too_large = true}; }

SavedMessage saved(std::string body, std::vector<HttpHeader> headers = {}) {
  if (body.size() > largest_notification) return too_large();
  return {.message = {.headers = std::move(headers), .body = std::move(body)}};
}

/// Adds what a server's log says of one header.
/// @return false: that is no value of a header
bool add_headers(std::vector<HttpHeader>& headers, const std::string& name, const wire::JsonValue& value) {
  using Kind = wire::JsonValue::Kind;
  if (value.kind == Kind::null) return true;
  if (value.kind == Kind::array) {
    // A header that may come several times is logged as a list.
    return std::all_of(value.members.begin(), value.members.end(), [&](const wire::JsonMember& item) {
      return item.value.kind != Kind::array && add_headers(headers, name, item.value);
    });
  }
  // A timestamp may be logged as a number.
  if (value.kind != Kind::text && value.kind != Kind::integer) return false;
  if (has_control_character(value.text)) return false;
  headers.push_back({name, value.text});
  return true;
}

/// Nothing where the line is no message with headers.
std::optional<SavedMessage> message_in(std::string_view line) {
  const auto parsed = wire::parse_json_object(line);
  const auto* object = std::get_if<wire::JsonObject>(&parsed);
  if (object == nullptr) return std::nullopt;
  const auto* headers = wire::find(*object, "headers");
  auto body = wire::text_of(*object, "body");
  if (headers == nullptr || headers->kind != wire::JsonValue::Kind::object || !body) return std::nullopt;
  std::vector<HttpHeader> taken;
  for (const auto& [name, value] : headers->members) {
    if (!is_header_name(name) || !add_headers(taken, name, value)) return std::nullopt;
  }
  return saved(std::move(*body), std::move(taken));
}

}  // namespace

SavedMessage taken_apart(SavedMessage line) {
  if (!line.is_line) return line;
  auto message = message_in(line.message.body);
  return message ? *std::move(message) : saved(std::move(line.message.body));
}

bool ReadAhead::fill() {
  if (ended_) return false;
  buffer_.erase(0, std::exchange(start_, 0));
  const auto size = buffer_.size();
  buffer_.resize(size + piece);
  const auto count = source_(buffer_.data() + size, piece);
  buffer_.resize(size + count);
  ended_ = count == 0;
  return !ended_;
}

void ReadAhead::skip(std::size_t count) { start_ += std::min(count, bytes().size()); }

void ReadAhead::skip_line() {
  while (true) {
    const auto end = bytes().find('\n');
    if (end != std::string_view::npos) return skip(end + 1);
    skip(bytes().size());
    if (!fill()) return;
  }
}

std::optional<SavedMessage> JsonLineCutter::next() {
  while (true) {
    auto end = input_.bytes().find('\n');
    while (end == std::string_view::npos && input_.bytes().size() <= largest_line && input_.fill())
      end = input_.bytes().find('\n');
    const auto size = std::min(end, input_.bytes().size());
    if (size > largest_line) {
      input_.skip_line();
      given_ = true;
      return too_large();
    }
    const auto line = trim(input_.bytes().substr(0, size));
    const bool at_end = size == input_.bytes().size();
    if (line.empty()) {
      input_.skip(size + 1);
      if (!at_end) continue;
      if (std::exchange(given_, true)) return std::nullopt;
      return SavedMessage{};
    }
    SavedMessage message{.message = {.headers = {}, .body = std::string{line}}, .is_line = true};
    input_.skip(size + 1);
    given_ = true;
    return message;
  }
}

/// @return whether there is anything after the blanks between two messages
bool HttpDumpCutter::skip_between() {
  while (true) {
    const auto start = input_.bytes().find_first_not_of(" \t\r\n");
    if (start != std::string_view::npos) {
      input_.skip(start);
      return true;
    }
    input_.skip(input_.bytes().size());
    if (!input_.fill()) return false;
  }
}

std::optional<SavedMessage> HttpDumpCutter::next() {
  if (!skip_between()) {
    if (std::exchange(given_, true)) return std::nullopt;
    return SavedMessage{};
  }
  given_ = true;
  auto body = end_of_head(input_.bytes());
  while (body == std::string_view::npos && input_.bytes().size() <= largest_head && input_.fill())
    body = end_of_head(input_.bytes());
  if (body == std::string_view::npos) return take_garbage();
  auto headers = parse_dump_headers(input_.bytes().substr(0, body));
  auto* parsed = std::get_if<std::vector<HttpHeader>>(&headers);
  if (parsed == nullptr) return take_garbage();
  input_.skip(body);
  const auto length = content_length(*parsed);
  NotificationMessage message{.headers = std::move(*parsed), .body = {}};
  if (length) return take_body(*length, std::move(message));
  auto rest = take_rest();
  rest.message.headers = std::move(message.headers);
  drop_added_line_end(rest.message);
  return rest;
}

/// An editor ends a file with a line end, which was not signed.
void HttpDumpCutter::drop_added_line_end(NotificationMessage& message) const {
  if (!message.body.ends_with('\n') || reader_.is_signed(message)) return;
  auto without = message;
  without.body.erase(without.body.find_last_not_of("\r\n") + 1);
  if (reader_.is_signed(without)) message = std::move(without);
}

/// A line with its end, or a part of one that is too long; empty at the end of the input.
std::string_view HttpDumpCutter::read_line() {
  auto end = input_.bytes().find('\n');
  while (end == std::string_view::npos && input_.bytes().size() <= largest_head && input_.fill())
    end = input_.bytes().find('\n');
  return input_.bytes().substr(0, end == std::string_view::npos ? end : end + 1);
}

SavedMessage HttpDumpCutter::take_garbage() {
  std::string garbage;
  bool is_too_large = false;
  do {
    const auto line = read_line();
    is_too_large = is_too_large || garbage.size() + line.size() > largest_notification;
    if (!is_too_large) garbage.append(line);
    input_.skip(line.size());
  } while (!read_line().empty() && !is_start_line(trim(read_line())));
  return is_too_large ? too_large() : saved(std::move(garbage));
}

SavedMessage HttpDumpCutter::take_rest() {
  while (input_.bytes().size() <= largest_notification && input_.fill()) {
  }
  if (input_.bytes().size() > largest_notification) {
    while (!input_.bytes().empty() || input_.fill()) input_.skip(input_.bytes().size());
    return too_large();
  }
  std::string body{input_.bytes()};
  input_.skip(body.size());
  return saved(std::move(body));
}

SavedMessage HttpDumpCutter::take_body(std::size_t size, NotificationMessage message) {
  if (size > largest_notification) {
    take_garbage();
    return too_large();
  }
  while (input_.bytes().size() < size && input_.fill()) {
  }
  message.body = input_.bytes().substr(0, size);
  input_.skip(message.body.size());
  return {.message = std::move(message)};
}

bool HttpDumpCutter::holds_message() {
  const auto start = std::min(input_.bytes().find_first_not_of(" \t\r\n"), input_.bytes().size());
  const auto rest = input_.bytes().substr(start);
  const auto body = end_of_head(rest);
  if (body == std::string_view::npos) return false;
  const auto headers = parse_dump_headers(rest.substr(0, body));
  const auto* parsed = std::get_if<std::vector<HttpHeader>>(&headers);
  const auto length = parsed == nullptr ? std::nullopt : content_length(*parsed);
  return length && rest.size() - body >= *length;
}

}  // namespace wxpay::gateway
