#include "cli/config/shell_command.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>

#include "base/unique_fd.hpp"

namespace wxpay::cli {

namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

/// A child that is killed with its group and reaped unless its end was seen.
class Child {
 public:
  explicit Child(pid_t pid) : pid_{pid} {}
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  Child(Child&&) = delete;
  Child& operator=(Child&&) = delete;
  ~Child() { kill_group(); }

  /// The wait status, once it has ended.
  std::optional<int> poll_end() {
    if (status_) return status_;
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) status_ = status;
    return status_;
  }

  void kill_group() noexcept {
    if (status_) return;  // Reaped: the number may belong to somebody else by now.
    ::kill(-pid_, SIGKILL);
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    status_ = status;
  }

 private:
  pid_t pid_;
  std::optional<int> status_;
};

/// The two structures that posix_spawn wants, given back at the end.
class SpawnPlan {
 public:
  explicit SpawnPlan(int output) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setflags(&attributes_,
                             POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setpgroup(&attributes_, 0);
    sigset_t signals;
    sigfillset(&signals);
    posix_spawnattr_setsigdefault(&attributes_, &signals);
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes_, &signals);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;
  SpawnPlan(SpawnPlan&&) = delete;
  SpawnPlan& operator=(SpawnPlan&&) = delete;
  ~SpawnPlan() {
    posix_spawnattr_destroy(&attributes_);
    posix_spawn_file_actions_destroy(&actions_);
  }

  /// 0 or an errno value.
  int spawn_shell(const std::string& command, pid_t& pid) const {
    // posix_spawn takes char* for historical reasons and changes nothing.
    std::string shell = "sh";
    std::string option = "-c";
    std::string text = command;
    const std::array<char*, 4> arguments{shell.data(), option.data(), text.data(), nullptr};
    return ::posix_spawn(&pid, "/bin/sh", &actions_, &attributes_, arguments.data(), environ);
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

enum class ReadEnd { nothing_now, end_of_file, too_much };

/// Takes what is there now, without waiting.
ReadEnd drain(int fd, std::size_t limit, std::string& output) {
  std::array<char, 1024> chunk{};
  ReadEnd end = ReadEnd::nothing_now;
  while (true) {
    const auto got = ::read(fd, chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) break;
    if (got == 0) {
      end = ReadEnd::end_of_file;
      break;
    }
    const auto fits = std::min(static_cast<std::size_t>(got), limit - output.size());
    output.append(chunk.data(), fits);
    if (fits < static_cast<std::size_t>(got)) {
      end = ReadEnd::too_much;
      break;
    }
  }
  explicit_bzero(chunk.data(), chunk.size());
  return end;
}

CommandResult ended(int wait_status) {
  CommandResult result;
  const bool exited = WIFEXITED(wait_status);
  result.end = exited ? CommandEnd::exited : CommandEnd::signalled;
  result.status = exited ? WEXITSTATUS(wait_status) : WTERMSIG(wait_status);
  return result;
}

/// Collects the output until the shell has ended or a limit is passed.
CommandResult collect(Child& child, int fd, const CommandLimits& limits, std::string& output) {
  const SteadyTime deadline = std::chrono::steady_clock::now() + limits.time;
  bool open = true;
  while (true) {
    // The end is asked for before the pipe is drained, so that nothing written before it is missed.
    const auto status = child.poll_end();
    if (open) {
      const auto end = drain(fd, limits.output, output);
      if (end == ReadEnd::too_much) return {CommandEnd::too_much_output, 0, {}};
      open = end != ReadEnd::end_of_file;
    }
    if (status) return ended(*status);
    if (limits.stop != nullptr && limits.stop->requested()) return {CommandEnd::stopped, 0, {}};
    if (std::chrono::steady_clock::now() >= deadline) return {CommandEnd::timed_out, 0, {}};
    // With the pipe closed only the child's end is awaited, and that comes at once as a rule.
    constexpr int slice_ms = 20;
    constexpr int short_slice_ms = 1;
    pollfd waiting{open ? fd : -1, POLLIN, 0};
    ::poll(&waiting, 1, open ? slice_ms : short_slice_ms);
  }
}

}  // namespace

CommandResult run_shell_command(const std::string& command, const CommandLimits& limits) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return {CommandEnd::not_started, errno, {}};
  const UniqueFd reading{ends[0]};
  UniqueFd writing{ends[1]};
  ::fcntl(reading.get(), F_SETFL, O_NONBLOCK);

  pid_t pid = 0;
  const int failure = SpawnPlan{writing.get()}.spawn_shell(command, pid);
  if (failure != 0) return {CommandEnd::not_started, failure, {}};
  Child child{pid};
  writing.reset();

  std::string output;
  output.reserve(limits.output);  // No growing, which would leave copies of a secret behind.
  auto result = collect(child, reading.get(), limits, output);
  result.output = std::move(output);
  return result;
}

}  // namespace wxpay::cli
