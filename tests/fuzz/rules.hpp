#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>

#include "wxpay/fields.hpp"

namespace wxpay::fuzz {

/// A rule that an input broke.
class Broken : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

/// @param rule  what holds for every input
inline void expect(bool holds, const char* rule) {
  if (!holds) throw Broken{rule};
}

/// Gives a text out in pieces, as a pipe may.
class Pieces {
 public:
  Pieces(std::string_view text, std::size_t largest) : rest_{text}, largest_{largest} {}

  std::size_t operator()(char* buffer, std::size_t size) {
    const auto piece = rest_.substr(0, std::min(size, largest_));
    if (!piece.empty()) std::memcpy(buffer, piece.data(), piece.size());
    rest_.remove_prefix(piece.size());
    return piece.size();
  }

 private:
  std::string_view rest_;
  std::size_t largest_;
};

inline bool same(const Fields& a, const Fields& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

}  // namespace wxpay::fuzz
