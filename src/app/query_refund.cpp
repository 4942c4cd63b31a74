#include "app/query_refund.hpp"

#include <utility>

#include "app/refund_rules.hpp"

namespace wxpay::app {

namespace {

void unable(RefundQueryResult& result, const char* reason) {
  result.result_msg = "UNABLE_TO_UPDATE";
  result.reason = reason;
}

void describe_settlement(RefundQueryResult& result, RefundSettleResult settled, WriteBack write_back) {
  const auto verdict = settled.settlement.verdict;
  result.refund = std::move(settled.refund);
  if (!agrees(verdict)) {
    result.outcome = Outcome::integrity;
    return unable(result, mismatch_code(verdict));
  }
  if (!result.refund) return unable(result, "NOT_IN_LEDGER");
  if (verdict == RefundVerdict::already_applied) return unable(result, "ALREADY_APPLIED");
  if (verdict == RefundVerdict::no_news) return unable(result, "NO_NEWS");
  result.written = true;
  if (write_back == WriteBack::no) return unable(result, "READ_ONLY");
  result.result_msg = "UPDATE_SUCCESS";
}

RefundSettleResult settle_or_preview(RefundLedger& ledger, const RefundEvidence& evidence,
                                     WriteBack write_back) {
  return write_back == WriteBack::no ? ledger.preview_refund(evidence) : ledger.settle_refund(evidence);
}

RefundEvidence missing_evidence(const Refund& refund, const Refused& refused) {
  return {.source = EvidenceSource::query,
          .merchant = {.mch_id = refund.intent.mch_id},
          .out_trade_no = refund.intent.out_trade_no,
          .out_refund_no = refund.intent.out_refund_no,
          .state = RefundState::failed,
          .digest = refused.digest,
          .reason = refused.said.code};
}

/// WeChat Pay has no such refund.
void describe_missing(RefundQueryResult& result, const Refused& refused, const MerchantIdentity& merchant,
                      RefundLedger& ledger, WriteBack write_back, std::chrono::sys_seconds missing_since) {
  if (!result.refund) return;
  const auto evidence = missing_evidence(*result.refund, refused);
  const auto order = ledger.preview_refund(evidence).order;
  if (order && is_of_another_app(order->intent.merchant, merchant)) {
    result.reason = "OTHER_APP";
    result.hint = "it is of another app or sub-merchant: ask with its profile";
    return;
  }
  const auto state = result.refund->state;
  if (is_accepted(state)) {
    result.outcome = Outcome::integrity;
    result.reason = "STATE_MISMATCH";
    return;
  }
  if (state != RefundState::unknown) return;
  if (result.refund->sent_at > missing_since) {
    result.hint = "it may still be on its way: ask again in a minute, or run the same refund again";
    return;
  }
  auto settled = settle_or_preview(ledger, evidence, write_back);
  result.refund = std::move(settled.refund);
  result.written = settled.settlement.verdict == RefundVerdict::apply;
  result.hint = "nothing was refunded, and the number is free: run the same refund again";
}

}  // namespace

RefundQueryResult settle_refund_answer(const RefundOutcome& outcome, const MerchantIdentity& merchant,
                                       const OutRefundNo& number, RefundLedger* ledger, WriteBack write_back,
                                       std::chrono::sys_seconds missing_since) {
  if (const auto* nothing = std::get_if<Unknown>(&outcome)) throw query_failure(*nothing);
  const auto* refused = std::get_if<Refused>(&outcome);
  if (refused != nullptr && refused->reaction != Reaction::order_unknown) throw query_failure(*refused);
  RefundQueryResult result;
  result.out_refund_no = number.text();
  const auto* answer = std::get_if<RefundAnswer>(&outcome);
  if (answer != nullptr) {
    result.said = answer->evidence;
    // A query's proof, whatever brought it.
    result.said->source = EvidenceSource::query;
  } else {
    result.outcome = Outcome::refused;
    result.result_msg = "NO_SUCH_REFUND_IN_WECHAT";
  }
  if (ledger == nullptr) {
    if (answer != nullptr) unable(result, "NOT_IN_LEDGER");
    return result;
  }
  if (answer != nullptr) {
    describe_settlement(result, settle_or_preview(*ledger, *result.said, write_back), write_back);
  } else {
    result.refund = ledger->find_refund(merchant.mch_id, number);
    describe_missing(result, *refused, merchant, *ledger, write_back, missing_since);
  }
  return result;
}

RefundQueryResult query_refund(const OutRefundNo& number, const MerchantIdentity& merchant,
                               RefundLedger* ledger, WriteBack write_back, GatewayClient& client,
                               const Clock& clock) {
  const auto outcome = client.query_refund(number);
  const auto missing_since = clock.now() - refund_under_way;
  // What is wrong with the answer itself is thrown here.
  auto unwritten = settle_refund_answer(outcome, merchant, number, nullptr, write_back, missing_since);
  if (ledger == nullptr) return unwritten;
  try {
    return settle_refund_answer(outcome, merchant, number, ledger, write_back, missing_since);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::interrupted) throw;
    unwritten.outcome = Outcome::ledger_failed;
    unwritten.result_msg = "UPDATE_FAIL";
    unwritten.reason.clear();
    unwritten.update_error = error.what();
    return unwritten;
  }
}

}  // namespace wxpay::app
