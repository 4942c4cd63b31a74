#pragma once

#include <memory>

#include "crypto/generate.hpp"
#include "crypto/public_key.hpp"
#include "sandbox/channel.hpp"
#include "wxpay/clock.hpp"

namespace wxpay::sandbox {

/// The name of the authority that issues the gateway's certificate.
inline constexpr const char* authority_name = "wxpayctl sandbox authority";

/// How the gateway is served over TLS.
struct TlsOptions {
  crypto::ServerIdentity identity;
  crypto::PublicKey merchant_key;  ///< of the certificate that the merchant shows
};

/// A new one, for 127.0.0.1 and localhost.
crypto::ServerIdentity make_server_identity(const Clock& clock, Random& random);

/// Speaks TLS as the server, and asks every client for a certificate without insisting: which requests need
/// one is said by the gateway.
class TlsServer {
 public:
  /// @param clock  by which certificates are valid or not; must outlive it
  TlsServer(const TlsOptions& options, const Clock& clock);
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;
  ~TlsServer();

  /// @param socket  as it was accepted; the channel must not outlive the server
  std::unique_ptr<Channel> open(int socket) const;

  struct State;

 private:
  std::unique_ptr<const State> state_;
};

}  // namespace wxpay::sandbox
