#include "base/text.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <numeric>

namespace wxpay {

namespace {

/// Length of the UTF-8 sequence at the start of `bytes`, 0 when there is none.
std::size_t sequence_length(std::string_view bytes) {
  const auto at = [&](std::size_t index) { return static_cast<std::uint8_t>(bytes[index]); };
  const auto lead = at(0);
  if (lead < 0x80) return 1;
  std::size_t length = 0;
  if (lead >= 0xC2 && lead <= 0xDF) length = 2;
  if (lead >= 0xE0 && lead <= 0xEF) length = 3;
  if (lead >= 0xF0 && lead <= 0xF4) length = 4;
  if (length == 0 || bytes.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((at(i) & 0xC0U) != 0x80U) return 0;
  }
  if (lead == 0xE0 && at(1) < 0xA0) return 0;  // overlong
  if (lead == 0xED && at(1) > 0x9F) return 0;  // surrogate
  if (lead == 0xF0 && at(1) < 0x90) return 0;  // overlong
  if (lead == 0xF4 && at(1) > 0x8F) return 0;  // above U+10FFFF
  return length;
}

/// The number of leading ASCII bytes. Reads eight bytes at a time, as most input is ASCII.
std::size_t ascii_prefix(std::string_view bytes) {
  constexpr std::uint64_t high_bits = 0x8080808080808080U;
  std::size_t length = 0;
  std::uint64_t word = 0;
  while (length + sizeof(word) <= bytes.size()) {
    std::memcpy(&word, bytes.data() + length, sizeof(word));
    if ((word & high_bits) != 0) break;
    length += sizeof(word);
  }
  while (length < bytes.size() && static_cast<std::uint8_t>(bytes[length]) < 0x80) ++length;
  return length;
}

/// The edit distance: insertions, deletions, replacements, and swaps of neighbours.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> above(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::swap(before, above);
    std::swap(above, row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({replaced, row[j - 1] + 1, above[j] + 1});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row.back();
}

std::string in_hex(std::string_view bytes, const char* digits) {
  std::string hex(bytes.size() * 2, '0');
  auto at = hex.begin();
  for (const char c : bytes) {
    const auto byte = static_cast<std::uint8_t>(c);
    *at++ = digits[byte >> 4U];
    *at++ = digits[byte & 0x0FU];
  }
  return hex;
}

constexpr bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f';
}

}  // namespace

bool is_utf8(std::string_view bytes) {
  while (!bytes.empty()) {
    bytes.remove_prefix(ascii_prefix(bytes));
    if (bytes.empty()) return true;
    const auto length = sequence_length(bytes);
    if (length == 0) return false;
    bytes.remove_prefix(length);
  }
  return true;
}

bool has_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<std::uint8_t>(c);
    return byte < 0x20 || byte == 0x7F;
  });
}

std::size_t unshowable_prefix(std::string_view text) {
  const auto at = [text](std::size_t index) {
    return index < text.size() ? static_cast<std::uint8_t>(text[index]) : std::uint8_t{0};
  };
  const auto within = [](std::uint8_t byte, int first, int last) { return byte >= first && byte <= last; };
  if (text.empty()) return 0;
  const auto first = at(0);
  if (first < 0x20 || first == 0x7F) return 1;
  // Some terminals take U+009B for the start of a sequence, and the byte 9B alone as well.
  if (within(first, 0x80, 0x9F)) return 1;
  if (first == 0xC2 && within(at(1), 0x80, 0x9F)) return 2;
  if (first == 0xD8 && at(1) == 0x9C) return 2;  // U+061C
  if (first != 0xE2) return 0;
  const bool turns_or_ends =
      (at(1) == 0x80 && (within(at(2), 0x8E, 0x8F) || within(at(2), 0xA8, 0xAE))) ||
      (at(1) == 0x81 && within(at(2), 0xA6, 0xA9));  // U+200E, 200F, 2028-202E, 2066-2069
  return turns_or_ends ? 3 : 0;
}

std::string without_control_characters(std::string text) {
  if (std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7F; })) return text;
  const std::string_view all{text};
  for (std::size_t i = 0; i < text.size();) {
    if (const auto length = unshowable_prefix(all.substr(i)); length > 0) {
      std::fill_n(text.begin() + static_cast<std::ptrdiff_t>(i), length, ' ');
      i += length;
    } else {
      i += std::max<std::size_t>(sequence_length(all.substr(i)), 1);
    }
  }
  return text;
}

std::string shortened(std::string_view text) {
  constexpr std::size_t longest = 64;
  if (text.size() <= longest) return std::string{text};
  text = text.substr(0, longest);
  // Not in the middle of a character, which has four bytes at most.
  for (int cut = 0; cut < 3 && !is_utf8(text); ++cut) text.remove_suffix(1);
  return std::string{text} + "…";
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

bool has_outer_blank(std::string_view text) { return trim(text).size() != text.size(); }

bool is_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_visible(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

std::string to_hex(std::string_view bytes) { return in_hex(bytes, "0123456789abcdef"); }

std::string to_upper_hex(std::string_view bytes) { return in_hex(bytes, "0123456789ABCDEF"); }

std::string to_lower(std::string_view text) {
  std::string lower{text};
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

std::string to_upper(std::string_view text) {
  std::string upper{text};
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return upper;
}

std::string listed(std::span<const std::string> items, std::string_view last_word) {
  std::string text;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0 && i + 1 == items.size()) {
      text.append(" ").append(last_word).append(" ");
    } else if (i > 0) {
      text += ", ";
    }
    text += items[i];
  }
  return text;
}

std::optional<std::string> nearest(std::string_view typed, std::span<const std::string> candidates) {
  std::optional<std::string> best;
  // A third of the letters may be wrong, at least one and at most three.
  std::size_t best_distance = std::clamp<std::size_t>(typed.size() / 3, 1, 3) + 1;
  for (const auto& candidate : candidates) {
    // The difference of lengths is a lower bound of the distance, and skips very long words.
    const auto longer = std::max(typed.size(), candidate.size()) - std::min(typed.size(), candidate.size());
    if (longer >= best_distance) continue;
    const auto distance = edit_distance(typed, candidate);
    if (distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

}  // namespace wxpay
