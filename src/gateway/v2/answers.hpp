#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "gateway/hosts.hpp"
#include "gateway/v2/reactions.hpp"
#include "wxpay/fields.hpp"
#include "wxpay/gateway.hpp"
#include "wxpay/transport.hpp"
#include "wxpay/v2_gateway.hpp"

namespace wxpay::v2 {

/// An answer with result_code SUCCESS whose signature, signature type, merchant and app agree.
struct Verified {
  Fields fields;
  Said said;
  std::string digest;
};

/// Reads an answer in the order in which it may be believed: HTTP, XML, return_code, signature, identity,
/// result_code (reference of API v2, section 1).
/// @param speaker  who answered, as messages name it
std::variant<Verified, Refused, Unknown> read_answer(Operation operation, const HttpResponse& response,
                                                     const V2Account& account, std::string_view speaker);

/// What is no answer of WeChat Pay's at all, or lacks what it must have.
Unknown not_an_answer(std::string message, Said said = {});
/// What does not agree with what was asked.
Unknown not_to_be_trusted(std::string message, Said said = {});

/// The answer to a creation. @param now  from which the prepay_id's two hours count
CreateOutcome read_unifiedorder(const HttpResponse& response, const V2Account& account,
                                std::shared_ptr<const OrderIntent> intent, std::chrono::sys_seconds now,
                                std::string_view speaker = gateway::wechat_pay);

/// What was asked for: exactly one of the two is set.
struct OrderReference {
  std::string out_trade_no;
  std::string transaction_id;
};
QueryOutcome read_orderquery(const HttpResponse& response, const V2Account& account,
                             const OrderReference& asked, std::string_view speaker = gateway::wechat_pay);

CloseOutcome read_closeorder(const HttpResponse& response, const V2Account& account, const OutTradeNo& asked,
                             std::string_view speaker = gateway::wechat_pay);

/// The answer to a refund: that it was accepted.
RefundOutcome read_refund(const HttpResponse& response, const V2Account& account, const RefundIntent& asked,
                          std::string_view speaker = gateway::wechat_pay);

/// What a query says of the refund of this number, among those that it lists.
RefundOutcome read_refundquery(const HttpResponse& response, const V2Account& account,
                               const OutRefundNo& asked, std::string_view speaker = gateway::wechat_pay);

/// The answer to a payment by code, which is paid where it is no refusal.
QueryOutcome read_micropay(const HttpResponse& response, const V2Account& account, const CodePayment& sent,
                           std::string_view speaker = gateway::wechat_pay);

ReverseOutcome read_reverse(const HttpResponse& response, const V2Account& account, const OutTradeNo& asked,
                            std::string_view speaker = gateway::wechat_pay);

/// Any answer that is signed.
RawOutcome read_raw(const HttpResponse& response, const V2Account& account, std::string_view speaker);

}  // namespace wxpay::v2
