#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace wxpay {

/// One hundredth of a yuan: the only unit that the API and the ledger use.
class Fen {
 public:
  constexpr explicit Fen(std::int64_t count) : count_{count} {}
  constexpr std::int64_t count() const { return count_; }
  friend constexpr auto operator<=>(Fen, Fen) = default;
  friend constexpr Fen operator+(Fen a, Fen b) {
    std::int64_t sum = 0;
    if (__builtin_add_overflow(a.count_, b.count_, &sum)) throw std::overflow_error{"Fen sum overflows"};
    return Fen{sum};
  }

 private:
  std::int64_t count_;
};

/// The largest amount of one order: ten digits of fen.
inline constexpr Fen largest_fee{9'999'999'999};

/// An order's amount in fen as a person or a script writes it: `[1-9][0-9]*`, at most ten digits. Nothing
/// else, so no sign, blank, exponent, leading zero or full-width digit; empty otherwise.
std::optional<Fen> parse_fen(std::string_view text);

/// The same from yuan: an exact decimal of at most two places, never rounded, above zero.
std::optional<Fen> parse_yuan(std::string_view text);

/// In yuan with two decimals, for people: "10.00".
std::string format_yuan(Fen amount);

/// An amount as WeChat Pay's answers carry it: like parse_fen, but 0 is an amount (a cash_fee may be 0).
std::optional<Fen> parse_wire_fen(std::string_view text);

}  // namespace wxpay
