#pragma once

#include <string>
#include <vector>

namespace wxpay::cli {

/// Runs one command line (without the program's name) and gives the exit code of wxpayctl(1).
int run(const std::vector<std::string>& arguments);

}  // namespace wxpay::cli
