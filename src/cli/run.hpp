#pragma once

#include <string>
#include <vector>

namespace wxpay::cli {

/// Runs one command line (without the program's name) and gives the exit code of contract section 1.
int run(const std::vector<std::string>& arguments);

}  // namespace wxpay::cli
