#pragma once

#include <memory>

#include "support/fake_api.hpp"
#include "wxpay/payment_api.hpp"

namespace wxpay::test::fake_api {

/// All that speaks the API that does not exist.
std::unique_ptr<PaymentApi> make();

/// What WeChat Pay would answer in it, signed by this key.
HttpResponse answer(const Fields& fields, const std::string& signed_by = key);

}  // namespace wxpay::test::fake_api
