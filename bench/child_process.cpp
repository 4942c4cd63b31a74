#include "child_process.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <new>
#include <stdexcept>
#include <system_error>

namespace wxpay::bench {

namespace {

/// Input and output of the runs: nothing in, everything thrown away but what goes wrong.
class Streams {
 public:
  Streams() {
    if (posix_spawn_file_actions_init(&actions_) != 0) throw std::bad_alloc{};
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  }
  Streams(const Streams&) = delete;
  Streams& operator=(const Streams&) = delete;
  Streams(Streams&&) = delete;
  Streams& operator=(Streams&&) = delete;
  ~Streams() { posix_spawn_file_actions_destroy(&actions_); }
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

Cost run(Arguments command) {
  std::vector<char*> argv;
  argv.reserve(command.size() + 1);
  for (auto& argument : command) argv.push_back(argument.data());
  argv.push_back(nullptr);

  static const Streams streams;
  const auto start = std::chrono::steady_clock::now();
  pid_t child = 0;
  if (const int error = posix_spawnp(&child, argv[0], streams.get(), nullptr, argv.data(), environ);
      error != 0) {
    throw std::system_error{error, std::generic_category(), command.front()};
  }
  int status = 0;
  rusage used{};
  while (wait4(child, &status, 0, &used) < 0) {
    if (errno != EINTR) throw std::system_error{errno, std::generic_category(), "wait4"};
  }
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    throw std::runtime_error{command.front() + " did not end with 0"};
  }
  return {taken.count(), seconds_of(used.ru_utime) + seconds_of(used.ru_stime), used.ru_maxrss};
}

}  // namespace wxpay::bench
