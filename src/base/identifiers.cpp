#include "wxpay/identifiers.hpp"

#include <algorithm>

#include "wxpay/error.hpp"

namespace wxpay {

namespace {

/// What a number of the merchant's own may be.
struct NumberRule {
  std::string_view name;
  std::size_t longest;  ///< in bytes
  std::string_view signs;
};

constexpr NumberRule order_number{"out_trade_no", OutTradeNo::longest, "_-|*"};
constexpr NumberRule refund_number{"out_refund_no", OutRefundNo::longest, "_-|*@"};

bool has_other_characters(std::string_view text, const NumberRule& rule) {
  return !std::all_of(text.begin(), text.end(), [&rule](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           rule.signs.find(c) != std::string_view::npos;
  });
}

/// What is wrong with it; empty where nothing is.
std::string fault_of(std::string_view text, const NumberRule& rule) {
  const std::string name{rule.name};
  if (text.empty()) return name + " is empty";
  if (text.size() > rule.longest) {
    return name + " is longer than " + std::to_string(rule.longest) + " bytes: it has " +
           std::to_string(text.size());
  }
  if (!has_other_characters(text, rule)) return {};
  auto fault = name + " has a character outside 0-9 A-Z a-z";
  for (const char sign : rule.signs) fault.append(1, ' ').append(1, sign);
  return fault;
}

bool is_number(std::string_view text, const NumberRule& rule) {
  return !text.empty() && text.size() <= rule.longest && !has_other_characters(text, rule);
}

void check(std::string_view text, const NumberRule& rule) {
  if (const auto fault = fault_of(text, rule); !fault.empty()) throw Error{ErrorKind::usage, fault};
}

}  // namespace

OutTradeNo OutTradeNo::parse(std::string_view text) {
  check(text, order_number);
  return OutTradeNo{std::string{text}};
}

std::optional<OutTradeNo> OutTradeNo::try_parse(std::string_view text) {
  if (!is_number(text, order_number)) return std::nullopt;
  return OutTradeNo{std::string{text}};
}

OutRefundNo OutRefundNo::parse(std::string_view text) {
  check(text, refund_number);
  return OutRefundNo{std::string{text}};
}

std::optional<OutRefundNo> OutRefundNo::try_parse(std::string_view text) {
  if (!is_number(text, refund_number)) return std::nullopt;
  return OutRefundNo{std::string{text}};
}

}  // namespace wxpay
