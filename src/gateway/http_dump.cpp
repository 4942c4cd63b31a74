#include "gateway/http_dump.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>

#include "base/number.hpp"
#include "base/text.hpp"

namespace wxpay::gateway {

namespace {

constexpr std::size_t most_headers = 200;

/// The first line, taken off the text, without its line end.
std::string_view take_line(std::string_view& text) {
  const auto end = std::min(text.find('\n'), text.size());
  auto line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

bool is_header_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view{"!#$%&'*+-.^_`|~"}.find(c) != std::string_view::npos;
  });
}

bool is_start_line(std::string_view line) {
  if (line.starts_with("HTTP/")) return true;
  const auto version = line.rfind(" HTTP/");
  return version != std::string_view::npos && line.find(':') > line.find(' ');
}

bool begins_dump(std::string_view start) {
  const auto line = take_line(start);
  return is_start_line(line) ||
         (line.find(':') != std::string_view::npos && is_header_name(line.substr(0, line.find(':'))));
}

std::size_t end_of_head(std::string_view text) {
  std::size_t at = 0;
  while (true) {
    const auto end = text.find('\n', at);
    if (end == std::string_view::npos) return std::string_view::npos;
    auto line = text.substr(at, end - at);
    if (line.ends_with('\r')) line.remove_suffix(1);
    at = end + 1;
    if (line.empty()) return at;
  }
}

std::variant<std::vector<HttpHeader>, wire::Malformed> parse_dump_headers(std::string_view head) {
  std::vector<HttpHeader> headers;
  bool first = true;
  while (!head.empty()) {
    const auto line = take_line(head);
    if (line.empty()) break;
    const bool may_be_start = first;
    first = false;
    if (may_be_start && is_start_line(line)) continue;
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || !is_header_name(line.substr(0, colon)))
      return wire::Malformed{"it is neither XML nor JSON, and no header stands where one should be"};
    const auto value = trim(line.substr(colon + 1));
    if (has_control_character(value)) return wire::Malformed{"a header has a control character"};
    if (headers.size() == most_headers) return wire::Malformed{"it has too many headers"};
    headers.push_back({std::string{line.substr(0, colon)}, std::string{value}});
  }
  return headers;
}

std::optional<std::size_t> content_length(const std::vector<HttpHeader>& headers) {
  for (const auto& header : headers) {
    if (to_lower(header.name) != "content-length" || !is_digits(header.value)) continue;
    return parse_integer<std::size_t>(header.value).value_or(std::numeric_limits<std::size_t>::max());
  }
  return std::nullopt;
}

std::variant<HttpDump, wire::Malformed> parse_http_dump(std::string_view text) {
  const auto body = end_of_head(text);
  if (body == std::string_view::npos) return wire::Malformed{"no blank line stands between headers and body"};
  auto headers = parse_dump_headers(text.substr(0, body));
  if (auto* malformed = std::get_if<wire::Malformed>(&headers)) return std::move(*malformed);
  HttpDump dump{std::get<std::vector<HttpHeader>>(std::move(headers)), std::string{text.substr(body)}};
  const auto length = content_length(dump.headers);
  if (length && *length < dump.body.size() && trim(std::string_view{dump.body}.substr(*length)).empty())
    dump.body.resize(*length);
  return dump;
}

}  // namespace wxpay::gateway
