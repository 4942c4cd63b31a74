// The answers at the counter: to a payment by the payer's code, and to a reversal.
#include <optional>
#include <string>
#include <utility>

#include "base/masking.hpp"
#include "gateway/payment_words.hpp"
#include "gateway/v2/answers.hpp"
#include "gateway/v2/verification.hpp"

namespace wxpay::v2 {

namespace {

/// WeChat Pay's words may repeat what they refuse.
void hide_code(Said& said, const Secret& code) {
  said.code = mask_secret(said.code, code);
  said.text = mask_secret(said.text, code);
  said.remark = mask_secret(said.remark, code);
}

QueryOutcome read_payment(Verified verified, const V2Account& account, const CodePayment& sent) {
  const auto& fields = verified.fields;
  const auto& number = sent.intent.out_trade_no;
  if (fields.get("out_trade_no") != number.text())
    return not_to_be_trusted("the answer is about another order", verified.said);
  if (const auto type = fields.get("trade_type"); !type.empty() && type != to_string(TradeType::micropay))
    return not_to_be_trusted("the answer is about an order of another trade_type", verified.said);
  PaymentEvidence evidence{.source = EvidenceSource::query,
                           .merchant = account.merchant,
                           .out_trade_no = number,
                           .state = OrderState::success,
                           .transaction_id = TransactionId{fields.get("transaction_id")},
                           .total_fee = parse_wire_fen(fields.get("total_fee")),
                           .fee_type = fields.get("fee_type"),
                           .digest = std::move(verified.digest)};
  take_time_end(evidence, fields);
  if (auto problem = payment_problem(evidence, fields); !problem.empty()) {
    return not_an_answer("the answer about " + number.text() + " is unusable: " + problem, verified.said);
  }
  return QueryAnswer{
      std::move(evidence), std::string{to_string(OrderState::success)}, {}, TradeType::micropay};
}

}  // namespace

QueryOutcome read_micropay(const HttpResponse& response, const V2Account& account, const CodePayment& sent,
                           std::string_view speaker) {
  auto answer = read_answer(Operation::micropay, response, account, speaker);
  if (auto* refused = std::get_if<Refused>(&answer)) {
    hide_code(refused->said, sent.auth_code);
    return std::move(*refused);
  }
  if (auto* unknown = std::get_if<Unknown>(&answer)) {
    hide_code(unknown->said, sent.auth_code);
    unknown->message = mask_secret(unknown->message, sent.auth_code);
    return std::move(*unknown);
  }
  return read_payment(std::get<Verified>(std::move(answer)), account, sent);
}

ReverseOutcome read_reverse(const HttpResponse& response, const V2Account& account, const OutTradeNo& asked,
                            std::string_view speaker) {
  auto answer = read_answer(Operation::reverse, response, account, speaker);
  if (auto* unknown = std::get_if<Unknown>(&answer)) return std::move(*unknown);
  PaymentEvidence evidence{.source = EvidenceSource::reverse,
                           .merchant = account.merchant,
                           .out_trade_no = asked,
                           .state = OrderState::revoked};
  if (auto* refused = std::get_if<Refused>(&answer)) {
    if (refused->said.code != "ORDERREVERSED") return std::move(*refused);
    evidence.digest = std::move(refused->digest);
    evidence.reason = refused->said.code;
    return Reversed{std::move(refused->said), std::move(evidence)};
  }
  auto& verified = std::get<Verified>(answer);
  const auto& fields = verified.fields;
  if (const auto number = fields.get("out_trade_no"); !number.empty() && number != asked.text())
    return not_to_be_trusted("the answer is about another order", verified.said);
  const auto recall = fields.get("recall");
  if (recall == "Y") {
    auto unknown = not_an_answer("WeChat Pay has not reversed the order yet", verified.said);
    unknown.code = "RECALL";
    unknown.repeatable = true;
    return unknown;
  }
  // It names no order: only this tells it from the answer to a closing.
  if (recall != "N") return not_an_answer("the answer is not that of a reversal", verified.said);
  evidence.digest = std::move(verified.digest);
  return Reversed{std::move(verified.said), std::move(evidence)};
}

}  // namespace wxpay::v2
