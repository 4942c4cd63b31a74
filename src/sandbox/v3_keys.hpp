#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/pkcs12.hpp"
#include "wxpay/clock.hpp"

namespace wxpay::sandbox {

/// By which of its keys the gateway signs.
enum class Trust : std::uint8_t { certificate, public_key, both };
std::optional<Trust> parse_trust(std::string_view text);

/// WeChat Pay's keys of API v3, made when they are first needed. From any thread.
class V3Keys {
 public:
  V3Keys(Trust trust, Clock& clock, Random& random) : trust_{trust}, clock_{clock}, random_{random} {}

  struct Signer {
    crypto::PrivateKey key;
    std::string serial;  ///< of the certificate, or the public key's id
  };
  /// The key that signs an answer to a request that asks for this one; empty: for none.
  Signer signer_for(std::string_view wanted);
  /// The key that signs notifications.
  Signer signer() { return signer_for(trust_ == Trust::certificate ? "" : public_key_id); }

  /// Oldest first; none where the gateway has the public key alone.
  std::vector<crypto::Certificate> certificates();
  /// Adds a platform certificate, by which answers are signed from now on.
  std::string rotate();
  /// None where the gateway has certificates alone.
  std::optional<crypto::PublicKey> public_key();

  static constexpr std::string_view public_key_id = "PUB_KEY_ID_0119000001092026112300000000000001";

 private:
  void make_missing();
  void add_certificate();

  Trust trust_;
  Clock& clock_;
  Random& random_;
  std::mutex mutex_;
  std::vector<crypto::KeyWithCertificate> platform_;
  std::optional<crypto::PrivateKey> public_key_pair_;
};

}  // namespace wxpay::sandbox
