#include "base/text_template.hpp"

#include <cassert>

namespace wxpay {

namespace {

// U+E000 to U+E009, for private use.
constexpr std::string_view lead = "\xEE\x80";
constexpr char first_tail = '\x80';

}  // namespace

std::string TextTemplate::gap(std::size_t number) {
  assert(number < 10);
  return std::string{lead} + static_cast<char>(first_tail + static_cast<char>(number));
}

TextTemplate::TextTemplate(std::string_view text) {
  for (auto at = text.find(lead); at != std::string_view::npos; at = text.find(lead)) {
    const auto number = static_cast<unsigned char>(text.at(at + lead.size()) - first_tail);
    pieces_.push_back({std::string{text.substr(0, at)}, number});
    text.remove_prefix(at + lead.size() + 1);
  }
  end_ = text;
}

void TextTemplate::append_to(std::string& out, std::initializer_list<std::string_view> values) const {
  for (const auto& piece : pieces_) {
    assert(piece.gap < values.size());
    out += piece.text;
    out += values.begin()[piece.gap];
  }
  out += end_;
}

}  // namespace wxpay
