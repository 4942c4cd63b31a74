#include "cli/run.hpp"
#include "cli/streams.hpp"
#include "wxpay/ledger.hpp"

int main(int argc, char** argv) {
  wxpay::cli::occupy_closed_streams();
  wxpay::spare_memory_statistics();
  return wxpay::cli::run({argv + 1, argv + argc});
}
