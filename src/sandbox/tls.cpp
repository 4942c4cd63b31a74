#include "sandbox/tls.hpp"

#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <climits>
#include <stdexcept>
#include <string>
#include <utility>

#include "crypto/certificate_material.hpp"
#include "crypto/key_material.hpp"
#include "sandbox/serial.hpp"
#include "wxpay/error.hpp"

namespace wxpay::sandbox {

namespace {

/// The clocks of client and gateway may differ a little.
constexpr std::chrono::hours earlier{24};
constexpr std::chrono::hours lifetime{24 * 365};

using Context = Handle<SSL_CTX, SSL_CTX_free>;
using Session = Handle<SSL, SSL_free>;

void require(bool done) {
  if (!done) crypto::fail("TLS cannot be set up");
}

/// The handshake takes any certificate, as long as the client has its key.
int accept_any(X509_STORE_CTX*, void*) { return 1; }

}  // namespace

struct TlsServer::State {
  Context context;
  crypto::PublicKey merchant_key;
  const Clock& clock;

  /// Whose certificate it is that a client showed.
  ShownCertificate judge(const X509* certificate) const;
};

ShownCertificate TlsServer::State::judge(const X509* certificate) const {
  if (certificate == nullptr) return ShownCertificate::none;
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate, &der);
  const Handle<unsigned char, crypto::free_bytes> owned{der};
  if (size <= 0) return ShownCertificate::other;
  try {
    const auto read = crypto::read_certificate(
        {reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)}, {"the client's certificate"});
    const bool is_merchants = read.public_key().to_pem() == merchant_key.to_pem();
    return is_merchants && read.valid_at(clock.now()) ? ShownCertificate::merchant : ShownCertificate::other;
  } catch (const Error&) {
    return ShownCertificate::other;  // Of another kind of key, or damaged.
  }
}

namespace {

class TlsChannel final : public Channel {
 public:
  TlsChannel(int socket, const TlsServer::State& state)
      : state_{state}, session_{SSL_new(state.context.get())} {
    const int flags = ::fcntl(socket, F_GETFL);
    require(flags >= 0 && ::fcntl(socket, F_SETFL, flags | O_NONBLOCK) == 0);
    require(session_ && SSL_set_fd(session_.get(), socket) == 1);
    SSL_set_accept_state(session_.get());
  }

  std::optional<std::size_t> receive(std::span<char> to) override {
    ERR_clear_error();
    const auto most = static_cast<int>(std::min<std::size_t>(to.size(), INT_MAX));
    return count_of(SSL_read(session_.get(), to.data(), most));
  }

  /// Whoever serves ignores SIGPIPE: OpenSSL writes to clients that have left, too.
  std::optional<std::size_t> send(std::string_view bytes) override {
    ERR_clear_error();
    const auto most = static_cast<int>(std::min<std::size_t>(bytes.size(), INT_MAX));
    return count_of(SSL_write(session_.get(), bytes.data(), most));
  }

  void end() override {
    ERR_clear_error();
    if (!failed_ && SSL_is_init_finished(session_.get()) == 1) SSL_shutdown(session_.get());
    ERR_clear_error();
  }

  ShownCertificate shown() override {
    if (!shown_) shown_ = state_.judge(SSL_get0_peer_certificate(session_.get()));
    return *shown_;
  }

 private:
  std::optional<std::size_t> count_of(int result) {
    if (result > 0) return static_cast<std::size_t>(result);
    const int why = SSL_get_error(session_.get(), result);
    ERR_clear_error();
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) return 0;
    failed_ = failed_ || why != SSL_ERROR_ZERO_RETURN;
    return std::nullopt;
  }

  const TlsServer::State& state_;
  Session session_;
  std::optional<ShownCertificate> shown_;
  bool failed_ = false;  ///< nothing may be said in this session any more
};

}  // namespace

crypto::ServerIdentity make_server_identity(const Clock& clock, Random& random) {
  const auto now = clock.now();
  const auto content = [&](const char* name) {
    return crypto::CertificateContent{.common_name = name,
                                      .organization = "for practice only",
                                      .serial = new_serial(random),
                                      .not_before = now - earlier,
                                      .not_after = now + lifetime};
  };
  return crypto::generate_server_identity(content(authority_name), content("wxpayctl sandbox"),
                                          "IP:127.0.0.1,DNS:localhost");
}

TlsServer::TlsServer(const TlsOptions& options, const Clock& clock) {
  const auto& [authority, certificate, key] = options.identity;
  Context made{SSL_CTX_new(TLS_server_method())};
  require(static_cast<bool>(made));
  auto* context = made.get();
  require(SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1);
  const auto pem = certificate.to_pem();
  const crypto::Bio bio{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
  require(static_cast<bool>(bio));
  const crypto::CertificateHandle own{PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)};
  require(own && SSL_CTX_use_certificate(context, own.get()) == 1);
  require(SSL_CTX_use_PrivateKey(context, key.material().key.get()) == 1);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_cert_verify_callback(context, accept_any, nullptr);
  // Each connection shows its certificate anew.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
  require(SSL_CTX_set_num_tickets(context, 0) == 1);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  state_ = std::make_unique<const State>(State{std::move(made), options.merchant_key, clock});
}

TlsServer::~TlsServer() = default;

std::unique_ptr<Channel> TlsServer::open(int socket) const {
  return std::make_unique<TlsChannel>(socket, *state_);
}

}  // namespace wxpay::sandbox
