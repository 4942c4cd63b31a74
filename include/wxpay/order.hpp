#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "wxpay/fen.hpp"
#include "wxpay/identifiers.hpp"
#include "wxpay/pay_scheme.hpp"

namespace wxpay {

/// The states of an order in the ledger. The numbers are what the ledger stores: the open ones come first, so
/// that "still open" is one comparison.
enum class OrderState : std::uint8_t {
  creating = 0,    ///< sent or about to be; the answer is unknown
  notpay = 1,      ///< WeChat Pay has the order; nobody paid yet
  userpaying = 2,  ///< the payer is at it
  failed = 3,      ///< WeChat Pay refused it; the number is free for a new try
  payerror = 4,
  closed = 5,
  revoked = 6,
  success = 7,
  refund = 8,  ///< was paid, and at least one refund was accepted
};

constexpr bool is_open(OrderState state) { return state < OrderState::failed; }
constexpr bool is_paid(OrderState state) { return state >= OrderState::success; }

/// "NOTPAY" and so on.
std::string_view to_string(OrderState state);
/// Exactly those names.
std::optional<OrderState> parse_order_state(std::string_view text);

enum class TradeType : std::uint8_t { jsapi, native, app, mweb, micropay };

/// As on the wire: JSAPI, NATIVE, APP, MWEB, MICROPAY.
std::string_view to_string(TradeType type);
/// Wire names, and H5 for MWEB.
std::optional<TradeType> parse_trade_type(std::string_view text);

/// Everything needed to send one unifiedorder again, exactly as the first time.
struct OrderIntent {
  MerchantIdentity merchant;
  OutTradeNo out_trade_no;
  Fen total_fee;
  TradeType trade_type = TradeType::jsapi;
  std::string body;
  std::string notify_url;
  std::string client_ip;
  std::string openid;
  std::string sub_openid;
  std::string attach;
  std::string detail;
  std::string goods_tag;
  std::string product_id;
  std::string device_info;
  std::string limit_pay;
  std::string scene_info;
  bool profit_sharing = false;
  std::optional<std::chrono::sys_seconds> time_expire;
  /// Where the expiry was given as a duration; then it is this that is compared, and time_expire was counted
  /// from the first creation.
  std::optional<std::chrono::seconds> expire_in;
};

/// Whether an order of `theirs` belongs to another app or sub-merchant than `ours`: WeChat Pay would deny
/// that it knows it, or name another app, and neither says anything of the order. An imported order may not
/// say whose it is.
bool is_of_another_app(const MerchantIdentity& theirs, const MerchantIdentity& ours);

/// What WeChat Pay answered to a creation.
struct Prepay {
  PrepayId prepay_id;
  std::string code_url;  ///< NATIVE
  std::string mweb_url;  ///< H5
  /// The pay parameters must be signed as the order was (API v2, 7_7).
  PayScheme scheme = PayScheme::md5;
  std::chrono::sys_seconds expires_at;
  friend bool operator==(const Prepay&, const Prepay&) = default;
};

/// An order as the ledger holds it.
struct Order {
  OrderIntent intent;
  OrderState state = OrderState::creating;
  /// The last state that WeChat Pay (not a hand) proved; a hand cannot go back behind it.
  OrderState proven_state = OrderState::creating;
  std::optional<Prepay> prepay;
  TransactionId transaction_id;
  std::optional<std::chrono::sys_seconds> paid_at;
  std::chrono::sys_seconds created_at;
  std::chrono::sys_seconds updated_at;
};

}  // namespace wxpay
