#include "wxpay/identifiers.hpp"

#include <algorithm>

#include "wxpay/error.hpp"

namespace wxpay {

namespace {

constexpr bool is_allowed(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || c == '-' ||
         c == '|' || c == '*';
}

}  // namespace

OutTradeNo OutTradeNo::parse(std::string_view text) {
  if (text.empty()) throw Error{ErrorKind::usage, "out_trade_no is empty"};
  if (text.size() > OutTradeNo::longest) {
    throw Error{ErrorKind::usage,
                "out_trade_no is longer than 32 bytes: it has " + std::to_string(text.size())};
  }
  if (!std::all_of(text.begin(), text.end(), is_allowed)) {
    throw Error{ErrorKind::usage, "out_trade_no has a character outside 0-9 A-Z a-z _ - | *"};
  }
  return OutTradeNo{std::string{text}};
}

std::optional<OutTradeNo> OutTradeNo::try_parse(std::string_view text) {
  if (text.empty() || text.size() > OutTradeNo::longest) return std::nullopt;
  if (!std::all_of(text.begin(), text.end(), is_allowed)) return std::nullopt;
  return OutTradeNo{std::string{text}};
}

}  // namespace wxpay
