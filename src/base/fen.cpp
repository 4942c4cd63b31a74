#include "wxpay/fen.hpp"

#include "base/text.hpp"

namespace wxpay {

namespace {

/// At most twelve digits, so that the sum cannot overflow.
std::int64_t to_number(std::string_view digits) {
  std::int64_t number = 0;
  for (const char c : digits) number = number * 10 + (c - '0');
  return number;
}

}  // namespace

std::optional<Fen> parse_wire_fen(std::string_view text) {
  if (text == "0") return Fen{0};
  return parse_fen(text);
}

std::optional<Fen> parse_fen(std::string_view text) {
  if (!is_digits(text) || text.size() > 10 || text.front() == '0') return std::nullopt;
  return Fen{to_number(text)};
}

std::optional<Fen> parse_yuan(std::string_view text) {
  const auto point = text.find('.');
  const auto whole = text.substr(0, point);
  const auto places = point == std::string_view::npos ? std::string_view{} : text.substr(point + 1);
  const bool whole_is_sound = is_digits(whole) && whole.size() <= 8 && (whole == "0" || whole.front() != '0');
  const bool places_are_sound = point == std::string_view::npos || (is_digits(places) && places.size() <= 2);
  if (!whole_is_sound || !places_are_sound) return std::nullopt;
  const std::int64_t tenths = places.empty() ? 0 : places[0] - '0';
  const std::int64_t hundredths = places.size() < 2 ? 0 : places[1] - '0';
  const Fen amount{to_number(whole) * 100 + tenths * 10 + hundredths};
  if (amount < Fen{1}) return std::nullopt;
  return amount;
}

std::string format_yuan(Fen amount) {
  constexpr std::int64_t fen_of_a_yuan = 100;
  const auto cents = std::to_string(amount.count() % fen_of_a_yuan);
  return std::to_string(amount.count() / fen_of_a_yuan) + (cents.size() == 1 ? ".0" : ".") + cents;
}

}  // namespace wxpay
