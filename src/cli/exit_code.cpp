#include "cli/exit_code.hpp"

#include <algorithm>
#include <vector>

namespace wxpay::cli {

namespace {

struct Meaning {
  int rank = 1;                 ///< the higher is the graver; a number that is no code is no success either
  std::string_view words = {};  ///< of the help; empty for a number that is no code
};

/// The table of exit codes.
Meaning meaning_of(int code) {
  switch (static_cast<ExitCode>(code)) {
    case exit_done:
      return {0, "done"};
    case exit_refused:
      return {6, "refused"};
    case exit_usage:
      return {2, "wrong usage"};
    case exit_config:
      return {8, "configuration or key"};
    case exit_unknown:
      return {7, "no answer, run it again"};
    case exit_integrity:
      return {11, "something does not agree, nothing was applied"};
    case exit_differences:
      return {5, "differences remain"};
    case exit_ledger:
      return {10, "ledger"};
    case exit_file:
      return {9, "file"};
    case exit_internal:
      return {12, "a bug"};
    case exit_lock_held:
      return {3, "another run is at it"};
    case exit_terminal_gone:
    case exit_interrupted:
    case exit_terminated:
      return {13, "interrupted"};
    case exit_cut_short:
      return {4, "nobody reads the output, cut short"};
  }
  return {};
}

constexpr int largest_code = 255;
constexpr std::size_t help_width = 90;

}  // namespace

int gravest(int a, int b) { return meaning_of(a).rank >= meaning_of(b).rank ? a : b; }

std::string exit_code_help() {
  struct Entry {
    std::string codes;
    std::string_view words;
  };
  std::vector<Entry> entries;
  for (int code = 0; code <= largest_code; ++code) {
    const auto words = meaning_of(code).words;
    if (words.empty()) continue;
    const auto alike = std::find_if(entries.begin(), entries.end(),
                                    [words](const Entry& entry) { return entry.words == words; });
    if (alike == entries.end()) {
      entries.push_back({std::to_string(code), words});
    } else {
      alike->codes += "/" + std::to_string(code);
    }
  }
  std::string text = "Exit codes:";
  std::size_t width = help_width;
  for (const auto& [codes, words] : entries) {
    const auto size = codes.size() + 1 + words.size();
    const bool fits = width + 3 + size <= help_width;
    text.append(fits ? "   " : "\n  ").append(codes).append(" ").append(words);
    width = (fits ? width + 3 : 2) + size;
  }
  return text;
}

}  // namespace wxpay::cli
