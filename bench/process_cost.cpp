// Runs a command once and prints what it took, as one JSON object:
//
//   wxpay_process_cost COMMAND…

#include <cstdio>
#include <exception>

#include "child_process.hpp"

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("usage: wxpay_process_cost COMMAND…\n", stderr);
    return 2;
  }
  try {
    const auto cost = wxpay::bench::run({argv + 1, argv + argc});
    std::printf("{\"seconds\":%.4f,\"cpuSeconds\":%.4f,\"peakRssKib\":%ld}\n", cost.seconds, cost.cpu_seconds,
                cost.peak_rss_kib);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "wxpay_process_cost: %s\n", error.what());
    return 1;
  }
  return 0;
}
