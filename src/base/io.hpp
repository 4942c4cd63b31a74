#pragma once

#include <string_view>

namespace wxpay {

/// Writes all of it to a descriptor that blocks; signals do not end it.
/// @return 0, or the error number
int write_all(int descriptor, std::string_view bytes) noexcept;

}  // namespace wxpay
