// A WeChat Pay that answers at once and keeps nothing, for measuring clients:
//
//   wxpay_fixed_gateway [--threads N] [--v3 PLATFORM_KEY MERCHANT_PUBLIC_KEY SERIAL]
//
// It speaks API v2 or, with keys in PEM files, API v3.
// It listens on a free port of the loopback and says which on its first line. SIGTERM or Ctrl-C ends it, and
// a second line says how many requests there were, and how many in the busiest second, wherever it began.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include "base/unique_fd.hpp"
#include "fixed_answers.hpp"

namespace {

using wxpay::UniqueFd;
using Instant = std::chrono::steady_clock::time_point;

[[noreturn]] void fail(const char* what) { throw std::system_error{errno, std::generic_category(), what}; }

struct Request {
  wxpay::bench::FixedRequest parts;
  std::size_t bytes = 0;  ///< all of it
};

/// The length of the body that this head announces; 0 where it says nothing.
std::size_t content_length(std::string_view head) {
  constexpr std::string_view name = "\r\ncontent-length:";
  for (auto at = head.find("\r\n"); at != std::string_view::npos; at = head.find("\r\n", at + 2)) {
    if (strncasecmp(head.data() + at, name.data(), std::min(name.size(), head.size() - at)) != 0) continue;
    auto value = head.substr(at + name.size());
    value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
    std::size_t length = 0;
    std::from_chars(value.data(), value.data() + value.size(), length);
    return length;
  }
  return 0;
}

/// The first request in the input; nothing while more of it must come.
std::optional<Request> first_request(std::string_view input) {
  constexpr std::string_view end_of_head = "\r\n\r\n";
  const auto end = input.find(end_of_head);
  if (end == std::string_view::npos) return std::nullopt;
  const auto head = input.substr(0, end);
  const auto begin_of_body = end + end_of_head.size();
  const auto length = content_length(head);
  if (input.size() - begin_of_body < length) return std::nullopt;
  const auto target = head.substr(std::min(head.find(' ') + 1, head.size()));
  return Request{{head, target.substr(0, target.find(' ')), input.substr(begin_of_body, length)},
                 begin_of_body + length};
}

/// A socket of its own that listens on this port, 0 for any: the kernel deals the connections out.
UniqueFd listen_on(std::uint16_t port) {
  UniqueFd listener{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  if (!listener) fail("socket");
  const int on = 1;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::setsockopt(listener.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) != 0 ||
      ::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
      ::listen(listener.get(), SOMAXCONN) != 0) {
    fail("listen");
  }
  return listener;
}

std::uint16_t port_of(const UniqueFd& listener) {
  sockaddr_in address{};
  socklen_t size = sizeof(address);
  if (::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) fail("getsockname");
  return ntohs(address.sin_port);
}

/// One thread's listener with the connections that came in by it.
class Server {
 public:
  Server(std::uint16_t port, const UniqueFd& end, const wxpay::bench::FixedAnswers& answers)
      : answers_{answers},
        end_{end.get()},
        listener_{listen_on(port)},
        epoll_{::epoll_create1(EPOLL_CLOEXEC)} {
    if (!epoll_) fail("epoll_create1");
    watch(end_);
    watch(listener_.get());
  }

  std::uint16_t port() const { return port_of(listener_); }
  const std::vector<Instant>& arrivals() const { return arrivals_; }

  /// Returns when `end` can be read.
  void serve() {
    std::array<epoll_event, 64> events{};
    while (true) {
      const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), -1);
      if (count < 0 && errno != EINTR) fail("epoll_wait");
      for (int i = 0; i < count; ++i) {
        const int ready = events.at(static_cast<std::size_t>(i)).data.fd;
        if (ready == end_) return;
        if (ready == listener_.get()) {
          accept();
        } else if (!take_from(ready)) {
          connections_.erase(ready);
        }
      }
    }
  }

 private:
  struct Connection {
    UniqueFd fd;
    std::string input;  ///< that is no whole request yet
  };

  void watch(int fd) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) fail("epoll_ctl");
  }

  void accept() {
    UniqueFd fd{::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)};
    if (!fd) return;  // it went away again
    const int number = fd.get();
    watch(number);
    connections_.insert_or_assign(number, Connection{std::move(fd), {}});
  }

  /// Reads and answers what has come; false when the connection is over.
  bool take_from(int fd) {
    auto& input = connections_.at(fd).input;
    std::array<char, 16384> piece;
    const auto count = ::recv(fd, piece.data(), piece.size(), MSG_DONTWAIT);
    if (count < 0) return errno == EAGAIN || errno == EINTR;
    if (count == 0) return false;
    input.append(piece.data(), static_cast<std::size_t>(count));
    output_.clear();
    while (const auto request = first_request(input)) {
      arrivals_.push_back(std::chrono::steady_clock::now());
      if (!answers_.append_answer(output_, request->parts)) return false;
      input.erase(0, request->bytes);
    }
    return send_output(fd);
  }

  /// The socket waits where its buffer is full: the clients measured here read every answer.
  bool send_output(int fd) const {
    std::string_view rest{output_};
    while (!rest.empty()) {
      const auto count = ::send(fd, rest.data(), rest.size(), MSG_NOSIGNAL);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return false;
      rest.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }

  const wxpay::bench::FixedAnswers& answers_;
  int end_;
  UniqueFd listener_;
  UniqueFd epoll_;
  std::map<int, Connection> connections_;
  std::string output_;
  std::vector<Instant> arrivals_;
};

/// The most requests that came within any one second.
std::size_t most_in_a_second(const std::vector<Instant>& sorted) {
  std::size_t most = 0;
  auto first = sorted.begin();
  for (auto last = sorted.begin(); last != sorted.end(); ++last) {
    while (*last - *first >= std::chrono::seconds{1}) ++first;
    most = std::max(most, static_cast<std::size_t>(last - first) + 1);
  }
  return most;
}

void say_what_came(const std::vector<std::unique_ptr<Server>>& servers) {
  std::vector<Instant> all;
  for (const auto& server : servers) {
    all.insert(all.end(), server->arrivals().begin(), server->arrivals().end());
  }
  std::sort(all.begin(), all.end());
  const std::chrono::duration<double> span = all.empty() ? Instant::duration{0} : all.back() - all.front();
  std::printf("{\"requests\":%zu,\"seconds\":%.4f,\"mostInASecond\":%zu}\n", all.size(), span.count(),
              most_in_a_second(all));
}

void serve(std::size_t threads, const wxpay::bench::FixedAnswers& answers) {
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGINT);
  sigaddset(&ending, SIGTERM);
  if (pthread_sigmask(SIG_BLOCK, &ending, nullptr) != 0) fail("pthread_sigmask");
  const UniqueFd end{::eventfd(0, EFD_CLOEXEC)};
  if (!end) fail("eventfd");

  std::vector<std::unique_ptr<Server>> servers;
  std::uint16_t port = 0;
  for (std::size_t i = 0; i < threads; ++i) {
    port = servers.emplace_back(std::make_unique<Server>(port, end, answers))->port();
  }
  std::vector<std::jthread> running;
  for (const auto& server : servers) running.emplace_back([&server] { server->serve(); });
  std::printf("{\"listening\":\"http://127.0.0.1:%d\"}\n", port);
  std::fflush(stdout);
  int signal = 0;
  sigwait(&ending, &signal);
  const std::uint64_t one = 1;
  if (::write(end.get(), &one, sizeof(one)) != sizeof(one)) fail("eventfd");
  running.clear();
  say_what_came(servers);
}

std::string read_file(const std::string& path) {
  std::ifstream file{path};
  if (!file) throw std::runtime_error{path + " cannot be read"};
  return {std::istreambuf_iterator<char>{file}, {}};
}

struct Options {
  std::size_t threads = 1;
  std::vector<std::string> v3;  ///< keys and serial; empty: API v2
};

std::optional<Options> options_in(const std::vector<std::string>& arguments) {
  Options options;
  for (auto word = arguments.begin(); word != arguments.end(); ++word) {
    const auto left = std::distance(word, arguments.end()) - 1;
    if (*word == "--threads" && left >= 1) {
      const auto& number = *++word;
      const auto* const end = number.data() + number.size();
      const auto [stop, error] = std::from_chars(number.data(), end, options.threads);
      if (error != std::errc{} || stop != end || options.threads == 0 || options.threads > 64)
        return std::nullopt;
    } else if (*word == "--v3" && left >= 3) {
      options.v3.assign(word + 1, word + 4);
      word += 3;
    } else {
      return std::nullopt;
    }
  }
  return options;
}

std::unique_ptr<wxpay::bench::FixedAnswers> answers_by(const Options& options) {
  if (options.v3.empty()) return std::make_unique<wxpay::bench::FixedAnswersV2>();
  return std::make_unique<wxpay::bench::FixedAnswersV3>(read_file(options.v3[0]), read_file(options.v3[1]),
                                                        options.v3[2]);
}

}  // namespace

int main(int argc, char** argv) {
  const auto options = options_in({argv + 1, argv + argc});
  if (!options) {
    std::fputs("usage: wxpay_fixed_gateway [--threads N] [--v3 PLATFORM_KEY MERCHANT_PUBLIC_KEY SERIAL]\n",
               stderr);
    return 2;
  }
  try {
    serve(options->threads, *answers_by(*options));
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "wxpay_fixed_gateway: %s\n", failure.what());
    return 1;
  }
  return 0;
}
