#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/csv_columns.hpp"
#include "wxpay/order.hpp"
#include "wxpay/payment_api.hpp"
#include "wxpay/settle.hpp"

namespace wxpay::app {

/// An order as somebody asked for it, by options or as a record: texts as given, nothing filled in or
/// checked.
struct OrderRequest {
  std::optional<std::string> out_trade_no;
  std::optional<std::string> openid;
  std::optional<std::string> sub_openid;
  std::optional<std::string> total_fee;  ///< fen
  std::optional<std::string> amount;     ///< yuan
  std::optional<std::string> body;
  std::optional<std::string> trade_type;
  std::optional<std::string> attach;
  std::optional<std::string> detail;
  std::optional<std::string> goods_tag;
  std::optional<std::string> product_id;
  std::optional<std::string> device_info;
  std::optional<std::string> limit_pay;
  std::optional<std::string> time_expire;
  std::optional<std::string> expire_in;
  std::optional<std::string> client_ip;
  std::optional<std::string> notify_url;
  std::optional<std::string> scene_info;
  std::optional<std::string> profit_sharing;  ///< Y or N
};

/// What the profile fills in.
struct OrderDefaults {
  MerchantIdentity merchant;
  TradeType trade_type = TradeType::jsapi;
  std::string body;
  std::string notify_url;
  std::string client_ip;
  IntentRule rule = nullptr;  ///< of the profile's API
};

/// A request that can be sent.
struct CheckedRequest {
  OrderIntent intent;
  DefaultedFields defaulted;
  std::vector<std::string> warnings;
};

/// Reads one JSON object with the keys of wxpayctl-create-order(1), in camelCase or snake_case.
/// @throws Error{usage}  malformed, unknown or repeated key, a value of the wrong type
OrderRequest parse_order_request(std::string_view json);

/// The out_trade_no of a record that is bad otherwise, as far as it can be read; else empty.
std::string out_trade_no_in(std::string_view json);

/// Whether it looks like a record of a batch, be it a bad one, and not like another JSON Lines record: a
/// result of a batch, an order of an export, or anything else.
bool may_be_order_request(std::string_view json);

/// The columns of a CSV batch: their names are the keys of parse_order_request.
class OrderColumns {
 public:
  /// @throws Error{usage}  an unknown or repeated column, or no column for the number or the amount
  explicit OrderColumns(const std::vector<std::string>& names);

  std::size_t count() const noexcept { return columns_.size(); }
  /// The request of one row; an empty cell gives nothing.
  /// @throws Error{usage}  another number of cells than columns
  OrderRequest read(std::vector<std::string> cells) const;
  /// The out_trade_no of a row of whatever length; empty where it has none.
  std::string out_trade_no_in(const std::vector<std::string>& cells) const;

 private:
  CsvColumns<std::optional<std::string> OrderRequest::*> columns_;
};

/// Fills in the defaults and checks everything that can be checked here (API v2, 9_1).
/// @throws Error{usage}  naming the field and what is wrong
CheckedRequest check_order_request(const OrderRequest& request, const OrderDefaults& defaults,
                                   std::chrono::sys_seconds now);

/// The same for a payment by the payer's code (API v2, 9_10), of the trade type MICROPAY.
OrderIntent check_code_payment(const OrderRequest& request, const OrderDefaults& defaults);

/// What is wrong with an order that was stored when texts that make a signature serve for two documents were
/// still taken; empty: nothing.
std::string ambiguity_of(const OrderIntent& intent);
/// The same of a refund.
std::string ambiguity_of(const RefundIntent& intent);

}  // namespace wxpay::app
