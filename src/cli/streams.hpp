#pragma once

#include <string_view>

#include "wxpay/clock.hpp"

namespace wxpay::cli {

/// Thrown when nobody reads standard output any more; the command ends as after Ctrl-C, without a message.
struct OutputClosed {};

/// Puts /dev/null where a standard stream is closed, for the other direction: nothing that is opened later
/// becomes a standard stream, and to use one that is closed stays an error.
void occupy_closed_streams() noexcept;

/// Writes all of it, unbuffered, so that what a script has read was done. Where the stream does not block, it
/// waits until there is room; after a stop, for a few seconds only.
/// @throws Error{file}, Error{interrupted}, OutputClosed
void write_standard_output(std::string_view text, const Stop& stop);

/// Writes what it can: when standard error is closed there is nowhere left to say so.
void write_standard_error(std::string_view text) noexcept;

}  // namespace wxpay::cli
