#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "wxpay/evidence.hpp"
#include "wxpay/order.hpp"

namespace wxpay {

enum class Verdict {
  apply,                 ///< write `to`, with a history entry
  already_applied,       ///< the ledger holds this payment already
  no_news,               ///< the order is not paid, and nothing the evidence says is newer than the ledger
  stale,                 ///< an answer to parameters that the order no longer has
  wrong_merchant,        ///< another merchant or app
  amount_mismatch,       ///< another amount or currency
  transaction_mismatch,  ///< paid already by another transaction
  state_mismatch,        ///< the ledger has it paid, WeChat Pay has not
  state_proven,          ///< a hand would undo what WeChat Pay proved
};

/// What is to happen to an order on a piece of evidence.
struct Settlement {
  Verdict verdict = Verdict::no_news;
  OrderState to = OrderState::creating;      ///< the state after it, also where nothing is written
  OrderState proven = OrderState::creating;  ///< what WeChat Pay has proved after it
  bool paid_after_close = false;             ///< the order was closed (or revoked) here, and then paid
  /// Applied, but no news: an import has said the same of this payment, and what is written is its proof.
  bool adds_proof = false;
};

/// Every rule about what may change, and nothing else: no clock, no ledger, no network.
/// Never backwards, never on another amount, merchant, app or transaction, and once only.
Settlement settle(const Order& order, const PaymentEvidence& evidence);

/// Changes the order as a settlement of verdict apply says.
void apply(Order& order, const PaymentEvidence& evidence, const Settlement& settlement,
           std::chrono::sys_seconds now);

/// What `create-order` does with a number, given what the ledger holds of it.
enum class CreatePlan {
  first,    ///< unknown number: CREATING, then send
  again,    ///< the same parameters, no valid prepay_id: send what was stored
  replace,  ///< was FAILED: the new parameters take the number
  reuse,    ///< the same parameters and a valid prepay_id: answer from the ledger
  differs,  ///< other parameters: refuse
  paid,     ///< refuse
  closed,   ///< closed or revoked: refuse
};

struct CreateDecision {
  CreatePlan plan = CreatePlan::first;
  std::vector<std::string> differs;  ///< wire names of the parameters that differ
};

/// Which defaults of an intent came from the profile: they are filled in but not compared.
struct DefaultedFields {
  bool body = false;
  bool notify_url = false;
  bool client_ip = false;
};

/// Why running a creation again is always safe (wxpayctl-create-order(1)).
CreateDecision plan_create(const Order* existing, const OrderIntent& wanted, const DefaultedFields& defaulted,
                           std::chrono::sys_seconds now);

/// The parameters that differ, by wire name, in the order of the wire document.
std::vector<std::string> differing_fields(const OrderIntent& stored, const OrderIntent& wanted,
                                          const DefaultedFields& defaulted);

}  // namespace wxpay
