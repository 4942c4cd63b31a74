#include "app/query_order.hpp"

#include "wxpay/error.hpp"

namespace wxpay::app {

namespace {

/// The reason of UNABLE_TO_UPDATE that a verdict stands for.
const char* reason_of(Verdict verdict, const PaymentEvidence& evidence) {
  switch (verdict) {
    case Verdict::amount_mismatch:
      return "AMOUNT_MISMATCH";
    case Verdict::transaction_mismatch:
      return "TRANSACTION_MISMATCH";
    case Verdict::state_mismatch:
      return "STATE_MISMATCH";
    case Verdict::wrong_merchant:
      return "WRONG_MERCHANT";
    case Verdict::already_applied:
      return is_paid(evidence.state) ? "ALREADY_PAID" : "NOT_PAID";
    case Verdict::apply:
    case Verdict::no_news:
    case Verdict::stale:
    case Verdict::state_proven:
      break;
  }
  return "NOT_PAID";
}

bool is_mismatch(Verdict verdict) {
  return verdict == Verdict::amount_mismatch || verdict == Verdict::transaction_mismatch ||
         verdict == Verdict::state_mismatch || verdict == Verdict::wrong_merchant;
}

void unable(QueryResult& result, const char* reason) {
  result.result_msg = "UNABLE_TO_UPDATE";
  result.reason = reason;
}

void describe_settlement(QueryResult& result, const SettleResult& settled, const PaymentEvidence& evidence,
                         WriteBack write_back) {
  if (!settled.order) return unable(result, "NOT_IN_LEDGER");
  result.ledger_state = settled.order->state;
  const auto verdict = settled.settlement.verdict;
  if (is_mismatch(verdict)) result.outcome = Outcome::integrity;
  if (settled.settlement.adds_proof) return unable(result, "ALREADY_PAID");
  if (verdict != Verdict::apply || is_open(evidence.state))
    return unable(result, reason_of(verdict, evidence));
  if (settled.settlement.paid_after_close) result.note = "PAID_AFTER_CLOSE";
  if (write_back == WriteBack::no) return unable(result, "READ_ONLY");
  result.result_msg = "UPDATE_SUCCESS";
}

QueryResult describe_answer(const QueryAnswer& answer) {
  const auto& evidence = answer.evidence;
  QueryResult result;
  result.out_trade_no = evidence.out_trade_no.text();
  result.trade_state = answer.trade_state;
  result.trade_state_desc = answer.trade_state_desc;
  result.transaction_id = evidence.transaction_id.text();
  result.total_fee = evidence.total_fee;
  result.time_end = evidence.time_end;
  result.decided = !is_open(evidence.state);
  return result;
}

QueryResult settle_answer(const QueryAnswer& answer, OrderLedger* ledger, WriteBack write_back) {
  const auto& evidence = answer.evidence;
  if (ledger == nullptr) return describe_settled(answer, {}, write_back);
  if (write_back == WriteBack::no) return describe_settled(answer, ledger->preview(evidence), write_back);
  try {
    return describe_settled(answer, ledger->settle(evidence), write_back);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::interrupted) throw;
    auto result = describe_answer(answer);
    result.outcome = Outcome::ledger_failed;
    result.result_msg = "UPDATE_FAIL";
    result.update_error = error.what();
    return result;
  }
}

/// The answer, or nothing where WeChat Pay has no such order.
std::optional<QueryResult> settled_or_unknown(const QueryOutcome& outcome, OrderLedger* ledger,
                                              WriteBack write_back) {
  if (const auto* answer = std::get_if<QueryAnswer>(&outcome)) {
    return settle_answer(*answer, ledger, write_back);
  }
  if (const auto* unknown = std::get_if<Unknown>(&outcome)) throw query_failure(*unknown);
  const auto& refused = std::get<Refused>(outcome);
  if (refused.reaction != Reaction::order_unknown) throw query_failure(refused);
  return std::nullopt;
}

QueryResult no_such_order() {
  QueryResult result;
  result.outcome = Outcome::refused;
  result.result_msg = "NO_SUCH_PAYMENT_ORDER_IN_WECHAT";
  return result;
}

}  // namespace

QueryResult describe_settled(const QueryAnswer& answer, const SettleResult& settled, WriteBack write_back) {
  auto result = describe_answer(answer);
  describe_settlement(result, settled, answer.evidence, write_back);
  return result;
}

Error query_failure(const Refused& refused) {
  const auto& said = refused.said;
  const auto speaker = refused.speaker.empty() ? std::string{"WeChat Pay"} : refused.speaker;
  const auto& words = said.text.empty() ? said.code : said.text;
  if (refused.reaction == Reaction::wrong_key) {
    return {ErrorKind::key, speaker + " says that the signature is wrong: " + words, wrong_key_hint(said),
            said.code};
  }
  const auto what = speaker + " refused the query: " + words;
  if (refused.reaction == Reaction::slow_down) {
    return {ErrorKind::gateway, what, "the rate is limited: wait a minute and run it again", said.code};
  }
  return {ErrorKind::refused, what, {}, said.code};
}

Error query_failure(const Unknown& unknown) {
  const bool in_words_only = unknown.said.trust == Said::Trust::unverified;
  return {
      unknown.kind, unknown.message,
      in_words_only ? "nothing was changed: run it again; if it stays so, 'wxpayctl doctor' tells more" : "",
      unknown.code};
}

QueryResult query_order(const OutTradeNo& out_trade_no, const MerchantId& mch_id, OrderLedger* ledger,
                        WriteBack write_back, GatewayClient& client) {
  if (auto result = settled_or_unknown(client.query(out_trade_no), ledger, write_back)) return *result;
  auto result = no_such_order();
  result.out_trade_no = out_trade_no.text();
  if (ledger != nullptr) {
    if (const auto order = ledger->find(mch_id, out_trade_no)) result.ledger_state = order->state;
  }
  return result;
}

QueryResult query_transaction(const TransactionId& transaction_id, OrderLedger* ledger, WriteBack write_back,
                              GatewayClient& client) {
  if (auto result = settled_or_unknown(client.query(transaction_id), ledger, write_back)) return *result;
  auto result = no_such_order();
  result.transaction_id = transaction_id.text();
  return result;
}

}  // namespace wxpay::app
