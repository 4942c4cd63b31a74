#include "crypto/base64.hpp"

#include <array>
#include <cstdint>
#include <utility>

namespace wxpay::crypto {

namespace {

constexpr std::string_view alphabet{"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"};
constexpr std::uint32_t no_digit = 64;

constexpr std::array<std::uint8_t, 256> digit_values = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(no_digit);
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    values[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return values;
}();

std::uint32_t value_of(char digit) { return digit_values[static_cast<unsigned char>(digit)]; }

std::uint32_t byte_of(char c) { return static_cast<unsigned char>(c); }

char char_of(std::uint32_t bits) { return static_cast<char>(bits & 0xFFU); }

/// The last group, which has padding.
bool append_padded(std::string& bytes, std::string_view group) {
  const auto a = value_of(group[0]);
  const auto b = value_of(group[1]);
  if (a == no_digit || b == no_digit) return false;
  if (group[2] == '=') {
    if ((b & 0xFU) != 0) return false;  // bits that no byte takes
    bytes += char_of(a << 2U | b >> 4U);
    return true;
  }
  const auto c = value_of(group[2]);
  if (c == no_digit || (c & 0x3U) != 0) return false;
  bytes += char_of(a << 2U | b >> 4U);
  bytes += char_of(b << 4U | c >> 2U);
  return true;
}

}  // namespace

std::string to_base64(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (; !bytes.empty(); bytes.remove_prefix(bytes.size() < 3 ? bytes.size() : 3)) {
    const auto first = byte_of(bytes[0]);
    const auto second = bytes.size() > 1 ? byte_of(bytes[1]) : 0;
    const auto third = bytes.size() > 2 ? byte_of(bytes[2]) : 0;
    const auto bits = first << 16U | second << 8U | third;
    text += alphabet[bits >> 18U];
    text += alphabet[bits >> 12U & 63U];
    text += bytes.size() > 1 ? alphabet[bits >> 6U & 63U] : '=';
    text += bytes.size() > 2 ? alphabet[bits & 63U] : '=';
  }
  return text;
}

std::optional<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::string bytes;
  // All of it at once: a buffer that grows would leave copies of a secret behind.
  bytes.reserve(text.size() / 4 * 3);
  for (; !text.empty(); text.remove_prefix(4)) {
    const auto group = text.substr(0, 4);
    if (text.size() == 4 && group[3] == '=') {
      return append_padded(bytes, group) ? std::optional{std::move(bytes)} : std::nullopt;
    }
    const auto a = value_of(group[0]);
    const auto b = value_of(group[1]);
    const auto c = value_of(group[2]);
    const auto d = value_of(group[3]);
    if (((a | b | c | d) & no_digit) != 0) return std::nullopt;
    bytes += char_of(a << 2U | b >> 4U);
    bytes += char_of(b << 4U | c >> 2U);
    bytes += char_of(c << 6U | d);
  }
  return bytes;
}

}  // namespace wxpay::crypto
