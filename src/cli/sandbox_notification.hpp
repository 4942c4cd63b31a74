#pragma once

#include <string>

#include "cli/output.hpp"
#include "cli/services.hpp"
#include "wire/json.hpp"

namespace CLI {
class App;
}

namespace wxpay::cli {

/// Where a notification of the sandbox goes: both empty: to the notify_url.
struct NotifyDestination {
  std::string to;
  std::string out;
};

/// The options --to and --out.
void add_destination(CLI::App& command, NotifyDestination& destination);

/// @throws Error{usage}  it is not on this machine, or a file that is in use
void check_destination(const NotifyDestination& destination, Services& services);

/// Has the running sandbox make a notification, and sends or saves it.
/// @param command  of /sandbox/notify
/// @param about  the number of the order or refund, for messages
/// @return the exit code
int give_notification(wire::JsonLine command, const std::string& about, const NotifyDestination& destination,
                      Services& services, Output& output);

}  // namespace wxpay::cli
