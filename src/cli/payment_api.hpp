#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "cli/services.hpp"
#include "wxpay/payment_api.hpp"

namespace wxpay::cli {

/// The API that the profile names, with the profile's secrets.
/// @throws Error  as Services::profile and Services::secret do
std::unique_ptr<PaymentApi> make_payment_api(Services& services, Network network);

/// A gateway for what needs no secret: the check of the clock.
std::unique_ptr<PaymentGateway> make_keyless_gateway(Services& services, const GatewayDeps& deps);

/// What the profile's API asks of an order.
IntentRule intent_rule(const Profile& profile);

/// How the profile's API signs the pay parameters of what it makes.
PayScheme pay_scheme(const Profile& profile);

/// Loads every secret that the profile's API works with, and holds them against each other.
/// @return where they are, for people
/// @throws Error  as make_payment_api does
std::string check_secrets(Services& services);

/// That the profile's API takes payments by code and reverses them, and that all that this needs is there.
/// @throws Error{usage}  it has no such calls
/// @throws Error{key}  of the client certificate
void require_counter(Services& services);

/// Holds the keys of a profile that is to be against each other, as far as it has them; `init` does.
/// @throws Error{key}
void check_first_keys(const Profile& profile, Services& services);

/// The certificate, PEM, that the merchant of a profile of API v2 shows; nothing where the profile has none.
/// @throws Error{key}
std::optional<std::string> find_client_certificate(const Profile& profile, Services& services);

/// Whether these secrets are the built-in sandbox's, which everybody knows.
bool has_public_key(Services& services);

/// What the sandbox knows of a merchant of API v3, as WeChat Pay does.
struct V3MerchantOnRecord {
  std::string serial_no;
  std::string public_key;  ///< PEM
  Secret apiv3_key;
};
/// @throws Error  as Services::secret does
V3MerchantOnRecord v3_merchant_on_record(const Profile& profile, Services& services);

}  // namespace wxpay::cli
