#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <future>
#include <set>
#include <thread>

#include "base/unique_fd.hpp"
#include "sandbox/sandbox.hpp"
#include "support/sandbox_fixture.hpp"
#include "wxpay/error.hpp"

using wxpay::Error;
using wxpay::ErrorKind;
using wxpay::Fields;
using wxpay::UniqueFd;
using wxpay::test::holds;
using wxpay::test::number_request;
using wxpay::test::order_request;
using wxpay::test::read_xml;
using wxpay::test::signed_xml;

namespace {

struct StopFlag final : wxpay::Stop {
  bool requested() const noexcept override { return flag; }
  std::atomic<bool> flag{false};
};

/// A gateway that serves on a free port until the end of the test.
class Served {
 public:
  explicit Served(wxpay::sandbox::TimeLimits limits = {}) {
    std::promise<int> listening;
    auto port = listening.get_future();
    ended_ = std::async(std::launch::async, [this, limits, &listening] {
      wxpay::sandbox::ServerOptions options{0, {}, wxpay::test::gateway_account(), limits};
      wxpay::sandbox::serve(options, clock, random_, stop_, log_, [&](int at) { listening.set_value(at); });
    });
    port_ = port.get();
  }
  Served(const Served&) = delete;
  Served& operator=(const Served&) = delete;
  ~Served() { stop(); }
  void stop() {
    stop_.flag = true;
    if (ended_.valid()) ended_.get();
  }
  int port() const { return port_; }

  wxpay::test::ManualClock clock;

 private:
  wxpay::SystemRandom random_;
  StopFlag stop_;
  wxpay::NullLog log_;
  std::future<void> ended_;
  int port_ = 0;
};

/// Writes what it is told and reads what comes, byte for byte.
class Client {
 public:
  explicit Client(int port) : socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const void* any = &address;
    connected_ = connect(socket_.get(), static_cast<const sockaddr*>(any), sizeof address) == 0;
  }
  bool connected() const { return connected_; }

  void send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const auto sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  void post(const std::string& path, const std::string& body, const std::string& headers = {}) const {
    send("POST " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" + headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  }
  /// Whether the server has given the connection up, also where nothing is read.
  bool closed_within(int timeout_ms) const {
    pollfd wanted{socket_.get(), POLLRDHUP, 0};
    return poll(&wanted, 1, timeout_ms) > 0;
  }
  void take_some() const {
    std::array<char, 2048> buffer{};
    recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  }
  /// What comes until the connection is closed.
  std::string read_to_end() {
    while (more()) {
    }
    return std::exchange(ahead_, {});
  }
  /// One answer, head and body by its Content-Length; what there is when the connection closes before.
  std::string read_answer() {
    while (true) {
      const auto end = ahead_.find("\r\n\r\n");
      const auto at = ahead_.find("Content-Length: ");
      if (end != std::string::npos && at < end) {
        const auto size = end + 4 + std::stoul(ahead_.substr(at + 16));
        if (ahead_.size() >= size) {
          auto answer = ahead_.substr(0, size);
          ahead_.erase(0, size);
          return answer;
        }
      }
      if (!more()) return std::exchange(ahead_, {});
    }
  }
  std::string read_head() {
    while (ahead_.find("\r\n\r\n") == std::string::npos && more()) {
    }
    const auto size = std::min(ahead_.size(), ahead_.find("\r\n\r\n") + 4);
    auto head = ahead_.substr(0, size);
    ahead_.erase(0, size);
    return head;
  }
  Fields call(const std::string& path, const Fields& request) {
    post(path, signed_xml(request));
    const auto answer = read_answer();
    return read_xml(answer.substr(std::min(answer.size(), answer.find("\r\n\r\n") + 4)));
  }

 private:
  bool more() {
    constexpr int patience_ms = 20'000;
    pollfd wanted{socket_.get(), POLLIN, 0};
    if (poll(&wanted, 1, patience_ms) <= 0) return false;
    std::array<char, 4096> buffer{};
    const auto count = recv(socket_.get(), buffer.data(), buffer.size(), 0);
    if (count <= 0) return false;
    ahead_.append(buffer.data(), static_cast<std::size_t>(count));
    return true;
  }

  UniqueFd socket_;
  bool connected_ = false;
  std::string ahead_;
};

void set_fault(const Served& served, const std::string& kind) {
  Client client{served.port()};
  client.post("/sandbox/fault", R"({"kind":")" + kind + R"("})", "Content-Type: application/json\r\n");
  REQUIRE(client.read_answer().starts_with("HTTP/1.1 200"));
}

std::string trade_state(const Served& served, const std::string& number) {
  return Client{served.port()}.call("/pay/orderquery", number_request(number)).get("trade_state");
}

}  // namespace

TEST_CASE("many requests go over one connection") {
  Served served;
  Client client{served.port()};
  for (int i = 0; i < 50; ++i) {
    const auto answer = client.call("/pay/unifiedorder", order_request("T" + std::to_string(i)));
    CHECK(answer.get("result_code") == "SUCCESS");
    CHECK(holds(answer));
  }
  // Two at once, the second before the first is answered.
  client.post("/pay/orderquery", signed_xml(number_request("T1")));
  client.post("/pay/orderquery", signed_xml(number_request("T2")));
  CHECK(client.read_answer().find("T1") != std::string::npos);
  CHECK(client.read_answer().find("T2") != std::string::npos);
}

TEST_CASE("a lost reply is a closed connection without a byte, and the order exists") {
  Served served;
  set_fault(served, "lost-reply");
  Client client{served.port()};
  client.post("/pay/unifiedorder", signed_xml(order_request("T1")));
  CHECK(client.read_to_end().empty());
  CHECK(trade_state(served, "T1") == "NOTPAY");
}

TEST_CASE("a truncated reply ends in the middle of its body") {
  Served served;
  set_fault(served, "truncated");
  Client client{served.port()};
  client.post("/pay/unifiedorder", signed_xml(order_request("T1")));
  const auto answer = client.read_to_end();
  const auto at = answer.find("Content-Length: ");
  REQUIRE(at != std::string::npos);
  const auto promised = std::stoul(answer.substr(at + 16));
  const auto body = answer.substr(answer.find("\r\n\r\n") + 4);
  CHECK(body.size() == promised / 2);
  CHECK(body.starts_with("<xml>"));
  CHECK(trade_state(served, "T1") == "NOTPAY");
}

TEST_CASE("a delayed reply is whole and comes after the pause") {
  Served served;
  set_fault(served, "delay");
  const auto before = served.clock.slept();
  Client client{served.port()};
  CHECK(client.call("/pay/unifiedorder", order_request("T1")).get("result_code") == "SUCCESS");
  CHECK(served.clock.slept() - before >= std::chrono::seconds{5});
}

TEST_CASE("faults of HTTP itself arrive as such") {
  Served served;
  const auto answer_to = [&](const char* kind) {
    set_fault(served, kind);
    Client client{served.port()};
    client.post("/pay/unifiedorder", signed_xml(order_request("T1")));
    return client.read_answer();
  };
  CHECK(answer_to("5xx").starts_with("HTTP/1.1 502"));
  CHECK(answer_to("html").find("Content-Type: text/html") != std::string::npos);
  const auto redirect = answer_to("redirect");
  CHECK(redirect.starts_with("HTTP/1.1 302"));
  CHECK(redirect.find("Location: /elsewhere\r\n") != std::string::npos);
}

TEST_CASE("HTTP that is not as it should be does no harm") {
  Served served;
  const auto answer_to = [&](const std::string& bytes) {
    Client client{served.port()};
    client.send(bytes);
    return client.read_answer();
  };
  CHECK(answer_to("GET /pay/orderquery HTTP/1.1\r\nHost: x\r\n\r\n").find("REQUIRE_POST_METHOD") !=
        std::string::npos);
  CHECK(answer_to("GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n").starts_with("HTTP/1.1 404"));
  CHECK(answer_to("nonsense\r\n\r\n").starts_with("HTTP/1.1 400"));
  CHECK(answer_to("POST /pay/orderquery HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n" +
                  std::string(2'000'000, 'x'))
            .starts_with("HTTP/1.1 413"));
  std::string chunked = "POST /pay/orderquery HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 200; ++i) chunked += "2710\r\n" + std::string(10'000, 'x') + "\r\n";
  CHECK(answer_to(chunked + "0\r\n\r\n").starts_with("HTTP/1.1 4"));
  const auto body = signed_xml(order_request("T1"));
  Client expecting{served.port()};
  expecting.send("POST /pay/unifiedorder HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: " +
                 std::to_string(body.size()) + "\r\n\r\n");
  CHECK(expecting.read_head().starts_with("HTTP/1.1 100 Continue"));
  expecting.send(body);
  CHECK(expecting.read_answer().starts_with("HTTP/1.1 200"));
  CHECK(trade_state(served, "T1") == "NOTPAY");
}

TEST_CASE("a client that gives its request byte by byte is given up") {
  const Served served{{.request = std::chrono::milliseconds{300}}};
  for (const std::string beginning :
       {"P", "POST /pay/orderquery HTTP/1.1\r\nHost: x\r\nX-",
        "POST /pay/orderquery HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n<xml>",
        "POST /pay/orderquery HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2710\r\n"}) {
    CAPTURE(beginning);
    const Client client{served.port()};
    client.send(beginning);
    bool closed = false;
    for (int sent = 0; sent < 400 && !closed; ++sent) {
      client.send("x");
      constexpr int pause_ms = 50;
      closed = client.closed_within(pause_ms);
    }
    CHECK(closed);
  }
}

TEST_CASE(
    "clients that give their requests byte by byte do not hold the server, however many threads they take") {
  Served served;
  constexpr std::size_t threads = 256;
  std::vector<Client> dripping;
  dripping.reserve(threads);
  for (std::size_t i = 0; i < threads; ++i) {
    dripping.emplace_back(served.port());
    dripping.back().send("POST /pay/orderquery HTTP/1.1\r\nHost: x\r\nX-");
  }
  std::atomic<bool> answered = false;
  auto drip = std::async(std::launch::async, [&] {
    while (!answered) {
      for (const auto& client : dripping) client.send("x");
      std::this_thread::sleep_for(std::chrono::milliseconds{100});
    }
  });
  for (int i = 0; i < 3; ++i) {
    CHECK(Client{served.port()}.call("/pay/unifiedorder", order_request("T1")).get("result_code") ==
          "SUCCESS");
  }
  answered = true;
}

TEST_CASE("a client that takes an answer slowly is given up") {
  const Served served{{.answer = std::chrono::milliseconds{300}}};
  Client maker{served.port()};
  for (int i = 0; i < 200; ++i) maker.call("/pay/unifiedorder", order_request("T" + std::to_string(i)));
  Client client{served.port()};
  for (int i = 0; i < 400; ++i) client.send("GET /sandbox/orders HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  bool closed = false;
  for (int taken = 0; taken < 400 && !closed; ++taken) {
    client.take_some();
    constexpr int pause_ms = 50;
    closed = client.closed_within(pause_ms);
  }
  CHECK(closed);
}

TEST_CASE("a command is 64 KiB at most") {
  Served served;
  const auto answer_to = [&](std::size_t size) {
    Client client{served.port()};
    const std::string begin = R"({"outTradeNo":")";
    client.post("/sandbox/pay", begin + std::string(size - begin.size() - 2, 'T') + "\"}",
                "Content-Type: application/json\r\n");
    return client.read_answer();
  };
  CHECK(answer_to(65'536).starts_with("HTTP/1.1 404"));
  CHECK(answer_to(65'537).starts_with("HTTP/1.1 413"));
  CHECK(answer_to(65'537).find("TOO_LARGE") != std::string::npos);
  CHECK(answer_to(1'000'000).starts_with("HTTP/1.1 413"));
}

TEST_CASE("many connections at once are all answered") {
  Served served;
  constexpr int workers = 32;
  constexpr int each = 50;
  std::vector<std::future<std::set<std::string>>> running;
  running.reserve(workers);
  for (int worker = 0; worker < workers; ++worker) {
    running.push_back(std::async(std::launch::async, [&served] {
      std::set<std::string> prepay_ids;
      Client client{served.port()};
      for (int i = 0; i < each; ++i) {
        const auto answer = client.call("/pay/unifiedorder", order_request("T" + std::to_string(i)));
        if (holds(answer)) prepay_ids.insert(answer.get("prepay_id"));
      }
      return prepay_ids;
    }));
  }
  std::set<std::string> all;
  for (auto& worker : running) {
    const auto prepay_ids = worker.get();
    CHECK(prepay_ids.size() == each);
    all.insert(prepay_ids.begin(), prepay_ids.end());
  }
  CHECK(all.size() == each);
}

TEST_CASE("a port in use is an error, and a stopped server gives its port free") {
  wxpay::test::ManualClock clock;
  wxpay::SystemRandom random;
  wxpay::NullLog log;
  StopFlag stopped;
  stopped.flag = true;
  Served served;
  const auto serve_there = [&](int port) {
    const wxpay::sandbox::ServerOptions options{port, {}, wxpay::test::gateway_account(), {}};
    wxpay::sandbox::serve(options, clock, random, stopped, log, [](int) {});
  };
  try {
    serve_there(served.port());
    FAIL("it was taken twice");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::network);
    CHECK(std::string{error.what()}.find("127.0.0.1:" + std::to_string(served.port())) != std::string::npos);
  }
  Client idle{served.port()};  // keeps a connection open over the end
  CHECK(idle.call("/pay/unifiedorder", order_request("T1")).get("result_code") == "SUCCESS");
  served.stop();
  CHECK(idle.read_to_end().empty());
  CHECK_NOTHROW(serve_there(served.port()));
  CHECK_FALSE(Client{served.port()}.connected());
}
