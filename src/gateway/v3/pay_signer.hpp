#pragma once

#include <memory>

#include "gateway/v3/request_signer.hpp"
#include "wxpay/pay_signer.hpp"

namespace wxpay::v3 {

/// Signs pay parameters by RSA (API v3 reference, 11); those of a prepay_id that API v2 made by `older`.
/// @param older  null: the account has no key of API v2
std::unique_ptr<PaySigner> make_pay_signer(std::shared_ptr<const RequestSigner> signer,
                                           std::shared_ptr<const PaySigner> older);

}  // namespace wxpay::v3
