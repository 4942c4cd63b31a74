#include "support/process.hpp"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pty.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

namespace wxpay::test {
namespace {

using std::chrono::steady_clock;

// Nothing here takes longer than the program's own waits; this only keeps a hang from lasting for ever.
constexpr std::chrono::minutes longest_life{3};
constexpr int cannot_start = 126;

[[noreturn]] void fail(const char* what) { throw std::system_error{errno, std::generic_category(), what}; }

struct Pipe {
  UniqueFd read, write;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail("pipe2");
  return {UniqueFd{ends[0]}, UniqueFd{ends[1]}};
}

/// Everything that exec needs, made before the fork: after it, only calls that are safe amid other threads.
struct Prepared {
  explicit Prepared(const Command& command)
      : program{command.program.string()}, folder{command.folder.string()} {
    words.push_back(program);
    words.insert(words.end(), command.arguments.begin(), command.arguments.end());
    for (const auto& [name, value] : command.environment)
      variables.push_back(std::string{name}.append("=").append(value));
    for (auto& word : words) argv.push_back(word.data());
    for (auto& variable : variables) envp.push_back(variable.data());
    argv.push_back(nullptr);
    envp.push_back(nullptr);
  }

  [[noreturn]] void become(const Command& command) const {
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a test that is killed leaves nothing running
    if (!folder.empty() && ::chdir(folder.c_str()) != 0) ::_exit(cannot_start);
    if (command.own_group) {
      ::signal(SIGTSTP, SIG_DFL);
      if (::setpgid(0, 0) != 0) ::_exit(cannot_start);
    }
    if (command.largest_file) {
      const rlimit limit{*command.largest_file, *command.largest_file};
      ::signal(SIGXFSZ, SIG_IGN);
      if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) ::_exit(cannot_start);
    }
    if (command.user &&
        (::setgroups(0, nullptr) != 0 || ::setgid(*command.user) != 0 || ::setuid(*command.user) != 0)) {
      ::_exit(cannot_start);
    }
    ::execve(program.c_str(), argv.data(), envp.data());
    ::_exit(cannot_start);
  }

  std::string program, folder;
  std::vector<std::string> words, variables;
  std::vector<char*> argv, envp;
};

void reap(pid_t pid, Result& result) {
  int status = 0;
  rusage used{};
  while (::wait4(pid, &status, 0, &used) < 0) {
    if (errno != EINTR) fail("wait4");
  }
  result.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  result.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  result.peak_rss_kib = used.ru_maxrss;
  if (result.code == cannot_start) throw std::runtime_error{"the program could not be started"};
}

void kill_and_reap(pid_t& pid) {
  if (pid <= 0) return;
  ::kill(pid, SIGKILL);
  ::waitpid(std::exchange(pid, -1), nullptr, 0);
}

int milliseconds_until(steady_clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - steady_clock::now()).count();
  return static_cast<int>(std::max<std::int64_t>(left, 0));
}

}  // namespace

Process::Process(const Command& command) : input_{command.input.value_or("")} {
  ::signal(SIGPIPE, SIG_IGN);  // a program may end before it read its input
  const Prepared prepared{command};
  auto in = make_pipe();
  auto out = make_pipe();
  auto err = make_pipe();
  if (!command.input) in.read = UniqueFd{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  if (!command.output.empty()) {
    out.write = UniqueFd{::open(command.output.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600)};
  }
  if (!in.read || !out.write) fail("open");
  if (command.nonblocking) {
    ::fcntl(out.write.get(), F_SETFL, O_NONBLOCK);
    ::fcntl(err.write.get(), F_SETFL, O_NONBLOCK);
  }
  pid_ = ::fork();
  if (pid_ < 0) fail("fork");
  if (pid_ == 0) {
    if (::dup2(in.read.get(), 0) < 0 || ::dup2(out.write.get(), 1) < 0 || ::dup2(err.write.get(), 2) < 0) {
      ::_exit(cannot_start);
    }
    ::signal(SIGPIPE, SIG_DFL);
    prepared.become(command);
  }
  if (command.input) in_ = std::move(in.write);
  out_ = std::move(out.read);
  err_ = std::move(err.read);
  if (in_) ::fcntl(in_.get(), F_SETFL, O_NONBLOCK);
}

Process::~Process() { kill_and_reap(pid_); }

void Process::kill(int signal) const {
  if (::kill(pid_, signal) != 0) fail("kill");
}

bool Process::take(UniqueFd& from, std::string& to) const {
  std::array<char, 16'384> buffer;
  const auto got = ::read(from.get(), buffer.data(), buffer.size());
  if (got < 0 && errno == EINTR) return true;
  if (got <= 0) {
    from.reset();
    return false;
  }
  to.append(buffer.data(), static_cast<std::size_t>(got));
  return true;
}

void Process::feed() {
  const auto sent = ::write(in_.get(), input_.data(), input_.size());
  if (sent > 0) input_.erase(0, static_cast<std::size_t>(sent));
  if ((sent < 0 && errno != EAGAIN && errno != EINTR) || input_.empty()) in_.reset();
}

void Process::call(steady_clock::time_point deadline) {
  if (in_ && input_.empty()) in_.reset();
  std::array<pollfd, 3> watched{{{out_.get(), POLLIN, 0}, {err_.get(), POLLIN, 0}, {in_.get(), POLLOUT, 0}}};
  const int ready = ::poll(watched.data(), watched.size(), milliseconds_until(deadline));
  if (ready == 0) throw std::runtime_error{"the program hangs; it said: " + result_.out + result_.err};
  if (out_ && watched[0].revents != 0) take(out_, result_.out);
  if (err_ && watched[1].revents != 0) take(err_, result_.err);
  if (in_ && watched[2].revents != 0) feed();
}

std::string Process::read_line() {
  const auto deadline = steady_clock::now() + longest_life;
  auto end = std::string::npos;
  while ((end = result_.out.find('\n')) == std::string::npos) {
    if (!out_) throw std::runtime_error{"the program printed no line; it said: " + wait().err};
    call(deadline);
  }
  auto line = result_.out.substr(0, end);
  result_.out.erase(0, end + 1);
  return line;
}

bool Process::ends_unread() const {
  const auto deadline = steady_clock::now() + std::chrono::minutes{1};
  while (steady_clock::now() < deadline) {
    siginfo_t ended{};
    if (::waitid(P_PID, static_cast<id_t>(pid_), &ended, WEXITED | WNOHANG | WNOWAIT) != 0) fail("waitid");
    if (ended.si_pid == pid_) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
  return false;
}

Result Process::wait() {
  const auto deadline = steady_clock::now() + longest_life;
  while (out_ || err_) call(deadline);
  in_.reset();
  reap(std::exchange(pid_, -1), result_);
  return std::move(result_);
}

TerminalProcess::TerminalProcess(const Command& command) {
  const Prepared prepared{command};
  int master = -1;
  const winsize size{50, 200, 0, 0};
  UniqueFd output;
  if (!command.output.empty()) {
    output = UniqueFd{::open(command.output.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600)};
    if (!output) fail("open");
  }
  pid_ = ::forkpty(&master, nullptr, nullptr, &size);
  if (pid_ < 0) fail("forkpty");
  if (pid_ == 0) {
    if (output && ::dup2(output.get(), 1) < 0) ::_exit(cannot_start);
    prepared.become(command);
  }
  master_ = UniqueFd{master};
  ::fcntl(master, F_SETFD, FD_CLOEXEC);
}

TerminalProcess::~TerminalProcess() { kill_and_reap(pid_); }

void TerminalProcess::type(std::string_view text) const {
  if (::write(master_.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) fail("write");
}

bool TerminalProcess::read_more(steady_clock::time_point deadline) {
  pollfd watched{master_.get(), POLLIN, 0};
  if (::poll(&watched, 1, milliseconds_until(deadline)) == 0) {
    throw std::runtime_error{"the program hangs; it showed: " + shown_};
  }
  std::array<char, 4'096> buffer;
  const auto got = ::read(master_.get(), buffer.data(), buffer.size());
  if (got <= 0) return false;  // EIO: the last one on the terminal left it
  shown_.append(buffer.data(), static_cast<std::size_t>(got));
  return true;
}

void TerminalProcess::read_until(std::string_view text) {
  const auto deadline = steady_clock::now() + longest_life;
  while (shown_.find(text) == std::string::npos) {
    if (!read_more(deadline)) throw std::runtime_error{"the program ended; it showed: " + shown_};
  }
}

Result TerminalProcess::wait() {
  const auto deadline = steady_clock::now() + longest_life;
  while (read_more(deadline)) {
  }
  Result result;
  reap(std::exchange(pid_, -1), result);
  result.out = std::move(shown_);
  return result;
}

}  // namespace wxpay::test
