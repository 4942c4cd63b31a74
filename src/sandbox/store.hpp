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
#include <unordered_set>
#include <variant>
#include <vector>

#include "sandbox/auth_code.hpp"
#include "wxpay/clock.hpp"
#include "wxpay/fen.hpp"
#include "wxpay/fields.hpp"
#include "wxpay/order.hpp"
#include "wxpay/pay_scheme.hpp"
#include "wxpay/refund.hpp"

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
  OrderState state = OrderState::notpay;  ///< any but creating and failed
  std::string prepay_id;                  ///< none of an order that was paid by code
  std::string code_url;                   ///< NATIVE
  std::string mweb_url;                   ///< MWEB
  std::chrono::sys_seconds prepaid_at;
  std::chrono::sys_seconds created_at;
  std::optional<Payment> payment;  ///< a reversed order keeps it
  // Of an order that was paid by code:
  std::string auth_code;
  std::optional<Pending> pending;
  int recalls = 0;

  const std::string& out_trade_no() const noexcept { return terms.out_trade_no; }
};

/// What a payment by code is answered with where it is not paid at once. After the first five an
/// order is kept.
enum class CodeRefused : std::uint8_t {
  userpaying,
  system_error,
  bank_error,
  not_enough,
  trade_error,
  paid,
  closed,
  reversed,
  number_used,  ///< by an order of other terms
  code_expired,
  code_invalid,  ///< or used before
  expires_too_soon,
};
using CodeResult = std::variant<GatewayOrder, CodeRefused>;

struct Reversal {
  GatewayOrder order;
  bool recalls = false;  ///< nothing was done yet: it must be sent again
};
/// Why the store does not reverse.
enum class ReverseRefused : std::uint8_t {
  unknown_order,
  not_by_code,  ///< an order that is not paid by code
  refunded,
  too_soon,  ///< StoreRules::reverse_after
  too_old,
};
using ReverseResult = std::variant<Reversal, ReverseRefused>;

/// What a refund was asked for with. The same number is accepted again only with the same order and amounts.
struct RefundTerms {
  std::string out_refund_no;
  std::string out_trade_no;
  Fen refund_fee{0};
  Fen total{0};  ///< of the order
  std::string notify_url;
  std::string reason;
  FundsAccount funds_account = FundsAccount::unsettled;
};

/// A refund that the gateway accepted.
struct GatewayRefund {
  RefundTerms terms;
  /// The API that it came by, which notifies of it, and how it signed.
  PayScheme scheme = PayScheme::md5;
  RefundState state = RefundState::processing;  ///< processing, abnormal, success or closed
  std::string refund_id;                        ///< 29 digits
  std::chrono::sys_seconds created_at;
  std::optional<std::chrono::sys_seconds> success_at;

  const std::string& out_refund_no() const noexcept { return terms.out_refund_no; }
};

/// A refund with the order that it is of, as it stands after it.
struct RefundOfOrder {
  GatewayRefund refund;
  GatewayOrder order;
};

/// Why the store does not refund. Each API has its own code for it.
enum class RefundRefused : std::uint8_t {
  unknown_order,  ///< or nobody has paid it
  other_terms,    ///< the number is known with another order or another amount
  wrong_total,    ///< the order's total is another
  exceeds,        ///< more than is left of what was paid
  too_many,       ///< most_refunds
  too_old,        ///< refund_deadline
  too_soon,       ///< StoreRules::refund_interval
};
using RefundResult = std::variant<RefundOfOrder, RefundRefused>;

/// What a tester may set.
struct StoreRules {
  std::chrono::seconds refund_interval = wxpay::refund_interval;  ///< between two refunds of one order
  std::chrono::seconds reverse_after{15};                         ///< after the payment
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
  /// The refund of an order, which is REFUND from then on.
  virtual void append(const GatewayRefund& refund) = 0;
};

class NoJournal final : public Journal {
 public:
  void append(const GatewayOrder&) override {}
  void append(const GatewayRefund&) override {}
};

/// The orders of the gateway and every rule about what may become of them, whichever API asks. Takes requests
/// whose form has been checked. Any thread may call anything; none but for_each and for_each_refund costs
/// more with more orders.
class Store {
 public:
  Store(Clock& clock, Random& random, Journal& journal, StoreRules rules = {})
      : clock_{clock}, random_{random}, journal_{journal}, rules_{rules} {}

  /// Puts back an order as the journal had it.
  void restore(const GatewayOrder& order);
  /// The same of a refund.
  /// @return false: it is of no order that was paid
  bool restore(const GatewayRefund& refund);

  /// A new order, or the same one again when all its terms are the same.
  OrderResult place(OrderTerms terms, PayScheme scheme);
  OrderResult close(std::string_view out_trade_no);
  /// The payer pays.
  /// @param fee  what is paid instead of the order's total
  OrderResult pay(std::string_view out_trade_no, std::optional<Fen> fee);

  /// A payment by the payer's code, which ends as its last digits say and is used once.
  CodeResult pay_by_code(OrderTerms terms, const std::string& auth_code, PayScheme scheme);
  /// The order as a query finds it; one that waits for its payer may be decided by that.
  std::optional<GatewayOrder> ask(std::string_view out_trade_no);
  /// Undoes an order that was paid by code, or closes it where it is unpaid.
  ReverseResult reverse(std::string_view out_trade_no);

  /// Accepts a refund, or answers for the same one again.
  RefundResult refund(RefundTerms terms, PayScheme scheme);
  /// What became of an accepted refund; any state may follow any other, to try what must not happen.
  /// @return nothing: there is no such refund; `exceeds`: its amount went to others meanwhile
  std::optional<RefundResult> settle_refund(std::string_view out_refund_no, RefundState state);

  std::optional<GatewayOrder> find(std::string_view out_trade_no) const;
  std::optional<GatewayOrder> find_transaction(std::string_view transaction_id) const;
  std::optional<RefundOfOrder> find_refund(std::string_view out_refund_no) const;
  std::optional<RefundOfOrder> find_refund_id(std::string_view refund_id) const;
  /// Oldest first.
  std::vector<GatewayRefund> refunds_of(std::string_view out_trade_no) const;
  /// In the order of creation. The store is locked meanwhile.
  void for_each(const std::function<void(const GatewayOrder&)>& visit) const;
  void for_each_refund(const std::function<void(const GatewayRefund&)>& visit) const;

 private:
  const GatewayOrder* lookup(std::string_view out_trade_no) const;
  OrderResult place_again(const GatewayOrder& known, const OrderTerms& terms, PayScheme scheme);
  GatewayOrder keep(GatewayOrder order);
  void put(const GatewayOrder& order);
  void give_prepay(GatewayOrder& order);
  void take_state(GatewayOrder& order, OrderState state);
  const GatewayRefund* lookup_refund(std::string_view out_refund_no) const;
  std::optional<RefundRefused> refund_fault(const GatewayOrder* order, const RefundTerms& terms) const;
  /// What of an order is refunded or on its way, one refund not counted.
  Fen refunded(std::string_view out_trade_no, std::string_view except) const;
  RefundOfOrder keep(GatewayRefund refund);
  void put(const GatewayRefund& refund);
  std::string new_transaction_id();
  std::string new_refund_id();
  std::string random_text(std::string_view alphabet, std::size_t length);

  Clock& clock_;
  Random& random_;
  Journal& journal_;
  StoreRules rules_;
  mutable std::mutex mutex_;
  std::deque<GatewayOrder> orders_;
  std::unordered_map<std::string, std::size_t> by_number_;
  std::unordered_map<std::string, std::size_t> by_transaction_;
  std::unordered_set<std::string> used_codes_;
  std::deque<GatewayRefund> refunds_;
  std::unordered_map<std::string, std::size_t> by_refund_number_;
  std::unordered_map<std::string, std::size_t> by_refund_id_;
  std::unordered_map<std::string, std::vector<std::size_t>> refunds_by_order_;
};

}  // namespace wxpay::sandbox
