#include "wxpay/settle.hpp"

#include <algorithm>

namespace wxpay {

namespace {

/// The rank of a state. A change goes to a higher rank, never to a lower one; CLOSED and REVOKED are two
/// names of one end.
int rank(OrderState state) {
  switch (state) {
    case OrderState::creating:
      return 0;
    case OrderState::failed:
      return 1;
    case OrderState::notpay:
      return 2;
    case OrderState::userpaying:
      return 3;
    case OrderState::payerror:
      return 4;
    case OrderState::closed:
    case OrderState::revoked:
      return 5;
    case OrderState::success:
      return 6;
    case OrderState::refund:
      return 7;
  }
  return 0;
}

template <class Id>
bool contradicts(const Id& ours, const Id& said) {
  return !ours.empty() && !said.empty() && ours != said;
}

bool is_another_merchant(const MerchantIdentity& ours, const MerchantIdentity& said) {
  // An order without an app was imported from a record that does not say whose it is.
  const bool is_unsaid = ours.app_id.empty() && ours.sub_mch_id.empty();
  // A person, and the news that there is no such order, name the merchant alone. Whoever names the app names
  // the sub-merchant too, where there is one.
  const bool says_whose_it_is = !said.app_id.empty() || !said.sub_mch_id.empty();
  return contradicts(ours.mch_id, said.mch_id) || contradicts(ours.app_id, said.app_id) ||
         contradicts(ours.sub_app_id, said.sub_app_id) ||
         (says_whose_it_is && ours.sub_mch_id != said.sub_mch_id && !is_unsaid);
}

bool is_another_amount(const Order& order, const PaymentEvidence& evidence) {
  const bool other_currency = !evidence.fee_type.empty() && evidence.fee_type != "CNY";
  return other_currency || (evidence.total_fee && *evidence.total_fee != order.intent.total_fee);
}

class Settler {
 public:
  Settler(const Order& order, const PaymentEvidence& evidence) : order_{order}, evidence_{evidence} {}

  Settlement by_hand() const {
    const int now = rank(order_.state);
    const int wanted = rank(evidence_.state);
    if (evidence_.state == order_.state) return nothing(Verdict::already_applied);
    const bool undoes_a_mark = order_.proven_state != order_.state && wanted >= rank(order_.proven_state);
    if (wanted <= now && !undoes_a_mark) return nothing(Verdict::state_proven);
    return {Verdict::apply, evidence_.state, order_.proven_state, false};
  }

  Settlement by_payment() const {
    if (contradicts(order_.transaction_id, evidence_.transaction_id))
      return nothing(Verdict::transaction_mismatch);
    if (is_paid(order_.state)) return by_payment_again();
    // Reversed after it was paid: this is the old message of that payment.
    if (order_.state == OrderState::revoked && !order_.transaction_id.empty()) {
      return nothing(Verdict::already_applied);
    }
    const bool after_close = order_.state == OrderState::closed || order_.state == OrderState::revoked;
    return {Verdict::apply, evidence_.state, evidence_.state, after_close};
  }

  /// The answer to a creation: accepted, refused for good, or the news that the number is closed.
  Settlement by_creation() const {
    switch (evidence_.state) {
      case OrderState::notpay:
        return by_prepay();
      case OrderState::failed:
        return order_.state == OrderState::creating ? applied() : nothing(Verdict::no_news);
      default:
        return by_open_or_ended();
    }
  }

  /// Anything WeChat Pay says of an order that is not paid.
  Settlement by_open_or_ended() const {
    if (is_paid(order_.state)) {
      // A payment by code may be reversed, and then the payer has his money back.
      const bool was_reversed =
          evidence_.state == OrderState::revoked && order_.intent.trade_type == TradeType::micropay;
      return was_reversed ? applied() : nothing(Verdict::state_mismatch);
    }
    // Proves a mark made by hand, or replaces it by WeChat Pay's own name of the same end.
    const bool proves_a_mark =
        order_.proven_state != order_.state && rank(evidence_.state) == rank(order_.state);
    // An open order at WeChat Pay may have other parameters than the refused ones, and its answer names no
    // amount: the number stays free until the right parameters are given.
    const bool was_refused = order_.state == OrderState::failed && is_open(evidence_.state);
    if (proves_a_mark || (rank(evidence_.state) > rank(order_.state) && !was_refused)) return applied();
    return nothing(Verdict::no_news);
  }

  Settlement nothing(Verdict verdict) const { return {verdict, order_.state, order_.proven_state, false}; }

 private:
  Settlement applied() const { return {Verdict::apply, evidence_.state, evidence_.state, false}; }

  Settlement by_payment_again() const {
    const bool later = rank(evidence_.state) > rank(order_.state);
    if (later) return applied();
    // What a hand marked as paid, or what lacks its transaction, is completed by the proof.
    const bool unproven = rank(order_.proven_state) < rank(evidence_.state);
    const bool without_transaction = order_.transaction_id.empty() && !evidence_.transaction_id.empty();
    if (!unproven && !without_transaction) return nothing(Verdict::already_applied);
    const auto proven = unproven ? evidence_.state : order_.proven_state;
    // An import said the same before: nothing changes, but the proof was missing.
    const bool was_imported = order_.proven_state == OrderState::creating && !without_transaction;
    return {Verdict::apply, order_.state, proven, false, was_imported};
  }

  Settlement by_prepay() const {
    if (is_paid(order_.state) || rank(order_.state) > rank(OrderState::userpaying)) {
      return nothing(Verdict::no_news);
    }
    if (rank(order_.state) < rank(OrderState::notpay)) return applied();
    const bool same_prepay = order_.prepay && evidence_.prepay &&
                             order_.prepay->prepay_id == evidence_.prepay->prepay_id &&
                             order_.prepay->code_url == evidence_.prepay->code_url &&
                             order_.prepay->mweb_url == evidence_.prepay->mweb_url;
    if (same_prepay || !evidence_.prepay) return nothing(Verdict::already_applied);
    const auto proven =
        rank(order_.proven_state) < rank(OrderState::notpay) ? OrderState::notpay : order_.proven_state;
    return {Verdict::apply, order_.state, proven, false};
  }

  const Order& order_;
  const PaymentEvidence& evidence_;
};

}  // namespace

bool is_of_another_app(const MerchantIdentity& theirs, const MerchantIdentity& ours) {
  if (theirs.app_id.empty()) return !theirs.sub_mch_id.empty() && theirs.sub_mch_id != ours.sub_mch_id;
  return theirs.app_id != ours.app_id || theirs.sub_mch_id != ours.sub_mch_id;
}

Settlement settle(const Order& order, const PaymentEvidence& evidence) {
  const Settler settler{order, evidence};
  if (is_another_merchant(order.intent.merchant, evidence.merchant))
    return settler.nothing(Verdict::wrong_merchant);
  if (evidence.sent && !differing_fields(order.intent, *evidence.sent, {}).empty()) {
    return settler.nothing(Verdict::stale);
  }
  if (evidence.source == EvidenceSource::hand) return settler.by_hand();
  if (is_another_amount(order, evidence)) return settler.nothing(Verdict::amount_mismatch);
  if (is_paid(evidence.state)) return settler.by_payment();
  if (evidence.source == EvidenceSource::create) return settler.by_creation();
  return settler.by_open_or_ended();
}

void apply(Order& order, const PaymentEvidence& evidence, const Settlement& settlement,
           std::chrono::sys_seconds now) {
  order.state = settlement.to;
  order.proven_state = settlement.proven;
  // A clock that is behind must not hide a change from the walk over what was closed lately.
  order.updated_at = std::max(order.updated_at, now);
  if (!evidence.transaction_id.empty()) order.transaction_id = evidence.transaction_id;
  if (evidence.prepay) order.prepay = evidence.prepay;
  if (is_paid(order.state)) {
    if (evidence.time_end) order.paid_at = evidence.time_end;
    if (!order.paid_at) order.paid_at = now;
  } else if (evidence.source == EvidenceSource::hand) {
    order.paid_at.reset();  // a mark as paid is undone
    // A transaction that only an import named must not stand in the way of the true one.
    if (order.proven_state == OrderState::creating) order.transaction_id = {};
  }
}

}  // namespace wxpay
