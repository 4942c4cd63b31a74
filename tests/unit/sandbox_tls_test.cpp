// The gateway over TLS, in one process: many clients at once, and those that do not keep to it.
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <csignal>
#include <future>
#include <memory>

#include "base/system.hpp"
#include "base/unique_fd.hpp"
#include "sandbox/sandbox.hpp"
#include "support/certificate_of.hpp"
#include "support/http_client.hpp"
#include "support/sandbox_fixture.hpp"
#include "support/temporary_file.hpp"

using namespace wxpay;
using test::read_xml;
using test::signed_xml;

namespace {

/// A gateway over TLS on a free port until the end of the test. By the system's clock, as libcurl's is.
class SecureServed {
 public:
  explicit SecureServed(sandbox::TimeLimits limits = {})
      : identity_{sandbox::make_server_identity(clock_, random_)}, ca_file_{identity_.authority.to_pem()} {
    ::signal(SIGPIPE, SIG_IGN);  // as the program does
    std::promise<int> listening;
    auto port = listening.get_future();
    ended_ = std::async(std::launch::async, [this, limits, &listening] {
      sandbox::ServerOptions options{0, {}, test::gateway_account(), limits};
      options.tls = sandbox::TlsOptions{identity_, test::merchant_key().public_key()};
      sandbox::serve(options, clock_, random_, stop_, log_, [&](int at) { listening.set_value(at); });
    });
    port_ = port.get();
  }
  SecureServed(const SecureServed&) = delete;
  SecureServed& operator=(const SecureServed&) = delete;
  ~SecureServed() {
    stop_.press();
    ended_.get();
  }
  int port() const { return port_; }
  std::string url(const std::string& path) const {
    return "https://127.0.0.1:" + std::to_string(port_) + path;
  }
  std::string ca_file() const { return ca_file_.path(); }

 private:
  test::StopButton stop_;
  SystemClock clock_{stop_};
  SystemRandom random_;
  NullLog log_;
  crypto::ServerIdentity identity_;
  test::TemporaryFile ca_file_;
  std::future<void> ended_;
  int port_ = 0;
};

/// A connection that speaks no TLS of itself.
class BareSocket {
 public:
  explicit BareSocket(int port) : socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const void* any = &address;
    REQUIRE(::connect(socket_.get(), static_cast<const sockaddr*>(any), sizeof address) == 0);
  }
  void send(std::string_view bytes) const { ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL); }
  bool closed_within(int timeout_ms) const {
    pollfd wanted{socket_.get(), POLLRDHUP, 0};
    return ::poll(&wanted, 1, timeout_ms) > 0;
  }

 private:
  UniqueFd socket_;
};

std::shared_ptr<const ClientCertificate> merchants_certificate() {
  return std::make_shared<const ClientCertificate>(
      ClientCertificate{test::certificate_of(test::gateway_mch_id), test::merchant_key().to_pem()});
}

Fields refund_answer(test::Client& client, const SecureServed& served,
                     std::shared_ptr<const ClientCertificate> certificate) {
  const auto result = client.transport->send(
      {.url = served.url("/secapi/pay/refund"),
       .headers = test::text_xml,
       .body = signed_xml(test::refund_request("T20261128001001", "R20261128001001", "10")),
       .client_certificate = std::move(certificate)});
  return read_xml(test::answer(result).body);
}

}  // namespace

TEST_CASE("many clients at once over TLS are told apart by what they show") {
  const SecureServed served;
  constexpr int workers = 16;
  constexpr int each = 20;
  std::vector<std::future<int>> running;
  for (int i = 0; i < workers; ++i) {
    running.push_back(std::async(std::launch::async, [&served, i] {
      test::Client client{served.ca_file()};
      const auto certificate = i % 2 == 0 ? merchants_certificate() : nullptr;
      int right = 0;
      for (int n = 0; n < each; ++n) {
        const auto answer = refund_answer(client, served, certificate);
        const bool is_looked_at = answer.get("err_code") == "ORDERNOTEXIST";
        const bool is_refused = answer.get("return_code") == "FAIL" && answer.get("return_msg").empty();
        right += (certificate ? is_looked_at : is_refused) ? 1 : 0;
      }
      return right;
    }));
  }
  for (auto& worker : running) CHECK(worker.get() == each);
}

TEST_CASE("requests and answers longer than a record of TLS are whole") {
  const SecureServed served;
  test::Client client{served.ca_file()};
  for (int i = 0; i < 100; ++i) {
    const auto placed = client.post(served.url("/pay/unifiedorder"), std::chrono::seconds{30},
                                    signed_xml(test::order_request("T2026112800" + std::to_string(1000 + i),
                                                                   {{"attach", std::string(127, 'a')}})));
    CHECK(read_xml(test::answer(placed).body).get("result_code") == "SUCCESS");
  }
  const auto listed =
      client.transport->send({.method = HttpMethod::get, .url = served.url("/sandbox/orders")});
  const auto body = test::answer(listed).body;
  CHECK(body.size() > 16'384);
  CHECK(std::count(body.begin(), body.end(), '\n') == 100);
  const auto refused = client.post(served.url("/pay/orderquery"), std::chrono::seconds{30},
                                   "<xml><a>" + std::string(900'000, 'x') + "</a></xml>");
  CHECK(read_xml(test::answer(refused).body).get("return_code") == "FAIL");
}

TEST_CASE("who does not finish the handshake is given up, and who speaks no TLS at once") {
  const SecureServed served{{.request = std::chrono::milliseconds{300}}};
  constexpr int soon_ms = 5'000;
  const BareSocket begun{served.port()};
  begun.send("\x16\x03\x01");
  const BareSocket plain{served.port()};
  plain.send("POST /secapi/pay/refund HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n");
  CHECK(plain.closed_within(soon_ms));
  CHECK(begun.closed_within(soon_ms));
}
