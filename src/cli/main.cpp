#include "cli/run.hpp"
#include "wxpay/ledger.hpp"

int main(int argc, char** argv) {
  wxpay::spare_memory_statistics();
  return wxpay::cli::run({argv + 1, argv + argc});
}
