#pragma once

#include <string>
#include <vector>

namespace wxpay::bench {

using Arguments = std::vector<std::string>;

/// What one run of a program took, all of its threads together.
struct Cost {
  double seconds = 0;
  double cpu_seconds = 0;  ///< user and system
  long peak_rss_kib = 0;
};

/// Runs a program directly, without a shell, with nothing to read and its standard output thrown away.
/// @throws std::runtime_error when it cannot be started or does not end with 0: that would measure something
/// else
Cost run(Arguments command);

}  // namespace wxpay::bench
