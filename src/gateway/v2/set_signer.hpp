#pragma once

#include <memory>

#include "wxpay/identifiers.hpp"
#include "wxpay/secret.hpp"
#include "wxpay/set_signer.hpp"
#include "wxpay/sign_type.hpp"

namespace wxpay::v2 {

/// Signs any set of parameters with the merchant's key (parameter_set.hpp), and verifies messages and pay
/// parameters.
/// @param merchant  whose app a set of pay parameters without one is of
std::unique_ptr<SetSigner> make_set_signer(MerchantIdentity merchant, SignType sign_type, Secret key);

}  // namespace wxpay::v2
