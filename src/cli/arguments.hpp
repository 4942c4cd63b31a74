#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace wxpay::cli {

/// A command line as CLI11 reads it in one way only: the command, its options, `--`, its arguments. CLI11
/// alone would take a word among the arguments for a command, and what stands behind `--option=` for its
/// value.
/// @param arguments  as they were typed, without the program's name
/// @throws Error{usage}  an unknown command or option, none, one argument too many, an option or argument
/// that is empty, an option without its value; not where help or the version is asked for, which is then all
/// that counts
std::vector<std::string> arranged(const CLI::App& root, const std::vector<std::string>& arguments);

}  // namespace wxpay::cli
