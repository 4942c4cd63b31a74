#pragma once

#include <string_view>

namespace wxpay::cli {

/// Thrown when nobody reads standard output any more; the program ends as after Ctrl-C, quietly and with 0.
struct OutputClosed {};

/// Writes all of it, unbuffered, so that what a script has read was done.
/// @throws Error{file}, OutputClosed
void write_standard_output(std::string_view text);

/// Writes what it can: when standard error is closed there is nowhere left to say so.
void write_standard_error(std::string_view text) noexcept;

}  // namespace wxpay::cli
