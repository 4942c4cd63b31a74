#pragma once

#include <string_view>

#include "wxpay/order.hpp"

namespace wxpay::sandbox {

/// trade_state_desc, of both APIs.
constexpr std::string_view state_text(OrderState state) {
  switch (state) {
    case OrderState::success:
      return "支付成功";
    case OrderState::refund:
      return "订单发生过退款，退款详情请查询退款单";
    case OrderState::userpaying:
      return "用户支付中，等待输入密码";
    case OrderState::payerror:
      return "支付失败，请撤销订单后重新下单支付";
    case OrderState::revoked:
      return "订单已撤销";
    case OrderState::closed:
      return "订单已关闭";
    default:
      return "订单未支付";
  }
}

/// Where refunds arrive here (refund_recv_accout, user_received_account).
inline constexpr std::string_view refund_account_text = "支付用户零钱";

}  // namespace wxpay::sandbox
