#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace wxpay::ledger {

/// Bytes, as opposed to text.
struct Blob {
  std::string_view bytes;
};

/// A text that has a NUL behind it, as every std::string has: a store may be given its address alone.
class EndedText {
 public:
  explicit EndedText(const std::string& text) : bytes_{text} {}
  explicit EndedText(std::string&&) = delete;
  std::string_view bytes() const noexcept { return bytes_; }

 private:
  std::string_view bytes_;
};

/// What one column holds: nothing, a number, a text or bytes. A view; the owner is whoever made it.
using Value = std::variant<std::monostate, std::int64_t, std::string_view, EndedText, Blob>;

/// Whether a column is NULL.
inline bool is_null(const Value& value) { return std::holds_alternative<std::monostate>(value); }

/// The text of a value; nothing where it is none.
inline std::optional<std::string_view> text_in(const Value& value) {
  if (const auto* ended = std::get_if<EndedText>(&value)) return ended->bytes();
  const auto* text = std::get_if<std::string_view>(&value);
  return text == nullptr ? std::nullopt : std::optional{*text};
}

/// The text or the bytes of a value; empty where it has neither.
inline std::string_view text_of(const Value& value) {
  const auto* blob = std::get_if<Blob>(&value);
  return blob == nullptr ? text_in(value).value_or(std::string_view{}) : blob->bytes;
}

/// The number of a value; 0 where it is none.
inline std::int64_t number_in(const Value& value) {
  const auto* number = std::get_if<std::int64_t>(&value);
  return number == nullptr ? 0 : *number;
}

}  // namespace wxpay::ledger
