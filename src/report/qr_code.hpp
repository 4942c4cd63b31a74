#pragma once

#include <string>
#include <string_view>

namespace wxpay::report {

/// A QR code of half-block characters, two modules a character, dark on light by explicit colours, with its
/// quiet zone, so that any terminal shows something a phone can scan. Ends with a line end.
std::string qr_code(std::string_view content);

}  // namespace wxpay::report
