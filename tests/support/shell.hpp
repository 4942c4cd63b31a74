#pragma once

#include <string>

#include "support/process.hpp"

namespace wxpay::test {

/// The same command as a shell starts it, after and with what else the shell is told: `ulimit -f 1;` before
/// it,
/// `>&-` behind.
inline Command by_shell(const Command& command, const std::string& before, const std::string& behind = {}) {
  auto changed = command;
  changed.program = "/bin/sh";
  changed.arguments = {"-c", before + " exec \"$0\" \"$@\" " + behind, command.program.string()};
  changed.arguments.insert(changed.arguments.end(), command.arguments.begin(), command.arguments.end());
  return changed;
}

}  // namespace wxpay::test
