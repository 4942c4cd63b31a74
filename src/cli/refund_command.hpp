#pragma once

#include <string>

#include "cli/gateways.hpp"
#include "cli/output.hpp"
#include "cli/services.hpp"

namespace wxpay::cli {

struct RefundBatchArguments {
  std::string file;
  JobOptions jobs;
  std::string max_errors;
  std::string failed_file;
  bool dry_run = false;
};

/// `refund --batch`.
int run_refund_batch(const RefundBatchArguments& arguments, Services& services, Output& output);

}  // namespace wxpay::cli
