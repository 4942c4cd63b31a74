#pragma once

#include "wxpay/identifiers.hpp"
#include "wxpay/secret.hpp"

namespace wxpay::sandbox {

/// The merchant that the gateway serves, with the keys of each API.
struct GatewayAccount {
  MerchantIdentity merchant;
  Secret v2_key;
};

}  // namespace wxpay::sandbox
