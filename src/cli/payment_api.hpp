#pragma once

#include <memory>
#include <string>

#include "cli/services.hpp"
#include "wxpay/payment_api.hpp"

namespace wxpay::cli {

/// The API that the profile names, with the profile's secrets.
/// @throws Error  as Services::profile and Services::secret do
std::unique_ptr<PaymentApi> make_payment_api(Services& services);

/// The same for what needs no secret, as the check of the clock.
std::unique_ptr<PaymentApi> make_keyless_api(Services& services);

/// Loads every secret that the profile's API works with.
/// @return where they are, for people
/// @throws Error  as make_payment_api does
std::string check_secrets(Services& services);

/// Whether one of these secrets is the built-in sandbox's, which everybody knows.
bool has_public_key(Services& services);

}  // namespace wxpay::cli
