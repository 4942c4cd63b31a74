#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "wxpay/clock.hpp"
#include "wxpay/fen.hpp"
#include "wxpay/fields.hpp"
#include "wxpay/order.hpp"
#include "wxpay/pay_scheme.hpp"

namespace wxpay::sandbox {

/// How long a prepay_id can be paid with (API v2, 9_1).
inline constexpr std::chrono::hours prepay_lifetime{2};
/// How far ahead time_expire must be when an order is first placed (API v2, 9_1).
inline constexpr std::chrono::minutes shortest_expiry{1};

/// What an order was placed with. The same number is placed again only with the same of all this.
struct OrderTerms {
  std::string out_trade_no;
  Fen total{0};
  TradeType trade_type = TradeType::jsapi;
  std::string notify_url;
  std::string openid;
  std::string sub_openid;
  std::string sub_app_id;
  std::string sub_mch_id;
  std::string attach;
  std::string device_info;
  std::optional<std::chrono::sys_seconds> time_expire;
  /// What else the call said, sorted, in the words of its API: compared, and otherwise not read.
  std::vector<Fields::Field> others{};
  friend bool operator==(const OrderTerms&, const OrderTerms&) = default;
};

struct Payment {
  std::string transaction_id;  ///< 28 digits
  Fen fee{0};                  ///< what was paid; other than the total only where a tester asked for that
  std::chrono::sys_seconds time_end;
};

/// An order as the gateway keeps it.
struct GatewayOrder {
  OrderTerms terms;
  /// Of the last call: the API that it came by, which notifies of the payment too, and how it signed.
  PayScheme scheme = PayScheme::md5;
  OrderState state = OrderState::notpay;  ///< notpay, success or closed
  std::string prepay_id;
  std::string code_url;  ///< NATIVE
  std::string mweb_url;  ///< MWEB
  std::chrono::sys_seconds prepaid_at;
  std::chrono::sys_seconds created_at;
  std::optional<Payment> payment;

  const std::string& out_trade_no() const noexcept { return terms.out_trade_no; }
};

/// Why the store leaves an order as it is. Each API has its own code for it.
enum class Refused : std::uint8_t {
  unknown_order,
  paid,
  closed,
  number_used,  ///< placed again with other terms, and the order is paid
  other_terms,  ///< placed again with other terms
  expires_too_soon,
  order_expired,  ///< its time_expire has passed
  prepay_expired,
};
using OrderResult = std::variant<GatewayOrder, Refused>;

/// Where each changed order is kept before anybody is told of the change.
class Journal {
 public:
  virtual ~Journal() = default;
  /// @throws Error{file}; then the change does not happen
  virtual void append(const GatewayOrder& order) = 0;
};

class NoJournal final : public Journal {
 public:
  void append(const GatewayOrder&) override {}
};

/// The orders of the gateway and every rule about what may become of them, whichever API asks. Takes requests
/// whose form has been checked. Any thread may call anything; no call but for_each costs more with more
/// orders.
class Store {
 public:
  Store(Clock& clock, Random& random, Journal& journal) : clock_{clock}, random_{random}, journal_{journal} {}

  /// Puts back an order as the journal had it.
  void restore(GatewayOrder order);

  /// A new order, or the same one again when all its terms are the same.
  OrderResult place(OrderTerms terms, PayScheme scheme);
  OrderResult close(std::string_view out_trade_no);
  /// The payer pays.
  /// @param fee  what is paid instead of the order's total
  OrderResult pay(std::string_view out_trade_no, std::optional<Fen> fee);

  std::optional<GatewayOrder> find(std::string_view out_trade_no) const;
  std::optional<GatewayOrder> find_transaction(std::string_view transaction_id) const;
  /// In the order of creation. The store is locked meanwhile.
  void for_each(const std::function<void(const GatewayOrder&)>& visit) const;

 private:
  const GatewayOrder* lookup(std::string_view out_trade_no) const;
  OrderResult place_again(const GatewayOrder& known, const OrderTerms& terms, PayScheme scheme);
  GatewayOrder keep(GatewayOrder order);
  void give_prepay(GatewayOrder& order);
  std::string new_transaction_id();
  std::string random_text(std::string_view alphabet, std::size_t length);

  Clock& clock_;
  Random& random_;
  Journal& journal_;
  mutable std::mutex mutex_;
  std::deque<GatewayOrder> orders_;
  std::unordered_map<std::string, std::size_t> by_number_;
  std::unordered_map<std::string, std::size_t> by_transaction_;
};

}  // namespace wxpay::sandbox
