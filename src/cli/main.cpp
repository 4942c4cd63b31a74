#include "cli/run.hpp"
#include "cli/secrecy.hpp"
#include "cli/streams.hpp"
#include "wxpay/ledger.hpp"

int main(int argc, char** argv) {
  wxpay::cli::occupy_closed_streams();
  wxpay::cli::keep_secrets_in_memory();
  wxpay::spare_memory_statistics();
  return wxpay::cli::run({argv + 1, argv + argc});
}
