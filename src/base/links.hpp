#pragma once

#include <filesystem>

namespace wxpay {

/// A path with the links at its end followed, as far as they lead; the last name need not exist.
std::filesystem::path without_links(std::filesystem::path path);

}  // namespace wxpay
