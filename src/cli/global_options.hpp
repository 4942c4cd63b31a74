#pragma once

#include <memory>
#include <string>

#include "cli/config/settings.hpp"
#include "cli/logging.hpp"
#include "cli/output.hpp"

namespace CLI {
class App;
}

namespace wxpay::cli {

/// What the global options say.
struct GlobalOptions {
  SettingOptions settings;
  OutputOptions output;
  int verbosity = 0;
  std::string log_level;
  std::string log_file;
};

/// The global options as texts, before they are checked.
struct RawGlobalOptions {
  std::string config, profile, ledger, base_url, output, log_level, log_file, color, timeout;
  bool json = false, quiet = false, no_progress = false, yes = false;
  int verbose = 0;
};

void add_global_options(CLI::App& root, RawGlobalOptions& raw);

/// Checks them and fills in what the environment gives.
/// @throws Error{usage}
GlobalOptions resolve_global_options(const RawGlobalOptions& raw, const Environment& environment);

LogOptions log_options(const GlobalOptions& options);

}  // namespace wxpay::cli
