#include "gateway/v3/answers.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "crypto/digest.hpp"
#include "domain/limits.hpp"
#include "gateway/payment_words.hpp"
#include "gateway/retrying_call.hpp"
#include "gateway/v3/payment.hpp"
#include "gateway/v3/refund.hpp"
#include "gateway/v3/verification.hpp"
#include "wxpay/order_time.hpp"

namespace wxpay::v3 {

namespace {

constexpr std::size_t longest_link = 2048;

// HTTP statuses (API v3 reference, 1.3).
constexpr int done = 200;
constexpr int done_without_body = 204;
constexpr int first_other = 300;
constexpr int not_authorized = 401;
constexpr int too_many_requests = 429;
constexpr int first_failure = 500;

Unknown not_an_answer(std::string message, Said said = {}) {
  return {ErrorKind::gateway, "GATEWAY", std::move(message), std::move(said)};
}

constexpr std::string_view check_own_keys =
    "mch_id, serial_no and the private key do not belong together, or this machine's clock is wrong: compare "
    "all with the merchant platform";
constexpr std::string_view check_their_keys =
    "compare the APIv3 key and public_key_id with the merchant platform, and this machine's clock with the "
    "time";

Unknown not_to_be_trusted(std::string message, Said said = {}) {
  said.to_check = check_their_keys;
  return {ErrorKind::untrusted, "UNTRUSTED", std::move(message), std::move(said)};
}

std::string by(std::string_view speaker, std::string_view predicate) {
  return std::string{speaker}.append(predicate);
}

std::string printable(std::string text) { return without_control_characters(std::move(text)); }

/// Which parameter is at fault, where the error body names it (API v3 reference, 5.1).
std::string detail_in(const wire::JsonObject& body) {
  const auto* detail = wire::find(body, "detail");
  if (detail == nullptr) return {};
  const auto text = [](const wire::JsonObject& object, const char* name) {
    return shortened(printable(wire::text_of(object, name).value_or("")));
  };
  auto field = text(detail->members, "field");
  auto issue = text(detail->members, "issue");
  if (const auto* nested = wire::find(detail->members, "detail"); nested != nullptr && issue.empty())
    issue = text(nested->members, "issue");
  if (field.empty() || issue.empty()) return field + issue;
  return field + ": " + issue;
}

struct ErrorBody {
  std::string code;
  std::string text;
};

/// @return empty where it is no error body, as a page of a proxy
ErrorBody error_in(const std::string& body) {
  const auto parsed = wire::parse_json_object(body);
  const auto* object = std::get_if<wire::JsonObject>(&parsed);
  if (object == nullptr) return {};
  ErrorBody error{shortened(printable(wire::text_of(*object, "code").value_or(""))),
                  printable(wire::text_of(*object, "message").value_or(""))};
  if (const auto detail = detail_in(*object); !detail.empty())
    error.text += error.text.empty() ? detail : " (" + detail + ")";
  return error;
}

Said said_in(const ErrorBody& error, std::string code, Said::Trust trust) {
  Said said{.trust = trust, .code = std::move(code), .text = error.text};
  // As API v2 says it of an answer whose signature holds: the refusal is in its code.
  said.remark = said.verified() && !said.code.empty() ? "OK" : error.text;
  said.about_signature = said.code == "SIGNERROR";
  said.to_check = check_own_keys;
  return said;
}

/// @param error  the body of an answer that is no success
std::variant<Verified, Refused, Unknown> read_refusal(Operation operation, int status, const ErrorBody& error,
                                                      Said::Trust trust, const std::string& body,
                                                      std::string_view speaker) {
  auto known = known_error(operation, error.code);
  // One without a code is no word of WeChat Pay's, as the page of a network that wants a login.
  if (status == not_authorized && !error.code.empty()) known = {"SIGNERROR", Reaction::wrong_key};
  if (status == too_many_requests) known = {"FREQUENCY_LIMITED", Reaction::slow_down};
  auto said = said_in(error, known.code, trust);
  const bool not_executed = known.reaction == Reaction::wrong_key || known.reaction == Reaction::slow_down;
  // Of an answer that nobody signed only that is believed which says that nothing was done: what it would
  // prove of an order is asked for.
  const bool believed = trust == Said::Trust::verified || not_executed;
  const bool failed = status >= first_failure && (error.code.empty() || known.reaction != Reaction::refuse);
  if (failed || known.reaction == Reaction::repeat) {
    auto unknown = not_an_answer(
        said.text.empty() ? by(speaker, " answered HTTP ") + std::to_string(status) : said.text, said);
    if (!known.code.empty()) unknown.code = known.code;
    unknown.repeatable = true;
    return unknown;
  }
  const auto answered = by(speaker, " answered HTTP ") + std::to_string(status);
  if (error.code.empty() && !not_executed)
    return not_an_answer(answered + " without a code", std::move(said));
  if (!believed && is_question(operation)) {
    auto what = answered + " without a signature: " + error.code + " " + said.text;
    return not_an_answer(std::move(what), std::move(said));
  }
  const bool order_exists = says_order_exists(said.code);
  return Refused{.said = std::move(said),
                 .reaction = believed ? known.reaction : Reaction::ask_by_query,
                 .digest = crypto::sha256_hex(body),
                 .order_exists = order_exists};
}

}  // namespace

std::variant<Refused, Unknown> read_unverified_refusal(const HttpResponse& response,
                                                       std::string_view speaker) {
  const auto error = error_in(response.body);
  auto known = known_error(Operation::query, error.code);
  auto said = said_in(error, known.code, Said::Trust::unverified);
  if (response.status >= first_failure || error.code.empty()) {
    auto unknown =
        not_an_answer(by(speaker, " answered HTTP ") + std::to_string(response.status), std::move(said));
    unknown.repeatable = response.status >= first_failure;
    return unknown;
  }
  return Refused{
      .said = std::move(said), .reaction = known.reaction, .digest = crypto::sha256_hex(response.body)};
}

namespace {

bool is_refusal(const HttpResponse& response) {
  return response.status < done || response.status >= first_other;
}

/// A page that something between has made, as of a network that wants a login.
bool is_page(const HttpResponse& response) {
  const auto text = trim(response.body);
  return !text.empty() && text.front() != '{';
}

/// How far an answer may be believed, or why not at all.
std::variant<Said::Trust, Unknown> trust_in(const HttpResponse& response, PlatformKeys& keys,
                                            std::chrono::sys_seconds now, std::string_view speaker) {
  const auto check =
      check_signature(header_views(response.header_lines), response.body, keys, Age{now, longest_answer_age});
  if (check.holds()) return Said::Trust::verified;
  if (is_refusal(response) && check.state == SignatureState::absent) return Said::Trust::unverified;
  if (is_page(response) && check.state == SignatureState::absent)
    return not_an_answer(by(speaker, "'s answer is unreadable: it is no JSON, and not signed"));
  const auto why = by(speaker, "'s answer ") + check.why;
  // The key could not be had now: that says nothing of the answer.
  if (check.kind != ErrorKind::untrusted) return gateway::unknown_after({check.kind, true, why}, true);
  auto unknown = not_to_be_trusted(why);
  unknown.repeatable = check.state == SignatureState::probe;
  return unknown;
}

}  // namespace

RawOutcome read_raw(const HttpResponse& response, PlatformKeys& keys, bool is_signed,
                    std::chrono::sys_seconds now, std::string_view speaker) {
  if (!is_signed && response.status == done) return RawAnswer{response.status, response.body};
  auto trust = trust_in(response, keys, now, speaker);
  if (auto* unknown = std::get_if<Unknown>(&trust)) return std::move(*unknown);
  if (!is_refusal(response)) return RawAnswer{response.status, response.body};
  auto refusal = read_refusal(Operation::other, response.status, error_in(response.body),
                              std::get<Said::Trust>(trust), response.body, speaker);
  if (auto* said_no = std::get_if<Refused>(&refusal)) return std::move(*said_no);
  return std::get<Unknown>(std::move(refusal));
}

std::variant<Verified, Refused, Unknown> read_answer(Operation operation, const HttpResponse& response,
                                                     PlatformKeys& keys, std::chrono::sys_seconds now,
                                                     std::string_view speaker) {
  auto found = trust_in(response, keys, now, speaker);
  if (auto* unknown = std::get_if<Unknown>(&found)) return std::move(*unknown);
  const auto trust = std::get<Said::Trust>(found);
  const bool refused = is_refusal(response);
  // 202: taken, and not done (API v3 reference, 8).
  if (refused || (response.status != done && response.status != done_without_body)) {
    return read_refusal(operation, response.status, error_in(response.body), trust, response.body, speaker);
  }
  Verified verified{.members = wire::JsonObject{},
                    .said = Said{.trust = trust, .remark = "OK"},
                    .digest = crypto::sha256_hex(response.body)};
  if (response.status == done_without_body && response.body.empty()) return verified;
  auto parsed = wire::parse_json_object(response.body);
  if (const auto* malformed = std::get_if<wire::Malformed>(&parsed))
    return not_an_answer(by(speaker, "'s answer is unreadable: ") + malformed->why);
  verified.members = std::move(std::get<wire::JsonObject>(parsed));
  return verified;
}

CreateOutcome read_created(const HttpResponse& response, PlatformKeys& keys,
                           std::shared_ptr<const OrderIntent> intent, std::chrono::sys_seconds now,
                           std::chrono::sys_seconds prepaid_from, std::string_view speaker) {
  auto answer = read_answer(Operation::create, response, keys, now, speaker);
  if (auto* refused = std::get_if<Refused>(&answer)) return std::move(*refused);
  if (auto* unknown = std::get_if<Unknown>(&answer)) return std::move(*unknown);
  auto& verified = std::get<Verified>(answer);
  const auto text = [&verified](const char* name) {
    return wire::text_of(verified.members, name).value_or("");
  };
  Prepay prepay{PrepayId{text("prepay_id")}, text("code_url"), text("h5_url"), PayScheme::rsa,
                prepaid_from + prepay_validity(intent->trade_type)};
  const bool native = intent->trade_type == TradeType::native;
  const bool h5 = intent->trade_type == TradeType::mweb;
  const auto& needed = native ? prepay.code_url : h5 ? prepay.mweb_url : prepay.prepay_id.text();
  if (needed.empty() || prepay.prepay_id.text().size() > limits::longest_prepay_id ||
      prepay.code_url.size() > longest_link || prepay.mweb_url.size() > longest_link ||
      has_control_character(prepay.prepay_id.text() + prepay.code_url + prepay.mweb_url)) {
    return not_an_answer("the answer lacks the prepay_id or the link to pay at, or they are too long",
                         verified.said);
  }
  if (intent->time_expire) prepay.expires_at = std::min(prepay.expires_at, *intent->time_expire);
  return Created{std::move(verified.said),
                 {.source = EvidenceSource::create,
                  .merchant = intent->merchant,
                  .out_trade_no = intent->out_trade_no,
                  .state = OrderState::notpay,
                  .prepay = std::move(prepay),
                  .sent = std::move(intent),
                  .digest = std::move(verified.digest)}};
}

QueryOutcome read_query(const HttpResponse& response, PlatformKeys& keys, const MerchantIdentity& merchant,
                        const OrderReference& asked, std::chrono::sys_seconds now, std::string_view speaker) {
  auto answer = read_answer(Operation::query, response, keys, now, speaker);
  if (auto* refused = std::get_if<Refused>(&answer)) return std::move(*refused);
  if (auto* unknown = std::get_if<Unknown>(&answer)) return std::move(*unknown);
  auto& verified = std::get<Verified>(answer);
  const auto& message = verified.members;
  const auto said = [&message](const char* name) { return wire::text_of(message, name).value_or(""); };
  if (auto problem = identity_problem(message, merchant); !problem.empty())
    return not_to_be_trusted("the answer " + problem);
  const auto number = said("out_trade_no");
  if ((!asked.out_trade_no.empty() && number != asked.out_trade_no) ||
      (!asked.transaction_id.empty() && said("transaction_id") != asked.transaction_id)) {
    return not_to_be_trusted("the answer is about another order");
  }
  auto payment = read_payment(message, merchant, EvidenceSource::query);
  if (const auto* problem = std::get_if<std::string>(&payment)) {
    return not_an_answer("the answer about " + printable(number) + " is unusable: " + *problem,
                         verified.said);
  }
  auto& evidence = std::get<PaymentEvidence>(payment);
  evidence.digest = std::move(verified.digest);
  return QueryAnswer{std::move(evidence), said("trade_state"), printable(said("trade_state_desc")),
                     parse_trade_type(said("trade_type"))};
}

CloseOutcome read_closed(const HttpResponse& response, PlatformKeys& keys, const MerchantIdentity& merchant,
                         const OutTradeNo& asked, std::chrono::sys_seconds now, std::string_view speaker) {
  auto answer = read_answer(Operation::close, response, keys, now, speaker);
  if (auto* unknown = std::get_if<Unknown>(&answer)) return std::move(*unknown);
  PaymentEvidence evidence{.source = EvidenceSource::close,
                           .merchant = merchant,
                           .out_trade_no = asked,
                           .state = OrderState::closed};
  if (auto* refused = std::get_if<Refused>(&answer)) {
    if (refused->reaction != Reaction::order_closed) return std::move(*refused);
    evidence.digest = std::move(refused->digest);
    evidence.reason = refused->said.code;
    return Closed{std::move(refused->said), std::move(evidence)};
  }
  auto& verified = std::get<Verified>(answer);
  // An answer to a closing has no body; one that has is about something else.
  if (!verified.members.empty()) return not_to_be_trusted("the answer is not that of a closing");
  evidence.digest = std::move(verified.digest);
  return Closed{std::move(verified.said), std::move(evidence)};
}

namespace {

/// @param problem_of  in what it is about another refund than was asked for; empty: in nothing
template <class ProblemOf>
RefundOutcome read_refund_answer(Operation operation, const HttpResponse& response, PlatformKeys& keys,
                                 const MerchantIdentity& merchant, std::chrono::sys_seconds now,
                                 std::string_view speaker, ProblemOf problem_of) {
  auto answer = read_answer(operation, response, keys, now, speaker);
  if (auto* refused = std::get_if<Refused>(&answer)) return std::move(*refused);
  if (auto* unknown = std::get_if<Unknown>(&answer)) return std::move(*unknown);
  auto& verified = std::get<Verified>(answer);
  // It need not say whose it is.
  if (auto problem = other_merchant_problem(verified.members, merchant, false); !problem.empty())
    return not_to_be_trusted("the answer " + problem);
  const auto source = operation == Operation::refund ? EvidenceSource::refund : EvidenceSource::query;
  auto read = read_refund(verified.members, merchant, source);
  if (const auto* problem = std::get_if<std::string>(&read))
    return not_an_answer("the answer about the refund is unusable: " + *problem, verified.said);
  auto& evidence = std::get<RefundEvidence>(read);
  if (auto problem = problem_of(evidence); !problem.empty())
    return not_to_be_trusted(std::move(problem), verified.said);
  evidence.digest = std::move(verified.digest);
  return RefundAnswer{std::move(verified.said), std::move(evidence)};
}

}  // namespace

RefundOutcome read_refund_answer(const HttpResponse& response, PlatformKeys& keys,
                                 const MerchantIdentity& merchant, const RefundIntent& asked,
                                 std::chrono::sys_seconds now, std::string_view speaker) {
  return read_refund_answer(
      Operation::refund, response, keys, merchant, now, speaker,
      [&asked](const RefundEvidence& evidence) { return other_refund_problem(evidence, asked); });
}

RefundOutcome read_refund_answer(const HttpResponse& response, PlatformKeys& keys,
                                 const MerchantIdentity& merchant, const OutRefundNo& asked,
                                 std::chrono::sys_seconds now, std::string_view speaker) {
  return read_refund_answer(Operation::query_refund, response, keys, merchant, now, speaker,
                            [&asked](const RefundEvidence& evidence) {
                              return evidence.out_refund_no == asked
                                         ? std::string{}
                                         : std::string{"the answer is about another refund"};
                            });
}

}  // namespace wxpay::v3
