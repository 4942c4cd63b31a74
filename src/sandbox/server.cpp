// httplib takes long to compile and reads macros of its own: this file alone knows it.
#include <httplib.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>
#include <future>
#include <utility>

#include "base/unique_fd.hpp"
#include "sandbox/channel.hpp"
#include "sandbox/sandbox.hpp"
#include "sandbox/service.hpp"
#include "sandbox/state_file.hpp"
#include "sandbox/tls.hpp"
#include "wxpay/error.hpp"

namespace wxpay::sandbox {

namespace {

constexpr const char* loopback = "127.0.0.1";
/// One thread serves one connection, and an idle one keeps its thread: many batches at once must fit.
constexpr std::size_t threads = 256;
constexpr std::size_t largest_body = 1'048'576;
/// Of one whole request: also holds off a chunked body, whose length httplib does not bound.
constexpr std::size_t largest_request = largest_body + 65'536;
/// As long as WeChat Pay keeps an idle connection.
constexpr int idle_timeout_ms = 8'000;
constexpr int poll_ms = 100;
/// While others wait for a thread, nobody keeps one longer than this for a request that does not come.
constexpr std::chrono::seconds patience_in_a_crowd{1};
constexpr int backlog = 1024;

/// What the connections know of the server.
struct ServerState {
  std::atomic<bool> stopping{false};
  std::atomic<std::size_t> connections{0};  ///< served, or waiting for a thread

  bool is_crowded() const { return connections > threads; }
};

/// Counts the connections, from when they are accepted.
class Threads final : public httplib::ThreadPool {
 public:
  explicit Threads(ServerState& state) : httplib::ThreadPool{threads}, state_{state} {}

  void enqueue(std::function<void()> serve) override {
    ++state_.connections;
    httplib::ThreadPool::enqueue([this, serve = std::move(serve)] {
      serve();
      --state_.connections;
    });
  }

 private:
  ServerState& state_;
};

/// One client's connection, over its channel. Answers are collected and sent in one piece, so that a fault
/// can hold back any part of them.
class Connection final : public httplib::Stream {
 public:
  Connection(int socket, Channel& channel, const TimeLimits& limits, const ServerState& state,
             const Clock& clock)
      : socket_{socket}, channel_{channel}, limits_{limits}, state_{state}, clock_{clock} {}

  /// Waits for the first byte of the next request.
  bool await_request() {
    received_ = 0;
    planned_ = false;
    for (int waited = 0; waited < idle_timeout_ms; waited += poll_ms) {
      if (state_.stopping) return false;
      if (begin_ < end_ || is_ready_within(POLLIN, poll_ms)) {
        begun_ = clock_.steady_now();
        return true;
      }
      if (state_.is_crowded() && std::chrono::milliseconds{waited} >= patience_in_a_crowd) return false;
    }
    return false;
  }

  /// How the answer now being made is to be given.
  void plan(Delivery delivery, std::size_t body_size) {
    planned_ = true;
    delivery_ = delivery;
    held_back_ = delivery == Delivery::half ? body_size - body_size / 2 : 0;
  }

  /// Sends what was collected; false when the connection must be closed now: because of a fault, or because
  /// httplib refused the request itself, and then nobody knows where the next one begins.
  bool deliver() {
    if (delivery_ == Delivery::nothing) return false;
    begun_ = clock_.steady_now();
    const std::string_view bytes{out_};
    const bool sent = send_all(bytes.substr(0, bytes.size() - std::min(held_back_, bytes.size())));
    out_.clear();
    if (sent && !planned_) discard_rest();
    return sent && planned_ && delivery_ == Delivery::whole;
  }

  ShownCertificate shown() const { return channel_.shown(); }

  bool is_readable() const override { return begin_ < end_ || is_ready_within(POLLIN, 0); }
  bool is_writable() const override { return true; }

  ssize_t read(char* to, size_t size) override {
    if (begin_ == end_ && !fill()) return -1;
    const auto count = std::min(size, end_ - begin_);
    std::memcpy(to, buffer_.data() + begin_, count);
    begin_ += count;
    return static_cast<ssize_t>(count);
  }

  ssize_t write(const char* from, size_t size) override {
    out_.append(from, size);
    return static_cast<ssize_t>(size);
  }

  // Everybody is on this machine; who it is matters to nobody.
  void get_remote_ip_and_port(std::string& address, int& port) const override {
    address = loopback;
    port = 0;
  }
  void get_local_ip_and_port(std::string& address, int& port) const override {
    address = loopback;
    port = 0;
  }
  socket_t socket() const override { return socket_; }

 private:
  bool is_ready_within(short event, int timeout_ms) const {
    pollfd wanted{socket_, event, 0};
    return ::poll(&wanted, 1, timeout_ms) > 0;
  }

  /// Whether what began at `begun_` may go on. A client that gives a byte now and then would hold its thread
  /// for ever if only the time between bytes were limited.
  bool has_time(std::chrono::milliseconds limit) const {
    if (state_.stopping) return false;
    const auto passed = clock_.steady_now() - begun_;
    return passed < limit && !(state_.is_crowded() && passed > patience_in_a_crowd);
  }

  bool fill() {
    // A client that waits for "100 Continue" must get it before it sends its body.
    if (!out_.empty() && !send_all(std::exchange(out_, {}))) return false;
    if (received_ > largest_request) return false;
    std::optional<std::size_t> count = 0;
    while (*count == 0) {
      if (!has_time(limits_.request)) return false;
      count = channel_.receive(buffer_);
      if (!count) return false;
      if (*count == 0) is_ready_within(POLLIN, poll_ms);
    }
    received_ += *count;
    begin_ = 0;
    end_ = *count;
    return true;
  }

  /// Closing with bytes unread would take the answer back on its way.
  void discard_rest() {
    channel_.end();
    constexpr std::size_t most = 64 * largest_body;
    constexpr int pause_ms = 200;
    constexpr std::chrono::seconds longest{2};
    begun_ = clock_.steady_now();
    for (std::size_t discarded = 0;
         discarded < most && has_time(longest) && is_ready_within(POLLIN, pause_ms);) {
      const auto count = ::recv(socket_, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
      if (count <= 0) return;
      discarded += static_cast<std::size_t>(count);
    }
  }

  bool send_all(std::string_view bytes) const {
    while (!bytes.empty()) {
      const auto sent = channel_.send(bytes);
      if (!sent) return false;
      if (*sent > 0) {
        bytes.remove_prefix(*sent);
      } else if (has_time(limits_.answer)) {
        is_ready_within(POLLOUT, poll_ms);
      } else {
        return false;
      }
    }
    return true;
  }

  int socket_;
  Channel& channel_;
  const TimeLimits& limits_;
  const ServerState& state_;
  const Clock& clock_;
  std::chrono::steady_clock::time_point begun_;  ///< the request that is read, or the answer that is sent
  /// Takes a whole record of TLS, so that the socket tells of all that is still to be read.
  std::array<char, 16'384> buffer_{};
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t received_ = 0;
  std::string out_;
  bool planned_ = false;  ///< an answer of the gateway's own is being made
  Delivery delivery_ = Delivery::whole;
  std::size_t held_back_ = 0;
};

/// The connection that this thread serves: httplib does not tell its handlers.
thread_local Connection* served = nullptr;

class ServedConnection {
 public:
  explicit ServedConnection(Connection& connection) { served = &connection; }
  ServedConnection(const ServedConnection&) = delete;
  ServedConnection& operator=(const ServedConnection&) = delete;
  ~ServedConnection() { served = nullptr; }
};

/// As RFC 9110, 5.6.7, wants it: `Mon, 23 Nov 2026 02:00:00 GMT`.
std::string http_date(std::chrono::sys_seconds instant) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(instant);
  std::tm civil{};
  gmtime_r(&seconds, &civil);
  std::array<char, 40> text{};
  const auto length = std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &civil);
  return {text.data(), length};
}

class HttpServer final : public httplib::Server {
 public:
  HttpServer(Service& service, const ServerOptions& options, Clock& clock, Log& log)
      : service_{service}, limits_{options.limits}, clock_{clock}, log_{log} {
    if (options.tls) tls_.emplace(*options.tls, clock);
    new_task_queue = [this] { return new Threads{state_}; };
    set_tcp_nodelay(true);
    set_keep_alive_max_count(1'000'000'000);
    set_keep_alive_timeout(idle_timeout_ms / 1000);
    set_payload_max_length(largest_body);
    // httplib's own choice is SO_REUSEPORT, with which two servers would share one port unnoticed.
    set_socket_options([](socket_t socket) {
      const int on = 1;
      setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    });
    const auto handler = [this](const httplib::Request& request, httplib::Response& response) {
      answer(request, response);
    };
    const std::string any_path = ".*";
    Get(any_path, handler);
    Post(any_path, handler);
    Put(any_path, handler);
    Patch(any_path, handler);
    Delete(any_path, handler);
    Options(any_path, handler);
  }

  /// @return the port
  int bind(int port) {
    errno = 0;
    const int bound = port == 0 ? bind_to_any_port(loopback) : (bind_to_port(loopback, port) ? port : -1);
    if (bound < 0) {
      const bool taken = errno == EADDRINUSE;
      throw Error{ErrorKind::network,
                  "cannot listen on 127.0.0.1:" + std::to_string(port) + ": " +
                      (errno == 0 ? "refused" : std::strerror(errno)),
                  taken ? "another sandbox may be running; choose a port with --port, 0 takes a free one"
                        : "choose another port with --port, 0 takes a free one"};
    }
    // httplib's queue of five would make clients that come all at once wait a second each.
    ::listen(svr_sock_, backlog);
    return bound;
  }

  void end() {
    state_.stopping = true;
    stop();
  }

 private:
  void answer(const httplib::Request& request, httplib::Response& response) {
    HttpCall call{
        .method = request.method, .path = request.path, .body = request.body, .target = request.target};
    call.shown = served->shown();
    for (const auto& [name, value] : request.headers) call.headers.add(name, value);
    for (const auto& [name, value] : request.params) call.query.add(name, value);
    Reply reply = service_.handle(call);
    if (reply.delay > std::chrono::seconds{0}) clock_.sleep_for(reply.delay);
    served->plan(reply.delivery, reply.body.size());
    response.status = reply.status;
    response.set_header("Date", http_date(clock_.now()));
    for (const auto& [name, value] : reply.headers) response.set_header(name, value);
    response.set_content(reply.body, reply.content_type);
  }

  bool process_and_close_socket(socket_t socket) override {
    const UniqueFd owner{socket};
    try {
      serve_connection(socket);
    } catch (const std::exception& error) {
      log_.write(LogLevel::error, std::string{"a connection was given up: "} + error.what());
    }
    ::shutdown(socket, SHUT_RDWR);
    return true;
  }

  void serve_connection(socket_t socket) {
    const auto channel =
        tls_ ? tls_->open(socket) : std::unique_ptr<Channel>{std::make_unique<PlainChannel>(socket)};
    Connection connection{socket, *channel, limits_, state_, clock_};
    const ServedConnection scope{connection};
    const auto plain = [](httplib::Request& request) {
      // Neither packed bodies nor parts of answers belong to this API.
      request.headers.erase("Content-Encoding");
      request.headers.erase("Accept-Encoding");
      request.ranges.clear();
    };
    while (connection.await_request()) {
      bool closed = false;
      const bool served_one = process_request(connection, false, closed, plain);
      if (!connection.deliver()) return;
      if (!served_one || closed) break;
    }
    channel->end();
  }

  Service& service_;
  TimeLimits limits_;
  Clock& clock_;
  Log& log_;
  std::optional<TlsServer> tls_;
  ServerState state_;
};

/// Runs the accept loop until the server is ended, and ends it in any case.
class Running {
 public:
  explicit Running(HttpServer& server)
      : server_{server}, loop_{std::async(std::launch::async, [&server] {
          return server.listen_after_bind();
        })} {}
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running() { server_.end(); }  // the future's destructor waits for the loop

  bool ended() const { return loop_.wait_for(std::chrono::seconds{0}) == std::future_status::ready; }

 private:
  HttpServer& server_;
  std::future<bool> loop_;
};

}  // namespace

void serve(const ServerOptions& options, Clock& clock, Random& random, const Stop& stop, Log& log,
           const std::function<void(int port)>& on_listening) {
  std::optional<StateFile> state;
  if (options.state_file) state.emplace(*options.state_file, options.account.merchant.mch_id);
  NoJournal none;
  Journal& journal = state ? static_cast<Journal&>(*state) : none;
  Service service{options.account, clock, random, log, journal, options.rules};
  if (state) state->load(service.store(), log);

  HttpServer server{service, options, clock, log};
  const int port = server.bind(options.port);
  const Running running{server};
  constexpr std::chrono::milliseconds moment{1};
  while (!server.is_running() && !running.ended()) clock.sleep_for(moment);
  if (!running.ended()) on_listening(port);
  constexpr std::chrono::milliseconds pause{100};
  while (!stop.requested() && !running.ended()) clock.sleep_for(pause);
  if (!stop.requested())
    throw Error{ErrorKind::network, "the listener on port " + std::to_string(port) + " ended"};
}

}  // namespace wxpay::sandbox
