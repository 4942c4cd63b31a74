#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "crypto/digest.hpp"
#include "support/ledger_fixture.hpp"

namespace wxpay::test::refund_fixture {

inline OutRefundNo refund_number(std::string_view text) { return OutRefundNo::trusted(std::string{text}); }

/// An order of 1000 fen that was paid.
inline void pay_order(Ledger& ledger, std::string_view number) {
  ledger_fixture::create_order(ledger, number);
  auto payment = ledger_fixture::payment_of(number);
  payment.time_end = ledger_fixture::standing_clock().now();
  ledger.settle(payment);
}

inline RefundRequest refund_of(std::string_view order, std::string_view number, std::int64_t fee) {
  return {.merchant = ledger_fixture::intent_of(order).merchant,
          .out_trade_no = ledger_fixture::number_of(order),
          .out_refund_no = refund_number(number),
          .refund_fee = Fen{fee}};
}

/// What the answer to a refund says.
inline RefundEvidence said_of(std::string_view order, std::string_view number, RefundState state,
                              std::int64_t fee = 300) {
  RefundEvidence evidence{.source = EvidenceSource::refund,
                          .merchant = ledger_fixture::intent_of(order).merchant,
                          .out_trade_no = ledger_fixture::number_of(order),
                          .out_refund_no = refund_number(number),
                          .state = state};
  evidence.refund_fee = Fen{fee};
  evidence.total_fee = Fen{1000};
  evidence.digest = crypto::sha256_hex(std::string{number} + std::string{to_string(state)});
  if (state != RefundState::failed) evidence.refund_id = RefundId{"503" + std::string{number}};
  return evidence;
}

}  // namespace wxpay::test::refund_fixture
