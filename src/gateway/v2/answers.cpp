#include "gateway/v2/answers.hpp"

#include <algorithm>
#include <optional>

#include "base/text.hpp"
#include "crypto/digest.hpp"
#include "domain/limits.hpp"
#include "gateway/payment_words.hpp"
#include "gateway/v2/verification.hpp"
#include "wire/xml.hpp"
#include "wxpay/order_time.hpp"
#include "wxpay/time.hpp"

namespace wxpay::v2 {

namespace {

/// WeChat Pay's own are under 600 bytes; the ledger takes 4096.
constexpr std::size_t longest_link = 2048;

constexpr std::string_view to_check =
    "the key or the sign_type is not the merchant's: compare both with the merchant platform";

constexpr std::string_view certificate_to_check =
    "the certificate is not the merchant's, or no longer valid: get a new one from the merchant platform, "
    "and "
    "set cert_file and cert_key_file, or cert_p12_file";

Said said_in(const Fields& fields, Said::Trust trust) {
  Said said{.trust = trust,
            .code = printable(fields.get("err_code")),
            .text = printable(fields.get("err_code_des")),
            .remark = printable(fields.get("return_msg"))};
  said.about_signature = is_about_signature(said.code, said.remark);
  said.to_check = said.code == "CERT_ERROR" ? certificate_to_check : to_check;
  return said;
}

Refused refused(Said said, Reaction reaction, std::string digest) {
  const bool order_exists = says_order_exists(said.code);
  return {.said = std::move(said),
          .reaction = reaction,
          .digest = std::move(digest),
          .order_exists = order_exists};
}

std::string by(std::string_view speaker, std::string_view predicate) {
  return std::string{speaker}.append(predicate);
}

/// @param says_twice  its result_code says FAIL too
std::variant<Verified, Refused, Unknown> read_unsigned_refusal(Operation operation, Said said,
                                                               bool says_twice, std::string digest,
                                                               std::string_view speaker) {
  said.text = said.remark;
  if (const auto refusal = unsigned_refusal(said.remark)) {
    said.code = refusal->err_code;
    return refused(std::move(said), refusal->reaction, std::move(digest));
  }
  // What it may have made can be asked about; a question or a closing is simply asked again.
  if (is_told_by_query(operation)) {
    return refused(std::move(said), Reaction::ask_by_query, std::move(digest));
  }
  auto message = by(speaker, " did not take the request: ") + said.text;
  auto unknown = not_an_answer(std::move(message), std::move(said));
  unknown.repeatable = says_twice;
  return unknown;
}

/// Which calls WeChat Pay asks for the merchant's certificate; without a good one a page may be all it says.
constexpr bool shows_certificate(Operation operation) {
  return operation == Operation::refund || operation == Operation::reverse;
}

/// @param status  of HTTP
std::string no_answer_words(Operation operation, int status, std::string_view speaker) {
  constexpr int bad_request = 400;
  auto words = by(speaker, " answered HTTP ") + std::to_string(status);
  if (status == bad_request && shows_certificate(operation))
    words += ", as where it does not take the merchant's certificate";
  return words;
}

}  // namespace

Unknown not_an_answer(std::string message, Said said) {
  return {ErrorKind::gateway, "GATEWAY", std::move(message), std::move(said)};
}

Unknown not_to_be_trusted(std::string message, Said said) {
  said.to_check = to_check;
  return {ErrorKind::untrusted, "UNTRUSTED", std::move(message), std::move(said)};
}

std::variant<Verified, Refused, Unknown> read_answer(Operation operation, const HttpResponse& response,
                                                     const V2Account& account, std::string_view speaker) {
  if (response.status != 200) return not_an_answer(no_answer_words(operation, response.status, speaker));
  auto parsed = wire::parse_xml(response.body);
  if (const auto* malformed = std::get_if<wire::Malformed>(&parsed)) {
    return not_an_answer(by(speaker, "'s answer is unreadable: ") + malformed->why);
  }
  auto& fields = std::get<Fields>(parsed);
  auto digest = crypto::sha256_hex(response.body);
  const auto return_code = fields.get("return_code");
  if (return_code == "FAIL") {
    return read_unsigned_refusal(operation, said_in(fields, Said::Trust::unverified),
                                 fields.get("result_code") == "FAIL", std::move(digest), speaker);
  }
  if (return_code != "SUCCESS") return not_an_answer(by(speaker, "'s answer has no return_code"));
  // The answer to a query came over TLS and is held against the order that was asked for: a customer's remark
  // must not keep a payment from being booked.
  const auto ambiguous = operation == Operation::orderquery ? Ambiguity::allowed : Ambiguity::refused;
  if (auto problem = signature_problem(fields, account, "answer", ambiguous); !problem.empty())
    return not_to_be_trusted(problem);
  const auto result_code = fields.get("result_code");
  const bool success = result_code == "SUCCESS";
  if (auto problem = identity_problem(fields, account.merchant, success, "answer"); !problem.empty()) {
    return not_to_be_trusted(problem);
  }
  auto said = said_in(fields, Said::Trust::verified);
  if (success) return Verified{std::move(fields), std::move(said), std::move(digest)};
  if (result_code != "FAIL") return not_an_answer(by(speaker, "'s answer has no result_code"));
  const auto reaction = reaction_to(operation, said.code, fields.get("recall") == "Y");
  if (reaction == Reaction::repeat) {
    return Unknown{.kind = ErrorKind::gateway,
                   .code = said.code,
                   .message = said.text.empty() ? by(speaker, " could not serve the request") : said.text,
                   .said = said,
                   .repeatable = true};
  }
  return refused(std::move(said), reaction, std::move(digest));
}

CreateOutcome read_unifiedorder(const HttpResponse& response, const V2Account& account,
                                std::shared_ptr<const OrderIntent> intent, std::chrono::sys_seconds now,
                                std::string_view speaker) {
  auto answer = read_answer(Operation::unifiedorder, response, account, speaker);
  if (auto* refused = std::get_if<Refused>(&answer)) return std::move(*refused);
  if (auto* unknown = std::get_if<Unknown>(&answer)) return std::move(*unknown);
  auto& verified = std::get<Verified>(answer);
  const auto& fields = verified.fields;
  // The answer does not repeat the order's number; what it does repeat must be what was asked for.
  if (const auto number = fields.get("out_trade_no");
      !number.empty() && number != intent->out_trade_no.text()) {
    return not_to_be_trusted("the answer is about another order", verified.said);
  }
  if (const auto type = fields.get("trade_type"); !type.empty() && type != to_string(intent->trade_type)) {
    return not_to_be_trusted("the answer is about an order of another trade_type", verified.said);
  }
  Prepay prepay{PrepayId{fields.get("prepay_id")}, fields.get("code_url"), fields.get("mweb_url"),
                scheme_of(account.sign_type), now + prepay_validity(intent->trade_type)};
  const bool has_link = (intent->trade_type != TradeType::native || !prepay.code_url.empty()) &&
                        (intent->trade_type != TradeType::mweb || !prepay.mweb_url.empty());
  if (prepay.prepay_id.empty() || prepay.prepay_id.text().size() > limits::longest_prepay_id || !has_link ||
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

QueryOutcome read_orderquery(const HttpResponse& response, const V2Account& account,
                             const OrderReference& asked, std::string_view speaker) {
  auto answer = read_answer(Operation::orderquery, response, account, speaker);
  if (auto* refused = std::get_if<Refused>(&answer)) return std::move(*refused);
  if (auto* unknown = std::get_if<Unknown>(&answer)) return std::move(*unknown);
  auto& verified = std::get<Verified>(answer);
  const auto& fields = verified.fields;
  const auto number = fields.get("out_trade_no");
  if ((!asked.out_trade_no.empty() && number != asked.out_trade_no) ||
      (!asked.transaction_id.empty() && fields.get("transaction_id") != asked.transaction_id)) {
    return not_to_be_trusted("the answer is about another order");
  }
  const auto trade_state = fields.get("trade_state");
  const auto state = state_of_trade(trade_state);
  if (!state) {
    return not_an_answer("the answer has no trade_state that is known: " + printable(trade_state),
                         verified.said);
  }
  if (number.empty() || number.size() > OutTradeNo::longest) {
    return not_an_answer("the answer has no out_trade_no", verified.said);
  }
  PaymentEvidence evidence{.source = EvidenceSource::query,
                           .merchant = account.merchant,
                           .out_trade_no = OutTradeNo::trusted(number),
                           .state = *state,
                           .transaction_id = TransactionId{fields.get("transaction_id")},
                           .total_fee = parse_wire_fen(fields.get("total_fee")),
                           .fee_type = fields.get("fee_type"),
                           .digest = std::move(verified.digest)};
  take_time_end(evidence, fields);
  if (auto problem = payment_problem(evidence, fields); !problem.empty()) {
    return not_an_answer("the answer about " + printable(number) + " is unusable: " + problem, verified.said);
  }
  return QueryAnswer{std::move(evidence), trade_state, printable(fields.get("trade_state_desc")),
                     parse_trade_type(fields.get("trade_type"))};
}

CloseOutcome read_closeorder(const HttpResponse& response, const V2Account& account, const OutTradeNo& asked,
                             std::string_view speaker) {
  auto answer = read_answer(Operation::closeorder, response, account, speaker);
  if (auto* unknown = std::get_if<Unknown>(&answer)) return std::move(*unknown);
  PaymentEvidence evidence{.source = EvidenceSource::close,
                           .merchant = account.merchant,
                           .out_trade_no = asked,
                           .state = OrderState::closed};
  if (auto* refused = std::get_if<Refused>(&answer)) {
    if (refused->reaction != Reaction::order_closed) return std::move(*refused);
    evidence.digest = std::move(refused->digest);
    evidence.reason = refused->said.code;
    return Closed{std::move(refused->said), std::move(evidence)};
  }
  auto& verified = std::get<Verified>(answer);
  const auto& fields = verified.fields;
  if (const auto number = fields.get("out_trade_no"); !number.empty() && number != asked.text()) {
    return not_to_be_trusted("the answer is about another order");
  }
  // An answer to a closing repeats neither number nor nonce; that of a creation is told apart by what it
  // gives.
  for (const auto* name : {"prepay_id", "code_url", "mweb_url", "trade_type"}) {
    if (!fields.get(name).empty()) return not_to_be_trusted("the answer is not that of a closing");
  }
  evidence.digest = std::move(verified.digest);
  return Closed{std::move(verified.said), std::move(evidence)};
}

RawOutcome read_raw(const HttpResponse& response, const V2Account& account, std::string_view speaker) {
  // Of a call that is not known, as of a creation, a refusal in words is one.
  auto answer = read_answer(Operation::unifiedorder, response, account, speaker);
  if (auto* refused = std::get_if<Refused>(&answer)) return std::move(*refused);
  if (auto* unknown = std::get_if<Unknown>(&answer)) return std::move(*unknown);
  return RawAnswer{response.status, response.body, std::get<Verified>(std::move(answer)).fields};
}

}  // namespace wxpay::v2
