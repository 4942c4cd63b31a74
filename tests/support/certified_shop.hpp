#pragma once

#include <memory>
#include <utility>

#include "support/signed_answer.hpp"

namespace wxpay::test {

/// The shop's account with a certificate, which nothing but a server would look at.
inline V2Account certified_shop() {
  auto account = shop_account();
  account.certificate = [] {
    return MerchantCertificate{
        std::make_shared<const ClientCertificate>(ClientCertificate{"certificate", Secret{"key"}}), {}};
  };
  return account;
}

}  // namespace wxpay::test
