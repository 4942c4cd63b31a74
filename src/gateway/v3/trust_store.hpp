#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/aead.hpp"
#include "gateway/v3/certificates.hpp"
#include "gateway/v3/platform_keys.hpp"
#include "wxpay/clock.hpp"
#include "wxpay/transport.hpp"
#include "wxpay/v3_gateway.hpp"

namespace wxpay::v3 {

/// WeChat Pay's public key, as the merchant platform shows it.
struct NamedPublicKey {
  std::string id;  ///< PUB_KEY_ID_…
  crypto::PublicKey key;
};

/// What a fetch of certificates gave: a complete response, or why there is none.
struct FetchedCertificates {
  HttpResponse response = {};
  std::string problem = {};               ///< empty: there is a response
  ErrorKind kind = ErrorKind::untrusted;  ///< of the problem
  bool has_none = false;                  ///< the merchant's account has no certificates
};

/// What is trusted now.
struct TrustReport {
  struct CertificateLife {
    std::string serial_no;
    std::chrono::sys_seconds valid_from;
    std::chrono::sys_seconds valid_until;
  };
  std::string public_key_id = {};  ///< empty: no public key
  std::vector<CertificateLife> certificates = {};
  bool has_apiv3_key = false;
  bool tried_apiv3_key = false;  ///< on a list of certificates that came in this run
  bool has_none = false;         ///< WeChat Pay says that it has no certificates for this merchant
  std::string problem = {};      ///< why the last fetch of certificates gave none
};

/// Asks WeChat Pay for its certificates.
class CertificateSource {
 public:
  virtual ~CertificateSource() = default;
  virtual FetchedCertificates fetch() = 0;
};

/// The keys that one merchant trusts: the public key where one is set, and the platform certificates, which
/// are fetched when they are first needed, when an unknown serial number signs, or when one is about to end;
/// never in a loop.
class TrustStore final : public PlatformKeys {
 public:
  /// @param cache  keeps the certificates between runs; may be null
  TrustStore(std::optional<NamedPublicKey> public_key, std::optional<crypto::Aead> aead,
             std::unique_ptr<CertificateSource> source, CertificateCache* cache, const Clock& clock);

  std::optional<crypto::PublicKey> find(std::string_view serial) override;
  MissingKey why_missing(std::string_view serial) override;
  std::string preferred_serial() override;

  /// What is in force, for doctor. Fetches unless this run has done so.
  TrustReport report();

 private:
  void load_cache();
  /// @return whether the store has new certificates
  bool fetch();
  /// Takes the certificates of an answer that is signed by one of them or by the public key.
  /// @return why it is not to be believed; empty: taken
  std::string take(std::string_view header_lines, std::string_view body, bool fresh);
  bool may_fetch() const;
  /// Whether the last fetch is long enough ago for any other.
  bool is_rested() const;
  /// Whether a certificate is to be looked for that follows this one.
  bool is_to_renew(const PlatformCertificate& certificate, std::chrono::sys_seconds now) const;

  std::optional<NamedPublicKey> public_key_;
  std::optional<crypto::Aead> aead_;
  std::unique_ptr<CertificateSource> source_;
  CertificateCache* cache_;
  const Clock& clock_;

  std::mutex mutex_;
  bool cache_loaded_ = false;
  std::vector<PlatformCertificate> certificates_;
  std::optional<std::chrono::steady_clock::time_point> fetched_at_;  ///< the last try in this run
  int early_fetches_ = 0;                                            ///< without a rest before each
  bool missed_ = false;  ///< the last fetch did not bring the certificate that it was made for
  std::string problem_;  ///< why the last fetch gave nothing
  ErrorKind problem_kind_ = ErrorKind::untrusted;
  bool has_none_ = false;
  bool tried_apiv3_key_ = false;
  std::chrono::sys_seconds listed_at_ = {};  ///< when WeChat Pay signed the list of the certificates
};

}  // namespace wxpay::v3
