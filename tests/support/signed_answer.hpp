#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "wire/xml.hpp"
#include "wxpay/signing.hpp"
#include "wxpay/v2_gateway.hpp"

namespace wxpay::test {

inline constexpr const char* shop_key = "Syn7heticTestKey0123456789abcdef";

inline MerchantIdentity shop_merchant() {
  MerchantIdentity merchant;
  merchant.mch_id = MerchantId{"1900000109"};
  merchant.app_id = AppId{"wxd678efh567hg6787"};
  return merchant;
}

inline V2Account shop_account(SignType type = SignType::md5) {
  return {.merchant = shop_merchant(),
          .sign_type = type,
          .key = Secret{shop_key},
          .base_urls = {"https://main.example"}};
}

using FieldChanges = std::initializer_list<std::pair<std::string_view, std::string_view>>;

/// The fields with some replaced or added; an empty value takes the field out.
inline Fields with_changes(const Fields& fields, FieldChanges changes) {
  const auto change_of = [&changes](std::string_view name) -> const std::string_view* {
    for (const auto& change : changes) {
      if (change.first == name) return &change.second;
    }
    return nullptr;
  };
  Fields result;
  for (const auto& field : fields) {
    const auto* change = change_of(field.first);
    result.add_if_set(field.first, change == nullptr ? field.second : std::string{*change});
  }
  for (const auto& change : changes) {
    if (!fields.has(change.first)) result.add_if_set(std::string{change.first}, std::string{change.second});
  }
  return result;
}

/// What every signed answer of the shop's gateway holds.
inline Fields answer_fields(FieldChanges changes = {}) {
  return with_changes({{"return_code", "SUCCESS"},
                       {"return_msg", "OK"},
                       {"appid", "wxd678efh567hg6787"},
                       {"mch_id", "1900000109"},
                       {"nonce_str", "IITRi8Iabbblz1Jc"},
                       {"result_code", "SUCCESS"}},
                      changes);
}

inline std::string signed_answer(Fields fields, SignType type = SignType::md5,
                                 const std::string& key = shop_key) {
  fields.add("sign", sign_fields(fields, type, Secret{key}));
  return wire::to_xml(fields);
}

/// A signed refusal.
inline std::string signed_refusal(std::string_view err_code, SignType type = SignType::md5) {
  return signed_answer(
      answer_fields({{"result_code", "FAIL"}, {"err_code", err_code}, {"err_code_des", "why"}}), type);
}

inline std::string unsigned_refusal_text(const std::string& return_msg) {
  return wire::to_xml({{"return_code", "FAIL"}, {"return_msg", return_msg}});
}

inline Fields accepted_order(FieldChanges changes = {}) {
  auto fields =
      answer_fields({{"prepay_id", "wx201411101639507cbf6ffd8b0779950874"}, {"trade_type", "JSAPI"}});
  return with_changes(fields, changes);
}

/// The answer to a query about a paid order of 1000 fen.
inline Fields paid_order(std::string_view number, FieldChanges changes = {}) {
  auto fields = answer_fields({{"out_trade_no", number},
                               {"trade_state", "SUCCESS"},
                               {"trade_state_desc", "支付成功"},
                               {"trade_type", "JSAPI"},
                               {"transaction_id", "4200000001202611230000000001"},
                               {"total_fee", "1000"},
                               {"cash_fee", "1000"},
                               {"fee_type", "CNY"},
                               {"time_end", "20261123100000"}});
  return with_changes(fields, changes);
}

}  // namespace wxpay::test
