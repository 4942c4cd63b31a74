#pragma once

#include <memory>

#include "cli/services.hpp"
#include "wxpay/payment_api.hpp"

namespace wxpay::cli {

/// The API that the profile names, with the profile's secrets.
/// @throws Error  as Services::profile and Services::key do
std::unique_ptr<PaymentApi> make_payment_api(Services& services);

/// The same for what needs no secret, as the check of the clock.
std::unique_ptr<PaymentApi> make_keyless_api(Services& services);

}  // namespace wxpay::cli
