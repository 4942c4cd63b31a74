#pragma once

#include <openssl/ssl.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/handle.hpp"
#include "base/unique_fd.hpp"
#include "support/tls_identity.hpp"

namespace wxpay::test {

class RawServer;

/// A whole HTTP/1.1 answer with its Content-Length. Extra headers end in CRLF each.
std::string http_answer(std::string_view body, int status = 200, std::string_view extra_headers = {});

/// One accepted connection, as the script of a RawServer sees it. Every call ends when the server is
/// destroyed.
class Peer {
 public:
  /// The next request, head and body (by its Content-Length); nothing when the client closed the connection.
  std::optional<std::string> read_request();
  /// Sends just these bytes; false when the client is gone.
  bool send(std::string_view bytes);
  /// Returns when the client closed the connection.
  void wait_for_close();
  /// Returns after this time; false when the client closed the connection before.
  bool pause(std::chrono::milliseconds duration);
  /// The common name of the certificate that the client has shown; empty: none.
  std::string client_name() const;
  /// Which connection to the server this is, from 1.
  int number() const noexcept { return number_; }

 private:
  friend class RawServer;
  Peer(RawServer& server, int fd, SSL* tls, int number)
      : server_{server}, fd_{fd}, tls_{tls}, number_{number} {}
  std::optional<std::string> receive();

  RawServer& server_;
  int fd_;
  SSL* tls_;  ///< null on a plain connection
  int number_;
  std::string ahead_;  ///< received, not yet given out
};

/// A server on a free loopback port that plays a script, so that a test decides every byte a client gets. The
/// script is called once for each connection, in a thread of its own; the connection is closed when it
/// returns. With an identity the server speaks TLS, and asks for the client's certificate, whosever it is.
///
///     RawServer server{answering({http_answer("<xml/>")})};                        // every request gets
///     this RawServer server{answering({http_answer("busy", 502), http_answer("ok")})};  // the first 502,
///     then ok RawServer server{[](Peer& peer) { peer.read_request(); }};                   // takes one,
///     answers nothing
class RawServer {
 public:
  using Script = std::function<void(Peer&)>;

  explicit RawServer(Script script, const TlsIdentity* identity = nullptr);
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;
  RawServer(RawServer&&) = delete;
  RawServer& operator=(RawServer&&) = delete;
  ~RawServer();

  int port() const noexcept { return port_; }
  /// "http://127.0.0.1:PORT/path", or https with an identity.
  std::string url(std::string_view path = "/") const;
  int connections() const;
  /// Whole requests read, and the requests themselves.
  int requests() const;
  std::vector<std::string> received() const;
  std::size_t bytes_sent() const noexcept { return bytes_sent_; }
  /// Returns when this many connections were closed by their scripts.
  void wait_for_closed(int count) const;

 private:
  friend class Peer;
  void listen_on_free_port();
  void accept_all();
  void serve(int fd, int number);

  Script script_;
  Handle<SSL_CTX, SSL_CTX_free> tls_;
  UniqueFd listener_;
  int port_ = 0;
  std::atomic<std::size_t> bytes_sent_ = 0;
  mutable std::mutex mutex_;  ///< guards what follows
  mutable std::condition_variable changed_;
  std::vector<std::string> received_;
  std::vector<UniqueFd> sockets_;
  std::vector<std::thread> threads_;
  int closed_ = 0;
  bool ending_ = false;
  std::thread acceptor_;
};

/// The n-th request to the server gets the n-th answer, all later ones the last. Connections stay open.
RawServer::Script answering(std::vector<std::string> answers);

}  // namespace wxpay::test
