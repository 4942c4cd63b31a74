#include "sandbox/store.hpp"

#include <array>
#include <utility>

#include "wxpay/time.hpp"

namespace wxpay::sandbox {

namespace {

constexpr std::string_view digits = "0123456789";
constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr std::string_view letters_and_digits =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// An order may be made anew by the other API, which has other words for all but the common terms.
bool are_alike(const GatewayOrder& known, const OrderTerms& terms, PayScheme scheme) {
  if ((known.scheme == PayScheme::rsa) == (scheme == PayScheme::rsa)) return known.terms == terms;
  auto common = terms;
  common.others = known.terms.others;
  return known.terms == common;
}

}  // namespace

void Store::restore(const GatewayOrder& order) {
  const std::lock_guard lock{mutex_};
  put(order);
}

OrderResult Store::place(OrderTerms terms, PayScheme scheme) {
  const std::lock_guard lock{mutex_};
  if (const auto* known = lookup(terms.out_trade_no)) return place_again(*known, terms, scheme);
  const auto now = clock_.now();
  // The deadline belongs to the number, so it is measured on the first call alone (API v2, 9_1).
  if (terms.time_expire && *terms.time_expire < now + shortest_expiry) return Refused::expires_too_soon;
  GatewayOrder order;
  order.terms = std::move(terms);
  order.scheme = scheme;
  order.created_at = now;
  give_prepay(order);
  return keep(std::move(order));
}

OrderResult Store::place_again(const GatewayOrder& known, const OrderTerms& terms, PayScheme scheme) {
  const bool alike = are_alike(known, terms, scheme);
  if (known.state == OrderState::closed || known.state == OrderState::revoked) return Refused::closed;
  if (is_paid(known.state)) return alike ? Refused::paid : Refused::number_used;
  if (!alike) return Refused::other_terms;
  const bool expired = clock_.now() >= known.prepaid_at + prepay_lifetime;
  if (!expired && known.scheme == scheme) return known;
  GatewayOrder order = known;
  order.terms = terms;
  order.scheme = scheme;
  if (expired) give_prepay(order);
  return keep(std::move(order));
}

OrderResult Store::close(std::string_view out_trade_no) {
  const std::lock_guard lock{mutex_};
  const auto* known = lookup(out_trade_no);
  if (known == nullptr) return Refused::unknown_order;
  if (is_paid(known->state)) return Refused::paid;
  if (known->state == OrderState::closed || known->state == OrderState::revoked) return Refused::closed;
  GatewayOrder order = *known;
  order.state = OrderState::closed;
  return keep(std::move(order));
}

OrderResult Store::pay(std::string_view out_trade_no, std::optional<Fen> fee) {
  const std::lock_guard lock{mutex_};
  const auto* known = lookup(out_trade_no);
  if (known == nullptr) return Refused::unknown_order;
  if (is_paid(known->state)) return Refused::paid;
  if (known->state == OrderState::closed || known->state == OrderState::revoked) return Refused::closed;
  const auto now = clock_.now();
  const auto& expiry = known->terms.time_expire;
  if (expiry && now >= *expiry) return Refused::order_expired;
  if (now >= known->prepaid_at + prepay_lifetime) return Refused::prepay_expired;
  GatewayOrder order = *known;
  order.state = OrderState::success;
  order.payment = Payment{new_transaction_id(), fee.value_or(order.terms.total), now};
  return keep(std::move(order));
}

std::optional<GatewayOrder> Store::find(std::string_view out_trade_no) const {
  const std::lock_guard lock{mutex_};
  const auto* known = lookup(out_trade_no);
  if (known == nullptr) return std::nullopt;
  return *known;
}

std::optional<GatewayOrder> Store::find_transaction(std::string_view transaction_id) const {
  const std::lock_guard lock{mutex_};
  const auto at = by_transaction_.find(std::string{transaction_id});
  if (at == by_transaction_.end()) return std::nullopt;
  return orders_[at->second];
}

void Store::for_each(const std::function<void(const GatewayOrder&)>& visit) const {
  const std::lock_guard lock{mutex_};
  for (const auto& order : orders_) visit(order);
}

const GatewayOrder* Store::lookup(std::string_view out_trade_no) const {
  const auto at = by_number_.find(std::string{out_trade_no});
  return at == by_number_.end() ? nullptr : &orders_[at->second];
}

GatewayOrder Store::keep(GatewayOrder order) {
  journal_.append(order);
  put(order);
  return order;
}

void Store::put(const GatewayOrder& order) {
  const auto [at, is_new] = by_number_.try_emplace(order.out_trade_no(), orders_.size());
  if (order.payment) by_transaction_.insert_or_assign(order.payment->transaction_id, at->second);
  if (is_new) {
    orders_.push_back(order);
  } else {
    orders_[at->second] = order;
  }
  if (!order.auth_code.empty()) used_codes_.insert(order.auth_code);
}

void Store::give_prepay(GatewayOrder& order) {
  const auto now = clock_.now();
  order.prepaid_at = now;
  order.prepay_id = "wx" + format_wire_time(now) + random_text(hex_digits, 20);
  const auto type = order.terms.trade_type;
  if (type == TradeType::native) {
    order.code_url = "weixin://wxpay/bizpayurl?pr=" + random_text(letters_and_digits, 9);
  }
  if (type == TradeType::mweb) {
    order.mweb_url = "https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=" + order.prepay_id +
                     "&package=" + random_text(digits, 10);
  }
}

std::string Store::new_transaction_id() {
  while (true) {
    // 4200, six digits, the day, ten digits: the form of today's real ones.
    auto id = "4200" + random_text(digits, 6) + format_wire_time(clock_.now()).substr(0, 8) +
              random_text(digits, 10);
    if (by_transaction_.count(id) == 0) return id;
  }
}

std::string Store::new_refund_id() {
  while (true) {
    // 503, six digits, the day, twelve digits.
    auto id = "503" + random_text(digits, 6) + format_wire_time(clock_.now()).substr(0, 8) +
              random_text(digits, 12);
    if (!by_refund_id_.contains(id)) return id;
  }
}

std::string Store::random_text(std::string_view alphabet, std::size_t length) {
  std::array<std::byte, 32> bytes{};
  random_.fill(std::span{bytes}.first(length));
  std::string text;
  text.reserve(length);
  // Slightly uneven for alphabets that do not divide 256: these are names, not secrets.
  for (std::size_t i = 0; i < length; ++i) {
    text += alphabet[std::to_integer<std::size_t>(bytes.at(i)) % alphabet.size()];
  }
  return text;
}

}  // namespace wxpay::sandbox
