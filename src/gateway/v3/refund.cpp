#include "gateway/v3/refund.hpp"

#include <optional>
#include <utility>

#include "base/text.hpp"
#include "gateway/payment_words.hpp"
#include "gateway/v3/payment.hpp"
#include "wxpay/time.hpp"

namespace wxpay::v3 {

namespace {

/// Nothing where it is no amount.
std::optional<Fen> fen_in(const wire::JsonObject& amount, const char* name) {
  const auto* value = wire::find(amount, name);
  const bool is_whole = value != nullptr && value->kind == wire::JsonValue::Kind::integer;
  return is_whole ? parse_wire_fen(value->text) : std::nullopt;
}

}  // namespace

std::variant<RefundEvidence, std::string> read_refund(const wire::JsonObject& message,
                                                      const MerchantIdentity& merchant,
                                                      EvidenceSource source) {
  if (const auto name = no_text_in(message, {"out_refund_no", "out_trade_no", "refund_id", "transaction_id",
                                             "status", "refund_status", "success_time"});
      !name.empty()) {
    return std::string{"its "}.append(name).append(" is no text");
  }
  const auto said = [&message](const char* name) { return wire::text_of(message, name).value_or(""); };
  auto out_refund_no = OutRefundNo::try_parse(said("out_refund_no"));
  if (!out_refund_no) return "its out_refund_no is missing or malformed";
  auto out_trade_no = OutTradeNo::try_parse(said("out_trade_no"));
  if (!out_trade_no) return "its out_trade_no is missing or malformed";
  const auto answered = said("status");
  const auto notified = said("refund_status");
  if (!answered.empty() && !notified.empty() && answered != notified) return "it says two states";
  const auto& status = answered.empty() ? notified : answered;
  const auto state = parse_refund_status(status);
  if (!state) return "it has no status that is known: " + shortened(without_control_characters(status));
  const auto* amount = wire::find(message, "amount");
  if (amount == nullptr || amount->kind != wire::JsonValue::Kind::object) return "it has no amount";
  RefundEvidence evidence{.source = source,
                          .merchant = merchant,
                          .out_trade_no = std::move(*out_trade_no),
                          .out_refund_no = std::move(*out_refund_no),
                          .state = *state,
                          .refund_id = RefundId{said("refund_id")},
                          .transaction_id = TransactionId{said("transaction_id")},
                          .refund_fee = fen_in(amount->members, "refund"),
                          .total_fee = fen_in(amount->members, "total")};
  if (auto problem = refund_problem(evidence); !problem.empty()) return problem;
  if (const auto time = said("success_time"); !time.empty()) {
    const auto parsed = parse_rfc3339(time);
    if (!parsed) return "its success_time is no time";
    take_time_of_refund(evidence, *parsed);
  }
  return evidence;
}

}  // namespace wxpay::v3
