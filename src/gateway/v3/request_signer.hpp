#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "crypto/private_key.hpp"
#include "wxpay/clock.hpp"
#include "wxpay/identifiers.hpp"
#include "wxpay/transport.hpp"

namespace wxpay::v3 {

/// What a request's signature is made over, besides the key (API v3 reference, 2.1).
struct RequestToSign {
  std::string_view method;
  std::string_view target;  ///< path and query as on the request line
  std::string_view timestamp;
  std::string_view nonce;
  std::string_view body;
};

/// Signs the requests of one merchant.
class RequestSigner {
 public:
  /// @param serial_no  of the merchant's certificate, upper-case hex
  RequestSigner(MerchantId mch_id, std::string serial_no, crypto::PrivateKey key);

  /// The value of the header Authorization (API v3 reference, 2.2).
  std::string authorization(const RequestToSign& request) const;
  /// The signature alone, in Base64.
  std::string sign(const RequestToSign& request) const;
  /// Of pay parameters: over lines, each with its line end.
  std::string sign_lines(std::initializer_list<std::string_view> lines) const;

  /// Whether this is the merchant's own signature of such lines.
  bool verify_lines(std::initializer_list<std::string_view> lines, std::string_view signature) const;

  const std::string& serial_no() const noexcept { return serial_no_; }
  const MerchantId& mch_id() const noexcept { return mch_id_; }

 private:
  MerchantId mch_id_;
  std::string serial_no_;
  crypto::PrivateKey key_;
};

/// Puts all headers of a request of API v3 in place, with a new timestamp, nonce and signature.
/// @param target  path and query
/// @param platform_serial  see PlatformKeys::preferred_serial
void prepare_request(HttpRequest& request, std::string_view target, const RequestSigner& signer,
                     const std::string& platform_serial, const Clock& clock, Random& random);

}  // namespace wxpay::v3
