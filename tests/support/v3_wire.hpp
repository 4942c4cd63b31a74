#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/v3/platform_keys.hpp"
#include "gateway/v3/request_signer.hpp"
#include "wxpay/notifications.hpp"
#include "wxpay/transport.hpp"
#include "wxpay/v3_gateway.hpp"

/// WeChat Pay's side of API v3, by the test keys.
namespace wxpay::test {

inline constexpr const char* apiv3_key = "THROWAWAYapiV3key0123456789ABCDE";
inline constexpr const char* merchant_serial = "3C6F1A52E7B04D98A1C2D3E4F5061728394A5B6C";
inline constexpr const char* platform_serial = "5157F09EFDC096DE15EBE81A47057A7232F1B8E1";
inline constexpr const char* second_platform_serial = "50062CE505775F070CAB06E697F1BBD1AD4F4D87";
inline constexpr const char* public_key_id = "PUB_KEY_ID_0119000001092026112300000000000001";

/// A file of tests/data/keys-v3.
std::string key_file(std::string_view name);
crypto::PrivateKey private_key(std::string_view file);

/// The keys of both platform certificates and of the public-key mode, without a network.
class FixedKeys final : public v3::PlatformKeys {
 public:
  FixedKeys();
  std::optional<crypto::PublicKey> find(std::string_view serial) override;
  std::string preferred_serial() override { return {}; }

  std::vector<std::string> looked_for;

 private:
  std::vector<std::pair<std::string, crypto::PublicKey>> keys_;
};

/// The headers by which WeChat Pay signs a body.
struct SignedBy {
  const char* key = "platform_key.pem";
  const char* serial = platform_serial;
};
std::vector<HttpHeader> signature_headers(std::string_view body, std::chrono::sys_seconds at,
                                          const SignedBy& by = {});

/// An answer as WeChat Pay signs it.
HttpResponse v3_answer(int status, const std::string& body, std::chrono::sys_seconds at,
                       const SignedBy& by = {});

/// A notification whose resource is encrypted by the APIv3 key.
NotificationMessage v3_notification(const std::string& event_type, const std::string& resource,
                                    std::chrono::sys_seconds at, const SignedBy& by = {});

std::shared_ptr<const v3::RequestSigner> merchant_signer();

inline constexpr SignedBy by_public_key{"wxpay_pubkey_mode_key.pem", public_key_id};

/// What a query's answer or a notification says of the order.
struct V3Payment {
  std::string state = "SUCCESS";
  std::string merchant = "1900000109";
  std::string number = "T1";
  std::int64_t total = 1000;
};
std::string v3_payment(const V3Payment& payment);

/// The shop's account, which trusts WeChat Pay's public key.
V3Account v3_account();

}  // namespace wxpay::test
