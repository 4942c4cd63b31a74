#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace wxpay::cli {

/// All of a file, or of standard input for "-".
/// @throws Error{file} when it cannot be read, Error{usage} when it is larger than `largest` bytes
std::string read_input(const std::string& path, std::size_t largest);

/// A whole number of an option.
/// @throws Error{usage}
std::int64_t parse_count(const char* option, const std::string& text, std::int64_t least, std::int64_t most);

/// What is wrong with an option's value: a script's unset variable must not count as no option at all.
std::string refuse_empty(const std::string& value);

}  // namespace wxpay::cli
