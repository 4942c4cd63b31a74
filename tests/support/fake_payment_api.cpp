#include "support/fake_payment_api.hpp"

#include <chrono>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "crypto/digest.hpp"
#include "gateway/clock_check.hpp"
#include "gateway/retrying_call.hpp"

namespace wxpay::test::fake_api {

namespace {

constexpr const char* base_url = "https://fake.example";

/// An answer that may be believed and is no refusal.
struct Answer {
  Fields fields;
  Said said;
};

std::variant<Answer, Refused, Unknown> read(const HttpResponse& response) {
  if (response.status >= 500) return Unknown{ErrorKind::gateway, "GATEWAY", "HTTP 5xx"};
  const auto signature = response.header(signature_header);
  if (!signature || *signature != signature_of(response.body, key)) {
    return Unknown{ErrorKind::untrusted, "UNTRUSTED", "the signature does not hold"};
  }
  auto fields = fields_of(response.body);
  if (fields.get("merchant") != merchant().mch_id.text()) {
    return Unknown{ErrorKind::untrusted, "UNTRUSTED", "another merchant"};
  }
  Said said{.trust = Said::Trust::verified, .code = fields.get("code"), .text = fields.get("text")};
  if (said.code.empty()) return Answer{std::move(fields), std::move(said)};
  const auto reaction = said.code == "NO_ORDER"   ? Reaction::order_unknown
                        : said.code == "TOO_MANY" ? Reaction::slow_down
                                                  : Reaction::refuse;
  return Refused{.said = std::move(said), .reaction = reaction, .digest = crypto::sha256_hex(response.body)};
}

/// Signs every try anew.
class Gateway final : public PaymentGateway {
 public:
  explicit Gateway(const GatewayDeps& deps) : deps_{deps} {}

  std::unique_ptr<CallOf<CreateOutcome>> start_create(std::shared_ptr<const OrderIntent> intent) override {
    const Fields fields{{"order", intent->out_trade_no.text()},
                        {"fee", std::to_string(intent->total_fee.count())}};
    return call<CreateOutcome>("/orders/create", fields,
                               [this, intent](Answer answer, const std::string& body) -> CreateOutcome {
                                 auto evidence = evidence_of(EvidenceSource::create, answer.fields, body);
                                 evidence.sent = intent;
                                 evidence.prepay = Prepay{PrepayId{answer.fields.get("prepay")},
                                                          {},
                                                          {},
                                                          PayScheme::rsa,
                                                          deps_.clock.now() + std::chrono::hours{2}};
                                 return Created{std::move(answer.said), std::move(evidence)};
                               });
  }

  std::unique_ptr<CallOf<QueryOutcome>> start_query(const OutTradeNo& number) override {
    return query({{"order", number.text()}});
  }
  std::unique_ptr<CallOf<QueryOutcome>> start_query(const TransactionId& transaction_id) override {
    return query({{"transaction", transaction_id.text()}});
  }

  std::unique_ptr<CallOf<CloseOutcome>> start_close(const OutTradeNo& number) override {
    return call<CloseOutcome>("/orders/close", {{"order", number.text()}},
                              [](Answer answer, const std::string& body) -> CloseOutcome {
                                auto evidence = evidence_of(EvidenceSource::close, answer.fields, body);
                                evidence.state = OrderState::closed;
                                return Closed{std::move(answer.said), std::move(evidence)};
                              });
  }

  std::unique_ptr<CallOf<RefundOutcome>> start_refund(std::shared_ptr<const RefundIntent> intent) override {
    const Fields fields{{"order", intent->out_trade_no.text()},
                        {"refund", intent->out_refund_no.text()},
                        {"fee", std::to_string(intent->refund_fee.count())}};
    return refund("/refunds/create", EvidenceSource::refund, fields);
  }

  std::unique_ptr<CallOf<RefundOutcome>> start_query_refund(const OutRefundNo& number) override {
    return refund("/refunds/query", EvidenceSource::query, {{"refund", number.text()}});
  }

  std::unique_ptr<CallOf<RawOutcome>> start_raw(RawRequest request) override {
    return call<RawOutcome>(request.target, fields_of(request.body),
                            [](const Answer&, const std::string& body) {
                              return RawOutcome{RawAnswer{200, body}};
                            });
  }

  std::unique_ptr<CallOf<ClockReading>> start_clock_check() override {
    return std::make_unique<gateway::ClockCheck>(HttpRequest{.url = base_url}, deps_.clock);
  }

 private:
  std::unique_ptr<CallOf<RefundOutcome>> refund(const std::string& path, EvidenceSource source,
                                                const Fields& fields) {
    return call<RefundOutcome>(
        path, fields, [source](Answer answer, const std::string& body) -> RefundOutcome {
          const auto& said = answer.fields;
          RefundEvidence evidence{.source = source,
                                  .merchant = merchant(),
                                  .out_trade_no = OutTradeNo::trusted(said.get("order")),
                                  .out_refund_no = OutRefundNo::trusted(said.get("refund")),
                                  .state = parse_refund_state(said.get("state")).value(),
                                  .refund_id = RefundId{said.get("refund_id")},
                                  .transaction_id = TransactionId{said.get("transaction")},
                                  .refund_fee = parse_wire_fen(said.get("fee")),
                                  .digest = crypto::sha256_hex(body)};
          return RefundAnswer{std::move(answer.said), std::move(evidence)};
        });
  }

  std::unique_ptr<CallOf<QueryOutcome>> query(const Fields& fields) {
    return call<QueryOutcome>(
        "/orders/query", fields, [](const Answer& answer, const std::string& body) -> QueryOutcome {
          return QueryAnswer{
              evidence_of(EvidenceSource::query, answer.fields, body), answer.fields.get("state"), {}};
        });
  }

  template <class Outcome, class Take>
  std::unique_ptr<CallOf<Outcome>> call(const std::string& path, const Fields& fields, Take take) {
    const auto prepare = [path, tries = 0](HttpRequest& request, const std::string& host) mutable {
      request.url = host + path;
      request.headers = {
          {signature_header, signature_of(request.url + std::to_string(++tries) + request.body, key)}};
    };
    const auto read_answer = [take](const HttpResponse& response, const gateway::Origin&) -> Outcome {
      auto answer = read(response);
      if (auto* refused = std::get_if<Refused>(&answer)) return std::move(*refused);
      if (auto* unknown = std::get_if<Unknown>(&answer)) return std::move(*unknown);
      return take(std::get<Answer>(std::move(answer)), response.body);
    };
    using Prepare = std::remove_const_t<decltype(prepare)>;
    return std::make_unique<gateway::RetryingCall<Outcome, Prepare, decltype(read_answer)>>(
        gateway::CallDeps{hosts_, deps_.clock, deps_.random, deps_.stop, deps_.log},
        HttpRequest{.body = body_of(fields)}, std::chrono::seconds{30}, prepare, read_answer);
  }

  GatewayDeps deps_;
  gateway::Hosts hosts_{std::vector<std::string>{base_url}};
};

class Api final : public PaymentApi {
 public:
  std::unique_ptr<PaymentGateway> make_gateway(const GatewayDeps& deps) const override {
    return std::make_unique<Gateway>(deps);
  }
  const NotificationReader& notifications() const override { return *reader_; }
  const PaySigner& pay_signer() const override { return *pay_signer_; }
  const SetSigner& set_signer() const override { return *set_signer_; }
  std::vector<KeyFinding> examine_keys() const override { return {}; }

 private:
  std::unique_ptr<NotificationReader> reader_ = make_notification_reader();
  std::unique_ptr<PaySigner> pay_signer_ = make_pay_signer();
  std::unique_ptr<SetSigner> set_signer_ = make_set_signer();
};

}  // namespace

std::unique_ptr<PaymentApi> make() { return std::make_unique<Api>(); }

HttpResponse answer(const Fields& fields, const std::string& signed_by) {
  HttpResponse response;
  response.status = 200;
  response.body = body_of(fields);
  response.header_lines =
      std::string{signature_header} + ": " + signature_of(response.body, signed_by) + "\r\n";
  return response;
}

}  // namespace wxpay::test::fake_api
