#include "wxpay/v2_gateway.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "gateway/clock_check.hpp"
#include "gateway/hosts.hpp"
#include "gateway/retrying_call.hpp"
#include "gateway/v2/answers.hpp"
#include "gateway/v2/certificate.hpp"
#include "gateway/v2/parameter_set.hpp"
#include "gateway/v2/requests.hpp"
#include "wire/xml.hpp"
#include "wxpay/order_time.hpp"

namespace wxpay {

namespace {

using gateway::Origin;

constexpr std::string_view create_path = "/pay/unifiedorder";
constexpr std::string_view query_path = "/pay/orderquery";
constexpr std::string_view close_path = "/pay/closeorder";
constexpr std::string_view refund_path = "/secapi/pay/refund";
constexpr std::string_view refund_query_path = "/pay/refundquery";
constexpr std::string_view code_payment_path = "/pay/micropay";
constexpr std::string_view reverse_path = "/secapi/pay/reverse";

HttpRequest xml_request(std::string body) {
  return {.headers = {{"Content-Type", "text/xml; charset=utf-8"}}, .body = std::move(body)};
}

/// Of the check of the clock: a person waits for it.
constexpr std::chrono::milliseconds longest_clock_check{10'000};

class V2Gateway final : public PaymentGateway {
 public:
  V2Gateway(V2Account account, GatewayDeps deps)
      : account_{std::move(account)}, hosts_{account_.base_urls}, deps_{deps} {}

  std::unique_ptr<CallOf<CreateOutcome>> start_create(std::shared_ptr<const OrderIntent> intent) override {
    const auto request = v2::unifiedorder_request(*intent, account_, nonce());
    return call<CreateOutcome>(
        create_path, request,
        [this, intent = std::move(intent)](const HttpResponse& response, const Origin& origin) {
          const auto now = believed_time(deps_.clock.now(), origin.clock_ahead);
          return v2::read_unifiedorder(response, account_, intent, now, origin.speaker);
        });
  }

  std::unique_ptr<CallOf<QueryOutcome>> start_query(const OutTradeNo& out_trade_no) override {
    return start_query(v2::orderquery_request(out_trade_no, account_, nonce()), {out_trade_no.text(), {}});
  }

  std::unique_ptr<CallOf<QueryOutcome>> start_query(const TransactionId& transaction_id) override {
    return start_query(v2::orderquery_request(transaction_id, account_, nonce()),
                       {{}, transaction_id.text()});
  }

  std::unique_ptr<CallOf<CloseOutcome>> start_close(const OutTradeNo& out_trade_no) override {
    return call<CloseOutcome>(close_path, v2::closeorder_request(out_trade_no, account_, nonce()),
                              [this, out_trade_no](const HttpResponse& response, const Origin& origin) {
                                return v2::read_closeorder(response, account_, out_trade_no, origin.speaker);
                              });
  }

  std::unique_ptr<CallOf<RefundOutcome>> start_refund(std::shared_ptr<const RefundIntent> intent) override {
    auto request =
        with_certificate(xml_request(wire::to_xml(v2::refund_request(*intent, account_, nonce()))));
    return call<RefundOutcome>(
        refund_path, std::move(request),
        [this, intent = std::move(intent)](const HttpResponse& response, const Origin& origin) {
          return v2::read_refund(response, account_, *intent, origin.speaker);
        });
  }

  std::unique_ptr<CallOf<RefundOutcome>> start_query_refund(const OutRefundNo& out_refund_no) override {
    return call<RefundOutcome>(refund_query_path, v2::refundquery_request(out_refund_no, account_, nonce()),
                               [this, out_refund_no](const HttpResponse& response, const Origin& origin) {
                                 return v2::read_refundquery(response, account_, out_refund_no,
                                                             origin.speaker);
                               });
  }

  std::unique_ptr<CallOf<QueryOutcome>> start_code_payment(
      const std::shared_ptr<const CodePayment>& payment) override {
    auto request = xml_request(wire::to_xml(v2::micropay_request(*payment, account_, nonce())));
    return call<QueryOutcome>(
        code_payment_path, std::move(request),
        [this, payment](const HttpResponse& response, const Origin& origin) {
          return v2::read_micropay(response, account_, *payment, origin.speaker);
        },
        gateway::Repeats::unless_sent);
  }

  std::unique_ptr<CallOf<ReverseOutcome>> start_reverse(const OutTradeNo& out_trade_no) override {
    auto request =
        with_certificate(xml_request(wire::to_xml(v2::reverse_request(out_trade_no, account_, nonce()))));
    return call<ReverseOutcome>(reverse_path, std::move(request),
                                [this, out_trade_no](const HttpResponse& response, const Origin& origin) {
                                  return v2::read_reverse(response, account_, out_trade_no, origin.speaker);
                                });
  }

  std::unique_ptr<CallOf<RawOutcome>> start_raw(RawRequest raw) override {
    if (raw.method != HttpMethod::post)
      throw Error{ErrorKind::usage, "every call of API v2 is a POST", "write POST for the method"};
    const auto parsed = v2::parse_parameters(raw.body);
    if (const auto* malformed = std::get_if<wire::Malformed>(&parsed)) {
      throw Error{ErrorKind::usage, "the fields are unusable: " + malformed->why,
                  "they are a JSON object, an XML document or lines of name=value"};
    }
    const auto& fields = std::get<v2::ParameterSet>(parsed).fields;
    return call<RawOutcome>(std::move(raw.target), v2::raw_request(fields, account_, nonce()),
                            [this](const HttpResponse& response, const Origin& origin) {
                              return v2::read_raw(response, account_, origin.speaker);
                            });
  }

  std::unique_ptr<CallOf<ClockReading>> start_clock_check() override {
    auto request = xml_request("<xml/>");  // refused, as it is not signed
    request.url = hosts_.at(0).base_url;
    request.url += query_path;
    request.timeout = std::min(account_.timeout, longest_clock_check);
    return std::make_unique<gateway::ClockCheck>(std::move(request), deps_.clock);
  }

 private:
  /// Every try carries the same bytes, so at WeChat Pay they are one request.
  /// @tparam Path  a string, or a view of one that stays
  template <class Outcome, class Path, class Read>
  std::unique_ptr<CallOf<Outcome>> call(Path path, const Fields& fields, Read read) {
    return call<Outcome>(std::move(path), xml_request(wire::to_xml(fields)), std::move(read));
  }

  template <class Outcome, class Path, class Read>
  std::unique_ptr<CallOf<Outcome>> call(Path path, HttpRequest request, Read read,
                                        gateway::Repeats repeats = gateway::Repeats::allowed) {
    const auto prepare = [path = std::move(path)](HttpRequest& next, const std::string& base_url) {
      next.url = base_url;
      next.url += path;
    };
    const gateway::CallDeps deps{hosts_, deps_.clock, deps_.random, deps_.stop, deps_.log};
    return std::make_unique<gateway::RetryingCall<Outcome, decltype(prepare), Read>>(
        deps, std::move(request), account_.timeout, prepare, std::move(read), repeats);
  }

  /// @throws Error{key}  there is none, or it is no good
  HttpRequest with_certificate(HttpRequest request) const {
    request.client_certificate = v2::certificate_of(account_).shown;
    return request;
  }

  std::unique_ptr<CallOf<QueryOutcome>> start_query(const Fields& request, v2::OrderReference asked) {
    return call<QueryOutcome>(
        query_path, request,
        [this, asked = std::move(asked)](const HttpResponse& response, const Origin& origin) {
          return v2::read_orderquery(response, account_, asked, origin.speaker);
        });
  }

  std::string nonce() { return make_nonce(deps_.random); }

  V2Account account_;
  gateway::Hosts hosts_;
  GatewayDeps deps_;
};

}  // namespace

std::unique_ptr<PaymentGateway> make_v2_gateway(V2Account account, GatewayDeps deps) {
  return std::make_unique<V2Gateway>(std::move(account), deps);
}

}  // namespace wxpay
