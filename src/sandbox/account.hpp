#pragma once

#include <optional>
#include <string>

#include "sandbox/v3_keys.hpp"
#include "wxpay/identifiers.hpp"
#include "wxpay/secret.hpp"

namespace wxpay::sandbox {

/// The merchant's keys of API v3.
struct V3AccountKeys {
  std::string serial_no;
  crypto::PublicKey key;
  Secret apiv3_key;
  Trust trust = Trust::certificate;
};

/// The merchant that the gateway serves, with the keys of each API.
struct GatewayAccount {
  MerchantIdentity merchant;
  Secret v2_key;
  std::optional<V3AccountKeys> v3 = {};  ///< none: API v3 is not served
};

}  // namespace wxpay::sandbox
