#pragma once

#include <chrono>

#include "wxpay/order.hpp"
#include "wxpay/v2_gateway.hpp"

namespace wxpay::fuzz {

inline MerchantIdentity shop() {
  MerchantIdentity merchant;
  merchant.mch_id = MerchantId{"1900000109"};
  merchant.app_id = AppId{"wxd678efh567hg6787"};
  return merchant;
}

inline V2Account shop_account(SignType type) {
  return {.merchant = shop(),
          .sign_type = type,
          .key = Secret{"Syn7heticTestKey0123456789abcdef"},
          .base_urls = {}};
}

/// 2026-11-23T10:00:00+08:00
inline constexpr std::chrono::sys_seconds now{std::chrono::seconds{1'795'399'200}};

}  // namespace wxpay::fuzz
