#pragma once

#include <memory>

#include "wxpay/pay_signer.hpp"
#include "wxpay/secret.hpp"
#include "wxpay/sign_type.hpp"

namespace wxpay::v2 {

/// Signs by MD5 and HMAC-SHA256, which have the same key, whichever of them the account uses now.
std::unique_ptr<PaySigner> make_pay_signer(SignType sign_type, Secret key);

}  // namespace wxpay::v2
