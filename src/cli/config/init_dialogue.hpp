#pragma once

#include <optional>

#include "cli/config/config_writer.hpp"
#include "cli/config/prompter.hpp"
#include "wxpay/secret.hpp"

namespace wxpay::cli {

/// Asks for what the options of `init` left out. An answer that no file may hold is asked for again, a few
/// times.
/// @return the key, where one was typed in; it is in no value
/// @throws Error{usage} after too many wrong answers, Error{interrupted}
std::optional<Secret> complete_by_asking(FirstConfig& config, Prompter& prompter);

}  // namespace wxpay::cli
