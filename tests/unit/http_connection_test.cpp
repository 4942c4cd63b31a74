#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "base/unique_fd.hpp"
#include "support/http_client.hpp"
#include "support/raw_server.hpp"
#include "support/temporary_file.hpp"
#include "support/tls_identity.hpp"

using namespace std::chrono_literals;
using namespace wxpay::test;
using wxpay::ErrorKind;

namespace {

/// Sets environment variables for one test; an empty value unsets.
class Environment {
 public:
  void set(const char* name, const std::string& value) {
    const char* before = std::getenv(name);
    before_.emplace_back(name, before != nullptr ? before : "");
    put(name, value);
  }
  Environment() = default;
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;
  Environment(Environment&&) = delete;
  Environment& operator=(Environment&&) = delete;
  ~Environment() {
    for (const auto& [name, value] : before_) put(name, value);
  }

 private:
  static void put(const std::string& name, const std::string& value) {
    value.empty() ? ::unsetenv(name.c_str()) : ::setenv(name.c_str(), value.c_str(), 1);
  }
  std::vector<std::pair<std::string, std::string>> before_;
};

}  // namespace

TEST_CASE("where no connection came about, surely nothing was sent") {
  // A port that was free a moment ago.
  const auto closed_port = [] { return RawServer{answering({""})}.url(); }();
  const auto refused = failure(Client{}.post(closed_port));
  CHECK(refused.kind == ErrorKind::network);
  CHECK_FALSE(refused.sent);
  CHECK(contains(refused.message, "Connection refused"));

  // A label of more than 63 characters fails without asking a name server.
  const auto unknown = failure(Client{}.post("http://" + std::string(64, 'a') + ".invalid/"));
  CHECK(unknown.kind == ErrorKind::network);
  CHECK_FALSE(unknown.sent);

  for (const auto* url :
       {"", "no url", "http://", "gopher://127.0.0.1/", "file:///etc/hostname", "http://a b/"}) {
    CAPTURE(url);
    const auto malformed = failure(Client{}.post(url));
    CHECK(malformed.kind == ErrorKind::network);
    CHECK_FALSE(malformed.sent);
  }
}

TEST_CASE("a connection that does not come about in time was not used") {
  // A listener that nobody accepts from: with its queue full, the kernel answers no more connections.
  const wxpay::UniqueFd listener{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  REQUIRE(::bind(listener.get(), any, size) == 0);
  REQUIRE(::listen(listener.get(), 0) == 0);
  REQUIRE(::getsockname(listener.get(), any, &size) == 0);
  std::vector<wxpay::UniqueFd> fillers;
  for (int i = 0; i < 3; ++i) {
    fillers.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    static_cast<void>(::connect(fillers.back().get(), any, size));
  }
  const auto found =
      failure(Client{}.post("http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/", 200ms));
  CHECK(found.kind == ErrorKind::timeout);
  CHECK_FALSE(found.sent);
}

TEST_CASE("a request without time left is not begun") {
  RawServer server{answering({http_answer("ok")})};
  for (const auto timeout : {0ms, -5ms}) {
    const auto found = failure(Client{}.post(server.url(), timeout));
    CHECK(found.kind == ErrorKind::timeout);
    CHECK_FALSE(found.sent);
  }
  CHECK(server.connections() == 0);
}

TEST_CASE("a request ends when the program is asked to stop") {
  Client client;
  RawServer server{[&client](Peer& peer) {
    peer.read_request();
    client.stop.press();
    peer.wait_for_close();
  }};
  const auto during = failure(client.post(server.url()));
  CHECK(during.kind == ErrorKind::interrupted);
  CHECK(during.sent);
  server.wait_for_closed(1);

  const auto before = failure(client.post(server.url()));
  CHECK(before.kind == ErrorKind::interrupted);
  CHECK_FALSE(before.sent);
  CHECK(server.connections() == 1);
}

TEST_CASE("a TLS server that nobody vouches for is refused, and accepted with its certificate as ca_file") {
  const auto identity = TlsIdentity::make();
  const auto other = TlsIdentity::make();
  RawServer server{answering({http_answer("secret")}), &identity};

  const auto refused = failure(Client{}.post(server.url()));
  CHECK(refused.kind == ErrorKind::network);
  CHECK_FALSE(refused.sent);
  CHECK(contains(refused.message, "not trusted"));
  CHECK(contains(refused.message, "ca_file names its root certificate"));
  const TemporaryFile wrong{other.pem()};
  CHECK_FALSE(failure(Client{wrong.path()}.post(server.url())).sent);
  CHECK(server.requests() == 0);

  const TemporaryFile right{other.pem() + "# the one that matters\n" + identity.pem()};
  Client client{right.path()};
  CHECK(answer(client.post(server.url())).body == "secret");
  CHECK(answer(client.post(server.url())).body == "secret");
  CHECK(server.connections() == 3);
}

TEST_CASE("a trusted certificate vouches for its own host alone") {
  const auto identity = TlsIdentity::make("DNS:pay.example.com");
  const TemporaryFile ca_file{identity.pem()};
  RawServer server{answering({http_answer("secret")}), &identity};
  const auto found = failure(Client{ca_file.path()}.post(server.url()));
  CHECK(found.kind == ErrorKind::network);
  CHECK_FALSE(found.sent);
  CHECK(contains(found.message, "not trusted"));
  CHECK(server.requests() == 0);
}

TEST_CASE("a second TLS connection of a client trusts the ca_file as the first did") {
  const auto identity = TlsIdentity::make();
  const TemporaryFile ca_file{identity.pem()};
  RawServer server{[](Peer& peer) {
                     if (peer.read_request()) peer.send(http_answer("ok", 200, "Connection: close\r\n"));
                   },
                   &identity};
  Client client{ca_file.path()};
  CHECK(answer(client.post(server.url())).body == "ok");
  CHECK(answer(client.post(server.url())).body == "ok");
  CHECK(server.connections() == 2);
}

TEST_CASE("a TLS handshake that fails or stands still sent nothing") {
  RawServer mute{[](Peer& peer) { peer.wait_for_close(); }};
  const auto port = std::to_string(mute.port());
  const auto still = failure(Client{}.post("https://127.0.0.1:" + port + "/", 200ms));
  CHECK(still.kind == ErrorKind::timeout);
  CHECK_FALSE(still.sent);

  RawServer plain{[](Peer& peer) { peer.send("HTTP/1.1 400 Bad Request\r\n\r\n"); }};
  const auto failed = failure(Client{}.post("https://127.0.0.1:" + std::to_string(plain.port()) + "/"));
  CHECK(failed.kind == ErrorKind::network);
  CHECK_FALSE(failed.sent);
}

TEST_CASE("a ca_file that cannot serve is a configuration error") {
  const auto pem = TlsIdentity::make().pem();
  const TemporaryFile empty{""};
  const TemporaryFile text{"no certificate here\n"};
  const TemporaryFile cut{pem.substr(0, pem.size() / 2)};
  const TemporaryFile damaged{pem + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"};
  const TemporaryFile large{pem + std::string(1'048'576, '\n')};
  for (const auto& path : {empty.path(), text.path(), cut.path(), damaged.path(), large.path(),
                           std::string{"/"}, empty.path() + "-absent", std::string{"/dev/zero"}}) {
    CAPTURE(path);
    try {
      const Client client{path};
      FAIL("accepted");
    } catch (const wxpay::Error& error) {
      CHECK(error.kind() == ErrorKind::config);
      CHECK(contains(error.what(), path));
      CHECK(!error.hint().empty());
    }
  }
}

TEST_CASE("a proxy from the environment is used, except for loopback") {
  RawServer proxy{answering({http_answer("by proxy")})};
  RawServer server{answering({http_answer("direct")})};
  Environment environment;
  environment.set("no_proxy", "");
  environment.set("NO_PROXY", "");
  environment.set("http_proxy", proxy.url());
  environment.set("all_proxy", proxy.url());
  Client client;
  CHECK(answer(client.post(server.url())).body == "direct");
  CHECK(answer(client.post("http://LOCALHOST:" + std::to_string(server.port()) + "/")).body == "direct");
  CHECK(proxy.connections() == 0);

  CHECK(answer(client.post("http://shop.invalid/pay")).body == "by proxy");
  REQUIRE(proxy.requests() == 1);
  CHECK(proxy.received().front().rfind("POST http://shop.invalid/pay HTTP/1.1\r\n", 0) == 0);

  const auto closed_port = [] { return RawServer{answering({""})}.url(); }();
  const auto place = closed_port.substr(7, closed_port.size() - 8);  // without http:// and /
  for (const char* scheme : {"htpp", "ftp", "socks9"}) {
    environment.set("http_proxy", std::string{scheme} + "://buyer:secret@" + place);
    const auto odd = failure(client.post("http://other.invalid/pay"));
    CHECK_FALSE(odd.sent);
    CHECK(contains(odd.message, "its URL has a scheme that is not known"));
    CHECK_FALSE(contains(odd.message, "secret"));
    CHECK_FALSE(contains(client.log.lines.back(), "secret"));
  }
  environment.set("http_proxy", "http://buyer:secret@" + place);
  const auto unreachable = failure(client.post("http://other.invalid/pay"));
  CHECK_FALSE(unreachable.sent);
  CHECK(unreachable.message ==
        "cannot connect to the proxy " + place + " (http_proxy) for other.invalid:80: Connection refused");
}

TEST_CASE("only this machine counts as loopback") {
  struct Row {
    std::string url;
    bool loopback;
  };
  const Row rows[] = {
      {"http://127.0.0.1", true},
      {"http://127.0.0.1:8971/pay", true},
      {"https://127.255.1.2/", true},
      {"http://localhost", true},
      {"HTTP://LocalHost:80/", true},
      {"http://[::1]:8971/", true},
      {"http://[0:0:0:0:0:0:0:1]/", true},
      {"http://2130706433/", true},  // 127.0.0.1 in one number
      {"http://0x7f.1/", true},
      {"http://user@127.0.0.1/", true},
      {"http://127.0.0.1@evil.example/", false},
      {"http://127.0.0.1:80@evil.example/", false},
      {"http://localhost@evil.example/", false},
      {"http://127.0.0.1.evil.example/", false},
      {"http://127.0.0.1%2eevil.example/", false},
      {"http://localhost.evil/", false},
      {"http://localhost./", false},
      {"http://notlocalhost/", false},
      {"http://evil.example/127.0.0.1", false},
      {"http://evil.example#@127.0.0.1/", false},
      {"http://evil.example?@127.0.0.1/", false},
      {"http://evil.example\\@127.0.0.1/", true},  // libcurl, too, takes what is before the @ as a user name
      {"http://128.0.0.1/", false},
      {"http://0.0.0.0/", false},
      {"http://192.168.0.1/", false},
      {"http://[::2]/", false},
      {"http://[::ffff:192.168.0.1]/", false},
      {"http://api.mch.weixin.qq.com/", false},
      {"127.0.0.1", false},
      {"gopher://127.0.0.1/", false},
      {"http://", false},
      {"", false},
  };
  for (const auto& row : rows) {
    CAPTURE(row.url);
    CHECK(wxpay::net::is_loopback_url(row.url) == row.loopback);
  }
}

TEST_CASE("the library's version names libcurl and its TLS") {
  const auto version = wxpay::net::http_library_version();
  CHECK(version.rfind("libcurl/", 0) == 0);
  CHECK(contains(version, " OpenSSL/3"));
}
