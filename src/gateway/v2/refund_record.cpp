#include "gateway/v2/refund_record.hpp"

#include <chrono>
#include <optional>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "gateway/payment_words.hpp"
#include "gateway/v2/verification.hpp"
#include "wxpay/time.hpp"

namespace wxpay::v2 {

namespace {

/// `2026-11-23 10:00:00`, in Beijing.
std::optional<std::chrono::sys_seconds> parse_time_of_refund(std::string text) {
  constexpr std::size_t size = 19;
  constexpr std::size_t blank = 10;
  if (text.size() != size || text[blank] != ' ') return std::nullopt;
  text[blank] = 'T';
  return parse_rfc3339(text + "+08:00");
}

}  // namespace

std::variant<RefundEvidence, std::string> read_refund_record(const Fields& fields, const RefundNames& names,
                                                             const MerchantIdentity& merchant,
                                                             EvidenceSource source) {
  auto out_refund_no = OutRefundNo::try_parse(fields.get(names.out_refund_no));
  if (!out_refund_no) return "its out_refund_no is missing or malformed";
  auto out_trade_no = OutTradeNo::try_parse(fields.get("out_trade_no"));
  if (!out_trade_no) return "its out_trade_no is missing or malformed";
  auto state = std::optional{RefundState::processing};
  if (!names.refund_status.empty()) {
    const auto status = fields.get(names.refund_status);
    state = parse_refund_status(status);
    if (!state) return "it has no refund_status that is known: " + shortened(printable(status));
  }
  RefundEvidence evidence{.source = source,
                          .merchant = merchant,
                          .out_trade_no = std::move(*out_trade_no),
                          .out_refund_no = std::move(*out_refund_no),
                          .state = *state,
                          .refund_id = RefundId{fields.get(names.refund_id)},
                          .transaction_id = TransactionId{fields.get("transaction_id")},
                          .refund_fee = parse_wire_fen(fields.get(names.refund_fee)),
                          .total_fee = parse_wire_fen(fields.get("total_fee"))};
  if (auto problem = refund_problem(evidence); !problem.empty()) return problem;
  if (names.success_time.empty()) return evidence;
  if (auto said = fields.get(names.success_time); !said.empty()) {
    const auto time = parse_time_of_refund(std::move(said));
    if (!time) return "its " + names.success_time + " is no time";
    take_time_of_refund(evidence, time);
  }
  return evidence;
}

}  // namespace wxpay::v2
