#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wxpay/certificate_cache.hpp"
#include "wxpay/gateway.hpp"
#include "wxpay/identifiers.hpp"
#include "wxpay/log.hpp"
#include "wxpay/merchant_certificate.hpp"
#include "wxpay/payment_api.hpp"
#include "wxpay/secret.hpp"
#include "wxpay/v2_gateway.hpp"

namespace wxpay {

struct V3Account {
  MerchantIdentity merchant;
  /// PEM: PKCS#1, PKCS#8 or encrypted PKCS#8. Either this or the bytes of a PKCS#12 file, which has the
  /// certificate too.
  std::optional<NamedSecret> private_key = {};
  std::optional<NamedSecret> cert_p12 = {};
  std::optional<Secret> key_password = {};    ///< of either
  std::optional<NamedText> certificate = {};  ///< PEM; held against the private key
  std::string serial_no = {};                 ///< of the merchant's certificate, where that is not given
  std::optional<NamedSecret> apiv3_key = {};
  std::string public_key_id = {};  ///< PUB_KEY_ID_…; both or none
  std::optional<NamedText> public_key = {};
  /// The key of API v2: for notifications of the old kind and prepay_ids that it made.
  std::optional<V2Account> v2 = {};
  /// The gateway and, where there is one, its fallback. Without a trailing slash.
  std::vector<std::string> base_urls;
  /// Of one request, all its tries together.
  std::chrono::milliseconds timeout{30'000};
};

/// What API v3 needs to fetch certificates; all of it must outlive the API.
struct V3Deps {
  Transport* transport;  ///< null: nothing is ever fetched
  Clock& clock;
  Random& random;
  const Stop& stop;
  Log& log;
  CertificateCache* cache = nullptr;
};

/// An IntentRule: the longer number, JSON where API v3 has objects, characters of at most three bytes.
std::optional<IntentFault> v3_intent_fault(const OrderIntent& intent);

/// All that speaks API v3.
/// @throws Error{key}  key material is missing or unusable; its message names where it came from
std::unique_ptr<PaymentApi> make_v3_api(V3Account account, V3Deps deps);

/// Reads what an account gives of keys and certificates, and holds it against each other. What is not given
/// yet is no fault.
/// @throws Error{key}
void check_given_keys(const V3Account& account, std::chrono::sys_seconds now);

/// A gateway without any key: its clock can be checked, and nothing else asked.
std::unique_ptr<PaymentGateway> make_v3_keyless_gateway(std::vector<std::string> base_urls,
                                                        std::chrono::milliseconds timeout,
                                                        const GatewayDeps& deps);

/// What a gateway knows of a merchant, to verify its requests.
struct MerchantOnRecord {
  std::string serial_no;   ///< of the merchant's certificate
  std::string public_key;  ///< PEM
};
/// @throws Error{key}  as make_v3_api does
MerchantOnRecord merchant_on_record(const V3Account& account, std::chrono::sys_seconds now);

}  // namespace wxpay
