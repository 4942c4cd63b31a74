#include "cli/guarded_output.hpp"

#include <utility>

#include "cli/exit_code.hpp"

namespace wxpay::cli {

int KeptFailures::tell(Output& output) {
  int code = exit_done;
  for (const auto& failure : std::exchange(failures_, {})) {
    try {
      std::rethrow_exception(failure);
    } catch (const Error& error) {
      output.report(error);
      code = gravest(code, exit_code(error.kind()));
    }
  }
  return code;
}

}  // namespace wxpay::cli
