#pragma once

#include <string>

namespace wxpay::cli {

/// The program's version and those of the libraries in use.
std::string version_text();

}  // namespace wxpay::cli
