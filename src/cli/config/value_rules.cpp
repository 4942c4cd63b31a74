#include "cli/config/value_rules.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "base/url.hpp"
#include "cli/config/config_keys.hpp"

namespace wxpay::cli {

namespace {

/// Of an API v2 key and of an APIv3 key.
constexpr std::size_t key_length = 32;
constexpr std::size_t longest_profile_name = 64;
constexpr std::string_view wechat_host = "api.mch.weixin.qq.com";

bool is_visible_ascii(char c) { return c > ' ' && c <= '~'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alphanumeric(char c) { return is_letter(c) || is_digit(c); }

template <class Predicate>
bool all_of(std::string_view text, Predicate predicate) {
  return std::all_of(text.begin(), text.end(), predicate);
}

std::string key_fault(std::string_view key, const char* kind) {
  if (key.size() != key_length) {
    return "has " + std::to_string(key.size()) + " bytes; " + kind + " has exactly 32";
  }
  return all_of(key, is_visible_ascii) ? "" : "has a blank, a control or a non-ASCII character among its 32";
}

}  // namespace

std::string address_fault(std::string_view url) {
  const auto parsed = parse_url(url);
  if (!parsed.url) return parsed.fault;
  return parsed.url->has_fragment ? "has a fragment (`#…`)" : "";
}

std::string profile_name_fault(std::string_view name) {
  if (name.empty()) return "is empty";
  if (name.size() > longest_profile_name) return "is longer than 64 bytes";
  if (name.front() == '.' || name.front() == '-') return "begins with `.` or `-`";
  if (!is_utf8(name) || has_control_character(name)) return "has bytes that cannot be in a name";
  if (name.find_first_of(" /\\") != std::string_view::npos) return "has a blank, `/` or `\\`";
  return "";
}

std::string v2_key_fault(std::string_view key) { return key_fault(key, "a v2 key"); }

std::string apiv3_key_fault(std::string_view key) { return key_fault(key, "an APIv3 key"); }

std::string shown_value(std::string_view key, std::string_view value) {
  const bool may_show = !is_secret_key(key) && value.find('@') == std::string_view::npos;
  return may_show ? " " + printable(value) : "";
}

bool is_secret_key(std::string_view key) {
  const auto* const known = find_key(key);
  return known != nullptr && known->secret;
}

bool looks_like_key(std::string_view text) {
  // A blank, a line end or an invisible character may have come along when it was copied.
  std::size_t run = 0;
  for (const char c : text) {
    if (is_alphanumeric(c)) {
      ++run;
    } else if (run == key_length) {
      return true;
    } else {
      run = 0;
    }
  }
  return run == key_length;
}

std::string without_trailing_slash(std::string_view url) {
  while (!url.empty() && url.back() == '/') url.remove_suffix(1);
  return std::string{url};
}

bool is_wechat_host(std::string_view url) {
  const auto parsed = parse_url(url);
  return parsed.url && to_lower(parsed.url->host) == wechat_host;
}

bool is_wechat_gateway(std::string_view url) {
  const auto parsed = parse_url(url);
  return parsed.url && to_lower(parsed.url->host) == wechat_host && parsed.url->port.empty() &&
         without_trailing_slash(parsed.url->path).empty();
}

std::string printable(std::string_view text) {
  constexpr std::size_t longest = 60;
  if (!is_utf8(text) || has_control_character(text) || text.size() > longest || looks_like_key(text)) {
    return "of " + std::to_string(text.size()) + " bytes";
  }
  return "`" + std::string{text} + "`";
}

std::string shell_quoted(const std::string& text) {
  const auto is_plain = [](char c) {
    return is_alphanumeric(c) || std::string_view{"/._-+,:@%"}.find(c) != std::string_view::npos;
  };
  if (!text.empty() && text.front() != '-' && all_of(text, is_plain)) return text;
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

}  // namespace wxpay::cli
