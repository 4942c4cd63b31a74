#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace wxpay {

/// A text with gaps: prepared once, filled in many times.
class TextTemplate {
 public:
  /// The placeholder of a gap, numbered 0 to 9: a character that no real text holds and that neither JSON nor
  /// CSV escapes.
  static std::string gap(std::size_t number);

  explicit TextTemplate(std::string_view text);

  /// Appends the text with these values in its gaps, by their numbers.
  void append_to(std::string& out, std::initializer_list<std::string_view> values) const;

 private:
  struct Piece {
    std::string text;  ///< before the gap
    std::size_t gap;
  };
  std::vector<Piece> pieces_;
  std::string end_;
};

}  // namespace wxpay
