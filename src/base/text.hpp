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

/// The length in bytes of an unsafe character at the start of the text; 0 where the first character is safe.
/// Unsafe for a terminal are control characters (C0, DEL, C1), line separators and marks that turn the
/// direction of writing (U+2028, U+202E and similar).
std::size_t unshowable_prefix(std::string_view text);

/// The text with a blank in place of each byte of an unsafe character, so that it stays one line.
std::string without_control_characters(std::string text);

/// The text; one that is too long for a message is cut and ends with an ellipsis.
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

/// Of ASCII letters alone.
std::string to_lower(std::string_view text);
std::string to_upper(std::string_view text);

/// "A, B or C" where the word is "or".
std::string listed(std::span<const std::string> items, std::string_view last_word);

/// The candidate with the fewest typing errors, if the errors are few enough (for "did you mean").
std::optional<std::string> nearest(std::string_view typed, std::span<const std::string> candidates);

}  // namespace wxpay
