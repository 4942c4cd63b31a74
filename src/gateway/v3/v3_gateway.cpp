#include "gateway/v3/v3_gateway.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "gateway/clock_check.hpp"
#include "gateway/hosts.hpp"
#include "gateway/retrying_call.hpp"
#include "gateway/v3/answers.hpp"
#include "gateway/v3/request_id.hpp"
#include "gateway/v3/requests.hpp"
#include "wxpay/gateway_client.hpp"
#include "wxpay/order_time.hpp"

namespace wxpay::v3 {

namespace {

using gateway::Origin;

/// Of the check of the clock: a person waits for it.
constexpr std::chrono::milliseconds longest_clock_check{10'000};
/// Of the certificates: an answer that arrived waits for them.
constexpr std::chrono::milliseconds longest_fetch{10'000};

/// What is signed is held whole until it is verified.
constexpr std::size_t largest_signed = std::size_t{16} << 20U;

/// The caller's own takes the place of ours, as the Wechatpay-Serial of a body with encrypted fields.
void put(std::vector<HttpHeader>& headers, const HttpHeader& given) {
  const auto name = to_lower(given.name);
  std::erase_if(headers, [&name](const HttpHeader& ours) { return to_lower(ours.name) == name; });
  headers.push_back(given);
}

/// Keeps in the log how WeChat Pay names an answer that is no success, and says with it what its number
/// means.
template <class Outcome>
Outcome with_request_id(Outcome outcome, const HttpResponse& response, Log& log) {
  auto* refused = std::get_if<Refused>(&outcome);
  auto* unknown = std::get_if<Unknown>(&outcome);
  if (refused == nullptr && unknown == nullptr) return outcome;
  const auto id = request_id_of(response);
  if (id.text.empty()) return outcome;
  const auto& code = refused != nullptr ? refused->said.code : unknown->code;
  log.write(LogLevel::info, "HTTP " + std::to_string(response.status) + " " + code + ", Request-ID " +
                                id.text + (id.reason.empty() ? "" : " (" + id.reason + ")"));
  auto& words = refused != nullptr ? refused->said.text : unknown->message;
  if (!id.reason.empty()) words += words.empty() ? id.reason : " (" + id.reason + ")";
  return outcome;
}

class V3Gateway final : public PaymentGateway {
 public:
  V3Gateway(GatewayParts parts, GatewayDeps deps)
      : parts_{std::move(parts)}, hosts_{parts_.base_urls}, deps_{deps} {}

  std::unique_ptr<CallOf<CreateOutcome>> start_create(std::shared_ptr<const OrderIntent> intent) override {
    auto request = create_request(*intent);
    return call<CreateOutcome>(std::move(request), [this, intent = std::move(intent)](
                                                       const HttpResponse& response, const Origin& origin) {
      const auto now = deps_.clock.now();
      return read_created(response, *parts_.keys, intent, now, believed_time(now, origin.clock_ahead),
                          origin.speaker);
    });
  }

  std::unique_ptr<CallOf<QueryOutcome>> start_query(const OutTradeNo& out_trade_no) override {
    return query(query_request(out_trade_no, parts_.merchant), {out_trade_no.text(), {}});
  }

  std::unique_ptr<CallOf<QueryOutcome>> start_query(const TransactionId& transaction_id) override {
    return query(query_request(transaction_id, parts_.merchant), {{}, transaction_id.text()});
  }

  std::unique_ptr<CallOf<CloseOutcome>> start_close(const OutTradeNo& out_trade_no) override {
    return call<CloseOutcome>(close_request(out_trade_no, parts_.merchant),
                              [this, out_trade_no](const HttpResponse& response, const Origin& origin) {
                                return read_closed(response, *parts_.keys, parts_.merchant, out_trade_no,
                                                   deps_.clock.now(), origin.speaker);
                              });
  }

  std::unique_ptr<CallOf<RefundOutcome>> start_refund(std::shared_ptr<const RefundIntent> intent) override {
    auto request = refund_request(*intent, parts_.merchant);
    return call<RefundOutcome>(std::move(request), [this, intent = std::move(intent)](
                                                       const HttpResponse& response, const Origin& origin) {
      return read_refund_answer(response, *parts_.keys, parts_.merchant, *intent, deps_.clock.now(),
                                origin.speaker);
    });
  }

  std::unique_ptr<CallOf<RefundOutcome>> start_query_refund(const OutRefundNo& out_refund_no) override {
    return call<RefundOutcome>(query_refund_request(out_refund_no, parts_.merchant),
                               [this, out_refund_no](const HttpResponse& response, const Origin& origin) {
                                 return read_refund_answer(response, *parts_.keys, parts_.merchant,
                                                           out_refund_no, deps_.clock.now(), origin.speaker);
                               });
  }

  std::unique_ptr<CallOf<RawOutcome>> start_raw(RawRequest raw) override {
    // A bill's file is told by the hash that came with its address.
    const bool is_signed = !raw.target.starts_with("/v3/billdownload/file");
    auto read = [this, is_signed](const HttpResponse& response, const Origin& origin) {
      return read_raw(response, *parts_.keys, is_signed, deps_.clock.now(), origin.speaker);
    };
    HttpRequest request{.method = raw.method, .url = {}, .body = std::move(raw.body)};
    request.sink = is_signed ? nullptr : raw.sink;
    request.largest_response =
        is_signed ? std::min(raw.largest_response, largest_signed) : raw.largest_response;
    return call<RawOutcome>(std::move(request), std::move(raw.target), std::move(raw.headers),
                            std::move(read));
  }

  std::unique_ptr<CallOf<ClockReading>> start_clock_check() override {
    HttpRequest request{.method = HttpMethod::get,
                        .url = hosts_.at(0).base_url + certificates_request().target,
                        .headers = {{"Accept", "application/json"}}};  // refused, as it is not signed
    request.timeout = std::min(parts_.timeout, longest_clock_check);
    return std::make_unique<gateway::ClockCheck>(std::move(request), deps_.clock);
  }

 private:
  /// Every try has the same body, so at WeChat Pay they are one request, and is signed anew.
  template <class Outcome, class Read>
  std::unique_ptr<CallOf<Outcome>> call(RequestParts request, Read read) {
    return call<Outcome>(HttpRequest{.method = request.method, .url = {}, .body = std::move(request.body)},
                         std::move(request.target), {}, std::move(read));
  }

  template <class Outcome, class Read>
  std::unique_ptr<CallOf<Outcome>> call(HttpRequest request, std::string target,
                                        std::vector<HttpHeader> headers, Read read) {
    if (!parts_.signer)
      throw Error{ErrorKind::internal, "a gateway without keys was asked for more than the time"};
    auto prepare = [this, target = std::move(target), headers = std::move(headers)](
                       HttpRequest& next, const std::string& base_url) {
      next.url = base_url + target;
      prepare_request(next, target, *parts_.signer, parts_.keys->preferred_serial(), deps_.clock,
                      deps_.random);
      for (const auto& header : headers) put(next.headers, header);
    };
    auto read_and_log = [this, read = std::move(read)](const HttpResponse& response, const Origin& origin) {
      return with_request_id<Outcome>(read(response, origin), response, deps_.log);
    };
    const gateway::CallDeps deps{hosts_, deps_.clock, deps_.random, deps_.stop, deps_.log};
    return std::make_unique<gateway::RetryingCall<Outcome, decltype(prepare), decltype(read_and_log)>>(
        deps, std::move(request), parts_.timeout, std::move(prepare), std::move(read_and_log));
  }

  std::unique_ptr<CallOf<QueryOutcome>> query(RequestParts request, OrderReference asked) {
    return call<QueryOutcome>(std::move(request), [this, asked = std::move(asked)](
                                                      const HttpResponse& response, const Origin& origin) {
      return read_query(response, *parts_.keys, parts_.merchant, asked, deps_.clock.now(), origin.speaker);
    });
  }

  GatewayParts parts_;
  gateway::Hosts hosts_;
  GatewayDeps deps_;
};

/// A complete answer to the request for certificates, to be verified by them.
struct CertificatesAnswer {
  HttpResponse response;
  ClockAhead clock_ahead = {};
};
using CertificatesOutcome = std::variant<CertificatesAnswer, Refused, Unknown>;

class NetworkSource final : public CertificateSource {
 public:
  NetworkSource(std::shared_ptr<const RequestSigner> signer, std::string public_key_id,
                const std::vector<std::string>& base_urls, std::chrono::milliseconds timeout, V3Deps deps)
      : signer_{std::move(signer)},
        public_key_id_{std::move(public_key_id)},
        hosts_{base_urls},
        timeout_{std::min(timeout, longest_fetch)},
        deps_{deps} {}

  FetchedCertificates fetch() override {
    const auto parts = certificates_request();
    const auto prepare = [&](HttpRequest& next, const std::string& base_url) {
      next.url = base_url + parts.target;
      prepare_request(next, parts.target, *signer_, public_key_id_, deps_.clock, deps_.random);
    };
    const auto read = [this](const HttpResponse& response, const Origin& origin) {
      return with_request_id(read_response(response, origin), response, deps_.log);
    };
    const gateway::CallDeps deps{hosts_, deps_.clock, deps_.random, deps_.stop, deps_.log};
    gateway::RetryingCall<CertificatesOutcome, decltype(prepare), decltype(read)> call{
        deps, HttpRequest{.method = parts.method, .url = {}}, timeout_, prepare, read};
    drive(call, *deps_.transport, deps_.clock, deps_.stop);
    auto outcome = call.outcome();
    if (auto* answer = std::get_if<CertificatesAnswer>(&outcome)) return {std::move(answer->response), {}};
    if (const auto* refused = std::get_if<Refused>(&outcome)) {
      const bool later = refused->reaction == Reaction::slow_down || refused->reaction == Reaction::repeat;
      return {.problem = problem_of(*refused),
              .kind = later ? ErrorKind::gateway : ErrorKind::untrusted,
              .has_none = refused->reaction == Reaction::order_unknown};
    }
    const auto& unknown = std::get<Unknown>(outcome);
    return {{}, "the platform certificates could not be fetched: " + unknown.message, unknown.kind};
  }

 private:
  static CertificatesOutcome read_response(const HttpResponse& response, const Origin& origin) {
    constexpr int done = 200;
    if (response.status == done) return CertificatesAnswer{response};
    auto refusal = read_unverified_refusal(response, origin.speaker);
    if (auto* refused = std::get_if<Refused>(&refusal)) return std::move(*refused);
    return std::get<Unknown>(std::move(refusal));
  }

  static std::string problem_of(const Refused& refused) {
    std::string problem{"the platform certificates were refused: "};
    problem += refused.said.text.empty() ? refused.said.code : refused.said.text;
    if (refused.reaction == Reaction::order_unknown) {
      problem +=
          "; the account has none and needs WeChat Pay's public key: set public_key_id and public_key_file";
    }
    return problem;
  }

  std::shared_ptr<const RequestSigner> signer_;
  std::string public_key_id_;
  gateway::Hosts hosts_;
  std::chrono::milliseconds timeout_;
  V3Deps deps_;
};

}  // namespace

std::unique_ptr<PaymentGateway> make_gateway(GatewayParts parts, GatewayDeps deps) {
  return std::make_unique<V3Gateway>(std::move(parts), deps);
}

std::unique_ptr<CertificateSource> make_certificate_source(std::shared_ptr<const RequestSigner> signer,
                                                           std::string public_key_id,
                                                           const std::vector<std::string>& base_urls,
                                                           std::chrono::milliseconds timeout, V3Deps deps) {
  return std::make_unique<NetworkSource>(std::move(signer), std::move(public_key_id), base_urls, timeout,
                                         deps);
}

}  // namespace wxpay::v3
