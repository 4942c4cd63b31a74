#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "wxpay/order.hpp"

namespace wxpay {

/// What changes a column of an order in the ledger.
enum class ChangedBy : std::uint8_t {
  nothing,   ///< set when the order is made
  new_try,   ///< a refused number is used again, with other parameters
  evidence,  ///< something was proved of the order; a new try sets it too
};

/// Where the records of an order (JSON, CSV, `orders show`, export, import) have a column.
struct RecordPlace {
  std::size_t number = 0;    ///< counted from 1; 0: records do not have it
  std::string_view key;      ///< in camelCase; an import takes the column's name too
  bool in_overview = false;  ///< also in the table that `orders list` prints
};

/// A member of Order, through its parts.
template <auto... Members>
struct OrderMember {
  template <class AnyOrder>
  static constexpr auto* in(AnyOrder& order) {
    return &(order.*....*Members);
  }
};

/// A member of Order::prepay: null where WeChat Pay gave none.
template <auto Member>
struct PrepayMember {
  template <class AnyOrder>
  static constexpr auto* in(AnyOrder& order) {
    return order.prepay ? &((*order.prepay).*Member) : nullptr;
  }
};

/// One column of an order. How its value is written and read follows from its C++ type.
template <class Member>
struct OrderColumn {
  std::string_view name;  ///< in the ledger, and in what is hashed
  ChangedBy changed_by;
  RecordPlace place;

  /// The value's place in an order that may be const; null where the order has no such part.
  template <class AnyOrder>
  static constexpr auto* in(AnyOrder& order) {
    return Member::in(order);
  }
};

namespace order_members {

template <auto Member>
constexpr OrderColumn<OrderMember<Member>> order(std::string_view name, ChangedBy changed_by,
                                                 RecordPlace place = {}) {
  return {name, changed_by, place};
}
template <auto Member>
constexpr OrderColumn<OrderMember<&Order::intent, Member>> intent(std::string_view name, ChangedBy changed_by,
                                                                  RecordPlace place = {}) {
  return {name, changed_by, place};
}
template <auto Member>
constexpr OrderColumn<OrderMember<&Order::intent, &OrderIntent::merchant, Member>> merchant(
    std::string_view name, ChangedBy changed_by, RecordPlace place = {}) {
  return {name, changed_by, place};
}
template <auto Member>
constexpr OrderColumn<PrepayMember<Member>> prepay(std::string_view name, ChangedBy changed_by,
                                                   RecordPlace place = {}) {
  return {name, changed_by, place};
}

constexpr bool in_overview = true;

using enum ChangedBy;

}  // namespace order_members

/// Every column of an order, in the order in which the ledger keeps, reads and hashes them. A column that is
/// added comes last: rows without a value for it keep their hashes (ledger/hash_chain.hpp).
inline constexpr auto order_table = [] {
  using namespace order_members;
  return std::tuple{
      merchant<&MerchantIdentity::mch_id>("mch_id", nothing),
      intent<&OrderIntent::out_trade_no>("out_trade_no", nothing, {1, "outTradeNo", in_overview}),
      order<&Order::created_at>("created_at", nothing, {7, "createdAt", in_overview}),
      merchant<&MerchantIdentity::app_id>("app_id", new_try, {10, "appId"}),
      merchant<&MerchantIdentity::sub_mch_id>("sub_mch_id", new_try, {11, "subMchId"}),
      merchant<&MerchantIdentity::sub_app_id>("sub_app_id", new_try, {12, "subAppId"}),
      order<&Order::state>("state", evidence, {2, "state", in_overview}),
      order<&Order::proven_state>("proven_state", evidence),
      intent<&OrderIntent::total_fee>("total_fee", new_try, {3, "totalFee", in_overview}),
      intent<&OrderIntent::trade_type>("trade_type", new_try, {4, "tradeType", in_overview}),
      intent<&OrderIntent::body>("body", new_try),
      intent<&OrderIntent::notify_url>("notify_url", new_try),
      intent<&OrderIntent::client_ip>("client_ip", new_try),
      intent<&OrderIntent::openid>("openid", new_try),
      intent<&OrderIntent::sub_openid>("sub_openid", new_try),
      intent<&OrderIntent::attach>("attach", new_try),
      intent<&OrderIntent::detail>("detail", new_try),
      intent<&OrderIntent::goods_tag>("goods_tag", new_try),
      intent<&OrderIntent::product_id>("product_id", new_try),
      intent<&OrderIntent::device_info>("device_info", new_try),
      intent<&OrderIntent::limit_pay>("limit_pay", new_try),
      intent<&OrderIntent::scene_info>("scene_info", new_try),
      intent<&OrderIntent::profit_sharing>("profit_sharing", new_try),
      intent<&OrderIntent::time_expire>("time_expire", new_try),
      intent<&OrderIntent::expire_in>("expire_in", new_try),
      prepay<&Prepay::prepay_id>("prepay_id", evidence, {5, "prepayId", in_overview}),
      prepay<&Prepay::code_url>("code_url", evidence),
      prepay<&Prepay::mweb_url>("mweb_url", evidence),
      prepay<&Prepay::scheme>("prepay_sign_type", evidence),
      prepay<&Prepay::expires_at>("prepay_expires_at", evidence),
      order<&Order::transaction_id>("transaction_id", evidence, {6, "transactionId", in_overview}),
      order<&Order::paid_at>("paid_at", evidence, {8, "paidAt", in_overview}),
      order<&Order::updated_at>("updated_at", evidence, {9, "updatedAt", in_overview})};
}();

/// Calls the function with every column, in the ledger's order.
template <class Function>
constexpr void for_each_order_column(Function&& function) {
  std::apply([&function](const auto&... columns) { (function(columns), ...); }, order_table);
}

/// How many columns fulfil a condition.
template <class Condition>
constexpr std::size_t count_order_columns(Condition condition) {
  std::size_t count = 0;
  for_each_order_column([&](const auto& column) {
    if (condition(column)) ++count;
  });
  return count;
}

inline constexpr std::size_t record_size =
    count_order_columns([](const auto& column) { return column.place.number > 0; });

namespace order_members {

/// Record's place (from 0) → place in order_table.
inline constexpr auto places_in_records = [] {
  std::array<std::size_t, record_size> places{};
  std::size_t column_number = 0;
  for_each_order_column([&](const auto& column) {
    // A gap or a number beyond the last does not compile.
    if (column.place.number > 0) places.at(column.place.number - 1) = column_number;
    ++column_number;
  });
  return places;
}();

/// Whether no number stands twice, of which one would be lost.
static_assert([] {
  std::array<bool, record_size> seen{};
  bool once = true;
  for_each_order_column([&](const auto& column) {
    if (column.place.number == 0) return;
    once = once && !seen.at(column.place.number - 1);
    seen.at(column.place.number - 1) = true;
  });
  return once;
}());

}  // namespace order_members

/// Calls the function with every column that records have, in their order, and its place counted from 0.
template <class Function>
constexpr void for_each_record_column(Function&& function) {
  [&function]<std::size_t... Places>(std::index_sequence<Places...>) {
    (function(std::get<order_members::places_in_records[Places]>(order_table), Places), ...);
  }
  (std::make_index_sequence<record_size>{});
}

/// Whether a value is one at all. The ledger keeps NULL for none, and a record leaves it out.
template <class Type>
bool has_value(const Type&) {
  return true;
}
inline bool has_value(const std::string& text) { return !text.empty(); }
template <class Tag>
bool has_value(const Identifier<Tag>& identifier) {
  return !identifier.empty();
}
/// A prepay without its id is still one.
inline bool has_value(const PrepayId&) { return true; }
template <class Type>
bool has_value(const std::optional<Type>& value) {
  return value.has_value();
}

}  // namespace wxpay
