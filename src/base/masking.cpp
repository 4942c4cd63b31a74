#include "base/masking.hpp"

#include <optional>

namespace wxpay {

namespace {

char in_lower_case(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_same_letter(char a, char b) { return in_lower_case(a) == in_lower_case(b); }

std::optional<int> digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = in_lower_case(c);
  if (lower >= 'a' && lower <= 'f') return lower - 'a' + 10;
  return std::nullopt;
}

/// The byte that the first two characters spell in hex.
std::optional<char> hex_byte(std::string_view text) {
  if (text.size() < 2) return std::nullopt;
  const auto high = digit_of(text[0]);
  const auto low = digit_of(text[1]);
  if (!high || !low) return std::nullopt;
  return static_cast<char>(*high * 16 + *low);
}

/// The number of characters at the text's start that spell this byte of the secret; 0 where none do.
std::size_t spelt_plainly(std::string_view text, char byte) {
  return !text.empty() && is_same_letter(text.front(), byte) ? 1 : 0;
}

std::size_t spelt_percent_encoded(std::string_view text, char byte) {
  const auto decoded = text.starts_with('%') ? hex_byte(text.substr(1)) : std::nullopt;
  return decoded && is_same_letter(*decoded, byte) ? 3 : spelt_plainly(text, byte);
}

std::size_t spelt_in_hex(std::string_view text, char byte) {
  const auto decoded = hex_byte(text);
  return decoded && is_same_letter(*decoded, byte) ? 2 : 0;
}

/// The length of the secret at the text's start in this spelling; 0 where the text does not start with it.
template <class Spelling>
std::size_t length_of(std::string_view secret, std::string_view text, Spelling spelt) {
  std::size_t length = 0;
  for (const char byte : secret) {
    const auto step = spelt(text.substr(length), byte);
    if (step == 0) return 0;
    length += step;
  }
  return length;
}

std::size_t secret_length_at_start(std::string_view text, std::string_view secret) {
  if (text.size() < secret.size()) return 0;
  auto length = length_of(secret, text, spelt_plainly);
  if (length == 0) length = length_of(secret, text, spelt_percent_encoded);
  if (length == 0 && text.size() >= 2 * secret.size()) length = length_of(secret, text, spelt_in_hex);
  return length;
}

}  // namespace

std::string mask_secret(std::string_view text, const Secret& secret) {
  std::string masked;
  masked.reserve(text.size());
  while (!text.empty()) {
    const auto length = secret_length_at_start(text, secret.reveal());
    if (length > 0) {
      masked += secret_mask;
    } else {
      masked += text.front();
    }
    text.remove_prefix(length > 0 ? length : 1);
  }
  return masked;
}

bool holds_secret(std::string_view text, const Secret& secret) {
  for (; text.size() >= secret.reveal().size() && !text.empty(); text.remove_prefix(1)) {
    if (secret_length_at_start(text, secret.reveal()) > 0) return true;
  }
  return false;
}

}  // namespace wxpay
