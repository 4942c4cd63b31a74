#pragma once

#include <string>
#include <vector>

#include "app/create_order.hpp"
#include "cli/gateways.hpp"
#include "cli/output.hpp"
#include "cli/services.hpp"

namespace wxpay::cli {

/// The columns of a creation's result.
const std::vector<std::string>& creation_columns();

/// Adds a creation's result, its pay parameters signed.
void describe_creation(report::Record& record, const OrderIntent& intent, const app::CreateResult& result,
                       Services& services);

app::OrderDefaults order_defaults(const Profile& profile);

/// What --batch says and the options that belong to it.
struct BatchArguments {
  std::string file;
  JobOptions jobs;
  std::string max_errors;
  std::string failed_file;
  bool dry_run = false;
};

int run_create_batch(const BatchArguments& arguments, Services& services, Output& output);

}  // namespace wxpay::cli
