#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.hpp"

namespace wxpay::test {

/// What is to be run. The environment is the whole of it: nothing of the test's own is handed down.
struct Command {
  std::filesystem::path program;
  std::vector<std::string> arguments;
  std::map<std::string, std::string> environment;
  std::filesystem::path folder;        ///< to run in; empty: that of the test
  std::optional<std::string> input;    ///< standard input; none: /dev/null
  std::filesystem::path output;        ///< standard output goes to this file instead of the result
  std::optional<uid_t> user;           ///< to run as, with a group of the same number
  bool nonblocking = false;            ///< standard output and error do not block, as some parents leave them
  bool own_group = false;              ///< as a shell with job control starts it, so that Ctrl-Z reaches it
  std::optional<rlim_t> largest_file;  ///< bytes a file may grow to; writing more fails, without a signal
};

/// Whether peak_rss_kib says something about the program: a sanitizer's own memory hides it.
#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool measures_memory = false;
#else
inline constexpr bool measures_memory = true;
#endif

/// What a program left behind.
struct Result {
  int code = -1;   ///< exit code; -1 when a signal ended it
  int signal = 0;  ///< the signal that ended it, else 0
  std::string out;
  std::string err;
  long peak_rss_kib = 0;
};

/// A running program. It is killed when it is let go before its end.
class Process {
 public:
  explicit Process(const Command& command);
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  Process(Process&&) = delete;
  Process& operator=(Process&&) = delete;
  ~Process();

  pid_t pid() const noexcept { return pid_; }
  void kill(int signal) const;
  /// The next line of standard output, without its end; the test fails where there is none.
  std::string read_line();
  /// Nobody reads standard output any more.
  void close_output() noexcept { out_.reset(); }
  /// Whether it ends within a minute though nothing of its output is read.
  bool ends_unread() const;
  /// Reads to the end and gives everything; what hangs for minutes is killed, and the test fails.
  Result wait();

 private:
  void call(std::chrono::steady_clock::time_point deadline);
  bool take(UniqueFd& from, std::string& to) const;
  void feed();

  pid_t pid_ = -1;
  UniqueFd in_, out_, err_;
  std::string input_;
  Result result_;
};

inline Result run(const Command& command) { return Process{command}.wait(); }

/// A program whose three streams are one terminal, as a person would see it; standard output may be a file.
class TerminalProcess {
 public:
  explicit TerminalProcess(const Command& command);
  TerminalProcess(const TerminalProcess&) = delete;
  TerminalProcess& operator=(const TerminalProcess&) = delete;
  TerminalProcess(TerminalProcess&&) = delete;
  TerminalProcess& operator=(TerminalProcess&&) = delete;
  ~TerminalProcess();

  pid_t pid() const noexcept { return pid_; }
  void type(std::string_view text) const;
  /// Returns when this has been shown; the test fails when the program ends before.
  void read_until(std::string_view text);
  /// Reads to the end. `out` is all that was shown, with "\r\n" at line ends as a terminal has it.
  Result wait();

 private:
  bool read_more(std::chrono::steady_clock::time_point deadline);

  pid_t pid_ = -1;
  UniqueFd master_;
  std::string shown_;
};

}  // namespace wxpay::test
