#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace wxpay {

/// Whether the bytes are UTF-8: no overlong form, no surrogate, nothing above U+10FFFF.
bool is_utf8(std::string_view bytes);

/// Whether the text holds a control character (C0 or DEL).
bool has_control_character(std::string_view text);

/// How many bytes the character has at the start of the text that no terminal may be shown: a control
/// character (C0, DEL, C1), or one that ends a line or turns the direction of writing (U+2028, U+202E and
/// their like). 0 where it is another.
std::size_t unshowable_prefix(std::string_view text);

/// The text with a blank for each byte of such a character, so that it stays one line and reads as it is.
std::string without_control_characters(std::string text);

/// The text, or its beginning and an ellipsis where it is longer than a name in a message should be.
std::string shortened(std::string_view text);

bool has_outer_blank(std::string_view text);
std::string_view trim(std::string_view text);

/// Digits alone, at least one.
bool is_digits(std::string_view text);

/// Visible ASCII alone, at least one character.
bool is_visible(std::string_view text);

/// Lower-case hex, and upper-case.
std::string to_hex(std::string_view bytes);
std::string to_upper_hex(std::string_view bytes);

std::string to_lower(std::string_view text);

/// The candidate nearest to what was typed, when it is near enough to be what was meant.
std::optional<std::string> nearest(std::string_view typed, std::span<const std::string> candidates);

}  // namespace wxpay
