#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "gateway/v3/errors.hpp"
#include "gateway/v3/platform_keys.hpp"
#include "wire/json.hpp"
#include "wxpay/gateway.hpp"

namespace wxpay::v3 {

/// An answer whose signature holds and that is no refusal.
struct Verified {
  wire::JsonObject members;  ///< empty of a 204
  Said said;
  std::string digest;  ///< SHA-256 of the raw answer, lower-case hex
};

/// Verifies an answer before anything of it is believed.
/// @param now  for the age of its signature
/// @param speaker  who answered, as messages name it
std::variant<Verified, Refused, Unknown> read_answer(Operation operation, const HttpResponse& response,
                                                     PlatformKeys& keys, std::chrono::sys_seconds now,
                                                     std::string_view speaker);

/// @param is_signed  whether answers of its kind are: a bill's file is not
RawOutcome read_raw(const HttpResponse& response, PlatformKeys& keys, bool is_signed,
                    std::chrono::sys_seconds now, std::string_view speaker);

/// A refusal of what cannot be verified yet, as of the request for the certificates themselves: no more than
/// words, and why no certificates came.
std::variant<Refused, Unknown> read_unverified_refusal(const HttpResponse& response,
                                                       std::string_view speaker);

/// @param prepaid_from  when the prepay_id begins to live
CreateOutcome read_created(const HttpResponse& response, PlatformKeys& keys,
                           std::shared_ptr<const OrderIntent> intent, std::chrono::sys_seconds now,
                           std::chrono::sys_seconds prepaid_from, std::string_view speaker);

/// The number that was asked about: one of the two is set.
struct OrderReference {
  std::string out_trade_no;
  std::string transaction_id;
};
QueryOutcome read_query(const HttpResponse& response, PlatformKeys& keys, const MerchantIdentity& merchant,
                        const OrderReference& asked, std::chrono::sys_seconds now, std::string_view speaker);

CloseOutcome read_closed(const HttpResponse& response, PlatformKeys& keys, const MerchantIdentity& merchant,
                         const OutTradeNo& asked, std::chrono::sys_seconds now, std::string_view speaker);

/// The answer to a refund: what has become of it so far.
RefundOutcome read_refund_answer(const HttpResponse& response, PlatformKeys& keys,
                                 const MerchantIdentity& merchant, const RefundIntent& asked,
                                 std::chrono::sys_seconds now, std::string_view speaker);
/// That to a query for one.
RefundOutcome read_refund_answer(const HttpResponse& response, PlatformKeys& keys,
                                 const MerchantIdentity& merchant, const OutRefundNo& asked,
                                 std::chrono::sys_seconds now, std::string_view speaker);

}  // namespace wxpay::v3
