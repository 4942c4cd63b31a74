#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "wxpay/evidence.hpp"
#include "wxpay/refund.hpp"

/// What both APIs say of a payment or a refund alike.
namespace wxpay {

/// The ledger's state for WeChat Pay's trade_state; none for a word that is not known.
std::optional<OrderState> state_of_trade(std::string_view trade_state);

/// Takes the time of payment. One that cannot be true is kept as the reason and not as the time: the money
/// was paid all the same.
/// @param name  of the field that says it
/// @param said  its value
void take_time_of_payment(PaymentEvidence& evidence, std::optional<std::chrono::sys_seconds> time,
                          std::string_view name, std::string_view said);

/// That transaction and amount are there where it is paid, and the transaction is one.
/// @param fee_name  of the amount
std::string payment_problem(const PaymentEvidence& evidence, std::string_view fee_name);

/// Takes the time at which the payer had the money, where he has it and it can be true.
void take_time_of_refund(RefundEvidence& evidence, std::optional<std::chrono::sys_seconds> time);

/// That a refund has its number at WeChat Pay and both amounts, and that they can be true.
std::string refund_problem(const RefundEvidence& evidence);

/// In what an answer to a refund is about another one than was asked for; empty: in nothing.
std::string other_refund_problem(const RefundEvidence& evidence, const RefundIntent& asked);

}  // namespace wxpay
