#include <array>

#include "wxpay/order_time.hpp"
#include "wxpay/settle.hpp"

namespace wxpay {

namespace {

bool same_expiry(const OrderIntent& stored, const OrderIntent& wanted) {
  if (wanted.expire_in) return stored.expire_in == wanted.expire_in;
  return stored.time_expire == wanted.time_expire;
}

/// Whether a prepay_id may be given out again. Not where one of its times lies in the future: the clock was
/// wrong when it was made, or is wrong now, and nobody knows its age.
bool is_prepay_valid(const Order& order, std::chrono::sys_seconds now) {
  if (!order.prepay || order.prepay->expires_at <= now) return false;
  const auto made_at = order.prepay->expires_at - prepay_validity(order.intent.trade_type);
  return made_at <= now && order.created_at <= now && order.updated_at <= now;
}

}  // namespace

std::vector<std::string> differing_fields(const OrderIntent& stored, const OrderIntent& wanted,
                                          const DefaultedFields& defaulted) {
  struct Comparison {
    const char* wire_name;
    bool same;
  };
  const std::array comparisons{
      Comparison{"appid", stored.merchant.app_id == wanted.merchant.app_id},
      Comparison{"mch_id", stored.merchant.mch_id == wanted.merchant.mch_id},
      Comparison{"sub_appid", stored.merchant.sub_app_id == wanted.merchant.sub_app_id},
      Comparison{"sub_mch_id", stored.merchant.sub_mch_id == wanted.merchant.sub_mch_id},
      Comparison{"device_info", stored.device_info == wanted.device_info},
      Comparison{"body", defaulted.body || stored.body == wanted.body},
      Comparison{"detail", stored.detail == wanted.detail},
      Comparison{"attach", stored.attach == wanted.attach},
      Comparison{"total_fee", stored.total_fee == wanted.total_fee},
      Comparison{"spbill_create_ip", defaulted.client_ip || stored.client_ip == wanted.client_ip},
      Comparison{"time_expire", same_expiry(stored, wanted)},
      Comparison{"goods_tag", stored.goods_tag == wanted.goods_tag},
      Comparison{"notify_url", defaulted.notify_url || stored.notify_url == wanted.notify_url},
      Comparison{"trade_type", stored.trade_type == wanted.trade_type},
      Comparison{"product_id", stored.product_id == wanted.product_id},
      Comparison{"limit_pay", stored.limit_pay == wanted.limit_pay},
      Comparison{"openid", stored.openid == wanted.openid},
      Comparison{"sub_openid", stored.sub_openid == wanted.sub_openid},
      Comparison{"profit_sharing", stored.profit_sharing == wanted.profit_sharing},
      Comparison{"scene_info", stored.scene_info == wanted.scene_info},
  };
  std::vector<std::string> names;
  for (const auto& comparison : comparisons) {
    if (!comparison.same) names.emplace_back(comparison.wire_name);
  }
  return names;
}

CreateDecision plan_create(const Order* existing, const OrderIntent& wanted, const DefaultedFields& defaulted,
                           std::chrono::sys_seconds now) {
  if (existing == nullptr) return {CreatePlan::first, {}};
  auto differs = differing_fields(existing->intent, wanted, defaulted);
  if (is_paid(existing->state)) return {CreatePlan::paid, std::move(differs)};
  if (existing->state == OrderState::closed || existing->state == OrderState::revoked) {
    return {CreatePlan::closed, std::move(differs)};
  }
  if (existing->state == OrderState::failed) return {CreatePlan::replace, std::move(differs)};
  if (!differs.empty()) return {CreatePlan::differs, std::move(differs)};
  return {is_prepay_valid(*existing, now) ? CreatePlan::reuse : CreatePlan::again, {}};
}

}  // namespace wxpay
