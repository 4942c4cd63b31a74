#include "support/raw_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <system_error>
#include <utility>

#include "base/text.hpp"

namespace wxpay::test {
namespace {

constexpr std::string_view end_of_head = "\r\n\r\n";

[[noreturn]] void fail(const char* what) { throw std::system_error{errno, std::generic_category(), what}; }

std::size_t content_length(std::string_view head) {
  const auto lower = to_lower(std::string{head});
  constexpr std::string_view name = "\r\ncontent-length:";
  const auto found = lower.find(name);
  if (found == std::string::npos) return 0;
  const auto digits = lower.find_first_not_of(' ', found + name.size());
  std::size_t length = 0;
  if (digits != std::string::npos) {
    std::from_chars(lower.data() + digits, lower.data() + lower.size(), length);
  }
  return length;
}

}  // namespace

std::string http_answer(std::string_view body, int status, std::string_view extra_headers) {
  return "HTTP/1.1 " + std::to_string(status) + " Test\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n" + std::string{extra_headers} + "\r\n" + std::string{body};
}

RawServer::Script answering(std::vector<std::string> answers) {
  return [answers = std::move(answers), next = std::make_shared<std::atomic<std::size_t>>(0)](Peer& peer) {
    while (peer.read_request()) {
      const auto turn = std::min(next->fetch_add(1), answers.size() - 1);
      if (!peer.send(answers[turn])) return;
    }
  };
}

std::optional<std::string> Peer::receive() {
  std::array<char, 16'384> buffer;
  const auto got = tls_ != nullptr
                       ? static_cast<ssize_t>(SSL_read(tls_, buffer.data(), static_cast<int>(buffer.size())))
                       : ::recv(fd_, buffer.data(), buffer.size(), 0);
  if (got <= 0) return std::nullopt;
  return std::string{buffer.data(), static_cast<std::size_t>(got)};
}

std::optional<std::string> Peer::read_request() {
  auto head_end = std::string::npos;
  while ((head_end = ahead_.find(end_of_head)) == std::string::npos) {
    const auto more = receive();
    if (!more) return std::nullopt;
    ahead_ += *more;
  }
  const auto size =
      head_end + end_of_head.size() + content_length(std::string_view{ahead_}.substr(0, head_end));
  while (ahead_.size() < size) {
    const auto more = receive();
    if (!more) return std::nullopt;
    ahead_ += *more;
  }
  auto request = ahead_.substr(0, size);
  ahead_.erase(0, size);
  const std::lock_guard lock{server_.mutex_};
  server_.received_.push_back(request);
  return request;
}

bool Peer::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent =
        tls_ != nullptr ? static_cast<ssize_t>(SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size())))
                        : ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    server_.bytes_sent_ += static_cast<std::size_t>(sent);
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void Peer::wait_for_close() {
  while (receive()) {
  }
}

std::string Peer::client_name() const {
  const auto* certificate = tls_ == nullptr ? nullptr : SSL_get0_peer_certificate(tls_);
  if (certificate == nullptr) return {};
  std::array<char, 128> name{};
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name.data(),
                            static_cast<int>(name.size()));
  return name.data();
}

bool Peer::pause(std::chrono::milliseconds duration) {
  pollfd watched{fd_, POLLRDHUP, 0};
  return ::poll(&watched, 1, static_cast<int>(duration.count())) == 0;
}

RawServer::RawServer(Script script, const TlsIdentity* identity) : script_{std::move(script)} {
  if (identity != nullptr) {
    tls_.reset(SSL_CTX_new(TLS_server_method()));
    if (!tls_ || SSL_CTX_use_certificate(tls_.get(), identity->certificate.get()) != 1 ||
        SSL_CTX_use_PrivateKey(tls_.get(), identity->key.get()) != 1) {
      throw std::runtime_error{"cannot use the test certificate"};
    }
    SSL_CTX_set_verify(tls_.get(), SSL_VERIFY_PEER, [](int, X509_STORE_CTX*) { return 1; });
    // Sessions of clients with certificates are taken up again only by a server that has a name for itself.
    const unsigned char name[] = "raw server";
    SSL_CTX_set_session_id_context(tls_.get(), name, sizeof name);
  }
  listen_on_free_port();
  acceptor_ = std::thread{[this] { accept_all(); }};
}

RawServer::~RawServer() {
  {
    const std::lock_guard lock{mutex_};
    ending_ = true;
    for (const auto& socket : sockets_) ::shutdown(socket.get(), SHUT_RDWR);
  }
  ::shutdown(listener_.get(), SHUT_RDWR);
  acceptor_.join();
  for (auto& thread : threads_) thread.join();
}

void RawServer::listen_on_free_port() {
  listener_ = UniqueFd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  if (!listener_) fail("socket");
  // Small buffers, inherited by each connection: what was sent is nearly what the client took.
  const int buffer = 65'536;
  ::setsockopt(listener_.get(), SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_.get(), any, size) != 0 || ::listen(listener_.get(), 64) != 0 ||
      ::getsockname(listener_.get(), any, &size) != 0) {
    fail("listen");
  }
  port_ = ntohs(address.sin_port);
}

void RawServer::accept_all() {
  while (true) {
    const int fd = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
    const std::lock_guard lock{mutex_};
    if (fd >= 0) sockets_.emplace_back(fd);
    if (ending_) return;
    if (fd < 0) continue;  // a client that gave up before it was accepted
    const auto number = static_cast<int>(sockets_.size());
    threads_.emplace_back([this, fd, number] { serve(fd, number); });
  }
}

void RawServer::serve(int fd, int number) {
  // OpenSSL writes without MSG_NOSIGNAL; a client that is gone must end the script, not the test program.
  sigset_t broken_pipe;
  sigemptyset(&broken_pipe);
  sigaddset(&broken_pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);

  const Handle<SSL, SSL_free> tls{tls_ ? SSL_new(tls_.get()) : nullptr};
  if (!tls || (SSL_set_fd(tls.get(), fd) == 1 && SSL_accept(tls.get()) == 1)) {
    Peer peer{*this, fd, tls.get(), number};
    script_(peer);
  }
  ::shutdown(fd, SHUT_RDWR);
  const std::lock_guard lock{mutex_};
  ++closed_;
  changed_.notify_all();
}

std::string RawServer::url(std::string_view path) const {
  return (tls_ ? "https" : "http") + ("://127.0.0.1:" + std::to_string(port_)) + std::string{path};
}

int RawServer::connections() const {
  const std::lock_guard lock{mutex_};
  return static_cast<int>(sockets_.size());
}

int RawServer::requests() const {
  const std::lock_guard lock{mutex_};
  return static_cast<int>(received_.size());
}

std::vector<std::string> RawServer::received() const {
  const std::lock_guard lock{mutex_};
  return received_;
}

void RawServer::wait_for_closed(int count) const {
  std::unique_lock lock{mutex_};
  changed_.wait(lock, [this, count] { return closed_ >= count; });
}

}  // namespace wxpay::test
