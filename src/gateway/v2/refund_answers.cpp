// The answers about refunds: to the refund itself, and to a query for it.
#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "gateway/payment_words.hpp"
#include "gateway/v2/answers.hpp"
#include "gateway/v2/refund_record.hpp"

namespace wxpay::v2 {

namespace {

constexpr std::string_view record_name = "out_refund_no_";

/// Which of the records that an answer lists are of this refund: "0", "1" and so on.
std::vector<std::string> records_of(const Fields& fields, const OutRefundNo& number) {
  std::vector<std::string> found;
  for (const auto& [name, value] : fields) {
    if (!name.starts_with(record_name) || value != number.text()) continue;
    if (auto index = name.substr(record_name.size()); is_digits(index)) found.push_back(std::move(index));
  }
  return found;
}

RefundOutcome unusable(const std::string& problem, const Verified& verified) {
  return not_an_answer("the answer about the refund is unusable: " + problem, verified.said);
}

}  // namespace

RefundOutcome read_refund(const HttpResponse& response, const V2Account& account, const RefundIntent& asked,
                          std::string_view speaker) {
  auto answer = read_answer(Operation::refund, response, account, speaker);
  if (auto* refused = std::get_if<Refused>(&answer)) return std::move(*refused);
  if (auto* unknown = std::get_if<Unknown>(&answer)) return std::move(*unknown);
  auto& verified = std::get<Verified>(answer);
  const RefundNames names{.out_refund_no = "out_refund_no",
                          .refund_id = "refund_id",
                          .refund_fee = "refund_fee",
                          .refund_status = {},
                          .success_time = {}};
  auto read = read_refund_record(verified.fields, names, account.merchant, EvidenceSource::refund);
  if (const auto* problem = std::get_if<std::string>(&read)) return unusable(*problem, verified);
  auto& evidence = std::get<RefundEvidence>(read);
  if (auto problem = other_refund_problem(evidence, asked); !problem.empty())
    return not_to_be_trusted(std::move(problem), std::move(verified.said));
  evidence.digest = std::move(verified.digest);
  return RefundAnswer{std::move(verified.said), std::move(evidence)};
}

RefundOutcome read_refundquery(const HttpResponse& response, const V2Account& account,
                               const OutRefundNo& asked, std::string_view speaker) {
  auto answer = read_answer(Operation::refundquery, response, account, speaker);
  if (auto* refused = std::get_if<Refused>(&answer)) return std::move(*refused);
  if (auto* unknown = std::get_if<Unknown>(&answer)) return std::move(*unknown);
  auto& verified = std::get<Verified>(answer);
  const auto records = records_of(verified.fields, asked);
  if (records.empty()) return not_to_be_trusted("the answer is about another refund", verified.said);
  if (records.size() > 1) return unusable("it lists the refund twice", verified);
  const auto& index = records.front();
  const RefundNames names{.out_refund_no = std::string{record_name} + index,
                          .refund_id = "refund_id_" + index,
                          .refund_fee = "refund_fee_" + index,
                          .refund_status = "refund_status_" + index,
                          .success_time = "refund_success_time_" + index};
  auto read = read_refund_record(verified.fields, names, account.merchant, EvidenceSource::query);
  if (const auto* problem = std::get_if<std::string>(&read)) return unusable(*problem, verified);
  auto& evidence = std::get<RefundEvidence>(read);
  evidence.digest = std::move(verified.digest);
  return RefundAnswer{std::move(verified.said), std::move(evidence)};
}

}  // namespace wxpay::v2
