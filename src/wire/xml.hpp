#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

#include "wire/malformed.hpp"
#include "wxpay/fields.hpp"

namespace wxpay::wire {

inline constexpr std::size_t largest_message = 65'536;

/// Reads one flat API v2 document: a root element whose children hold text. Values are the decoded text to
/// the byte, nothing trimmed. Refuses what the reference, section 18, refuses: a DOCTYPE or any entity beyond
/// the five, nested or repeated elements, text after the root, non-UTF-8, NUL, and more than `largest` bytes.
std::variant<Fields, Malformed> parse_xml(std::string_view document, std::size_t largest = largest_message);

/// `<xml><name><![CDATA[value]]></name>…</xml>`
std::string to_xml(const Fields& fields);

}  // namespace wxpay::wire
