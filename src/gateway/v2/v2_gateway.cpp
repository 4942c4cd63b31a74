#include "wxpay/v2_gateway.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

#include "gateway/v2/answers.hpp"
#include "gateway/v2/requests.hpp"
#include "wire/xml.hpp"
#include "wxpay/order_time.hpp"

namespace wxpay {

namespace {

using std::chrono::milliseconds;

// After some seconds of trying a person wants to know, and a script has its own way of trying again.
constexpr int most_tries = 5;
constexpr milliseconds first_pause{200};
constexpr milliseconds longest_pause{5'000};

constexpr std::string_view wechat_pay_host = "api.mch.weixin.qq.com";

const TransportFailure interrupted{ErrorKind::interrupted, false, "interrupted"};

/// @param sent_before  whether an earlier try may have reached WeChat Pay
Unknown unknown_after(const TransportFailure& failure, bool sent_before) {
  const char* code = "NETWORK";
  if (failure.kind == ErrorKind::timeout) code = "TIMEOUT";
  if (failure.kind == ErrorKind::gateway) code = "GATEWAY";
  if (failure.kind == ErrorKind::interrupted) code = "INTERRUPTED";
  return {failure.kind, code, failure.message, {}, failure.sent || sent_before};
}

/// A Date that cannot be is none.
ClockAhead clock_ahead(const HttpResponse& response, const Clock& clock) {
  if (!response.date || !is_possible_time(*response.date)) return std::nullopt;
  return clock.now() - *response.date;
}

/// A 5xx, and an answer that wants the request again.
template <class Outcome>
bool may_be_repeated(const HttpResponse& response, const Outcome& outcome) {
  if (response.status >= 500) return true;
  const auto* unknown = std::get_if<Unknown>(&outcome);
  return unknown != nullptr && unknown->repeatable;
}

/// Who answers under each base URL, as messages name it: the fallback, a proxy in between or a gateway for
/// practice may speak where WeChat Pay is asked.
std::vector<std::string> speakers_of(const std::vector<std::string>& base_urls) {
  std::vector<std::string> speakers;
  speakers.reserve(base_urls.size());
  for (const std::string_view url : base_urls) {
    const auto scheme = url.find("://");
    const auto host = scheme == std::string_view::npos ? url : url.substr(scheme + 3);
    speakers.emplace_back(host == wechat_pay_host ? v2::wechat_pay : host);
  }
  return speakers;
}

/// Where a call with this account goes and what it lives from.
struct Surroundings {
  const V2Account& account;
  const std::vector<std::string>& speakers;  ///< of the account's base URLs
  const GatewayDeps& deps;
  std::size_t& host;  ///< the base URL that last could be reached
};

/// Tries until there is an answer that may not be asked for again, the tries are used up or the time is
/// nearly over. Every try carries the same bytes, so at WeChat Pay they are one request.
/// @tparam Read  makes the outcome of an HttpResponse
template <class Outcome, class Read>
class V2Call final : public CallOf<Outcome> {
 public:
  V2Call(Surroundings around, std::string path, const Fields& request, Read read)
      : around_{around}, path_{std::move(path)}, read_{std::move(read)}, left_{around.account.timeout} {
    message_.headers = {{"Content-Type", "text/xml; charset=utf-8"}};
    message_.body = wire::to_xml(request);
  }

  const HttpRequest& next_attempt() override {
    if (tries_++ > 0) around_.deps.log.write(LogLevel::info, "trying " + path_ + " again");
    host_ = around_.host;
    message_.url = around_.account.base_urls[host_] + path_;
    message_.timeout = std::max(std::chrono::ceil<milliseconds>(left_), milliseconds{1});
    begun_ = around_.deps.clock.steady_now();
    return message_;
  }

  std::optional<milliseconds> on_result(HttpResult result) override {
    left_ -= around_.deps.clock.steady_now() - begun_;
    if (const auto* failure = std::get_if<TransportFailure>(&result)) {
      outcome_ = unknown_after(*failure, sent_);
      if (failure->sent || failure->kind == ErrorKind::interrupted) return std::nullopt;
      // Of many that fail at once, the first says it for all.
      if (around_.host == host_) around_.host = (host_ + 1) % around_.account.base_urls.size();
    } else {
      sent_ = true;
      const auto& response = std::get<HttpResponse>(result);
      const auto& speaker = around_.speakers[host_];
      outcome_ = read_(response, speaker);
      if (auto* refused = std::get_if<Refused>(&outcome_)) {
        if (speaker != v2::wechat_pay) refused->speaker = speaker;
        refused->doubtful_before = doubtful_;
      }
      const auto ahead = clock_ahead(response, around_.deps.clock);
      std::visit([ahead](auto& answer) { answer.clock_ahead = ahead; }, outcome_);
      if (!may_be_repeated(response, outcome_)) return std::nullopt;
      doubtful_ = true;
    }
    if (around_.deps.stop.requested()) {
      interrupt();
      return std::nullopt;
    }
    return pause_before_next();
  }

  void interrupt() override { outcome_ = unknown_after(interrupted, sent_); }

  Outcome outcome() override { return std::move(outcome_); }

 private:
  /// Nothing when there is no try or no time left.
  std::optional<milliseconds> pause_before_next() {
    if (tries_ >= most_tries) return std::nullopt;
    const auto longest = std::min(first_pause * (1 << (tries_ - 1)), longest_pause);
    std::array<std::byte, 1> draw{};
    around_.deps.random.fill(draw);
    // Between half and the whole, so that many clients do not come back at the same moment.
    const auto pause = longest / 2 + longest * std::to_integer<int>(draw[0]) / 510;
    if (pause >= left_) return std::nullopt;
    left_ -= pause;
    return pause;
  }

  Surroundings around_;
  std::string path_;
  Read read_;
  HttpRequest message_;
  std::chrono::steady_clock::duration left_;  ///< of the time for all tries
  std::chrono::steady_clock::time_point begun_;
  std::size_t host_ = 0;  ///< of the last try
  int tries_ = 0;
  bool sent_ = false;      ///< a try may have reached WeChat Pay
  bool doubtful_ = false;  ///< a try had an answer that does not say whether it was carried out
  Outcome outcome_ = Unknown{};
};

class V2Gateway final : public PaymentGateway {
 public:
  V2Gateway(V2Account account, GatewayDeps deps)
      : account_{std::move(account)}, speakers_{speakers_of(account_.base_urls)}, deps_{deps} {}

  std::unique_ptr<CallOf<CreateOutcome>> start_create(std::shared_ptr<const OrderIntent> intent) override {
    const auto request = v2::unifiedorder_request(*intent, account_, nonce());
    return call<CreateOutcome>(
        "/pay/unifiedorder", request,
        [this, intent = std::move(intent)](const HttpResponse& response, std::string_view speaker) {
          const auto ahead = clock_ahead(response, deps_.clock);
          return v2::read_unifiedorder(response, account_, intent, believed_time(deps_.clock.now(), ahead),
                                       speaker);
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
    return call<CloseOutcome>("/pay/closeorder", v2::closeorder_request(out_trade_no, account_, nonce()),
                              [this, out_trade_no](const HttpResponse& response, std::string_view speaker) {
                                return v2::read_closeorder(response, account_, out_trade_no, speaker);
                              });
  }

  void drive(Call& call) override {
    while (!deps_.stop.requested()) {
      const auto pause = call.on_result(deps_.transport.send(call.next_attempt()));
      if (!pause) return;
      deps_.clock.sleep_for(*pause);
    }
    call.interrupt();
  }

 private:
  template <class Outcome, class Read>
  std::unique_ptr<CallOf<Outcome>> call(std::string path, const Fields& request, Read read) {
    return std::make_unique<V2Call<Outcome, Read>>(Surroundings{account_, speakers_, deps_, host_},
                                                   std::move(path), request, std::move(read));
  }

  std::unique_ptr<CallOf<QueryOutcome>> start_query(const Fields& request, v2::OrderReference asked) {
    return call<QueryOutcome>(
        "/pay/orderquery", request,
        [this, asked = std::move(asked)](const HttpResponse& response, std::string_view speaker) {
          return v2::read_orderquery(response, account_, asked, speaker);
        });
  }

  std::string nonce() { return make_nonce(deps_.random); }

  V2Account account_;
  std::vector<std::string> speakers_;
  GatewayDeps deps_;
  std::size_t host_ = 0;  ///< the base URL that last could be reached
};

}  // namespace

std::unique_ptr<PaymentGateway> make_v2_gateway(V2Account account, GatewayDeps deps) {
  return std::make_unique<V2Gateway>(std::move(account), deps);
}

}  // namespace wxpay
