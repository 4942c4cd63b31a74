#include "wxpay/v2_gateway.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include "gateway/v2/answers.hpp"
#include "gateway/v2/requests.hpp"
#include "wire/xml.hpp"

namespace wxpay {

namespace {

using std::chrono::milliseconds;

// After some seconds of trying a person wants to know, and a script has its own way of trying again.
constexpr int most_tries = 5;
constexpr milliseconds first_pause{200};
constexpr milliseconds longest_pause{5'000};

class V2Gateway final : public PaymentGateway {
 public:
  V2Gateway(V2Account account, GatewaySeams seams) : account_{std::move(account)}, seams_{seams} {}

  CreateOutcome create(const OrderIntent& intent) override {
    return exchange<CreateOutcome>(
        "/pay/unifiedorder", v2::unifiedorder_request(intent, account_, make_nonce(seams_.random)),
        [&](const HttpResponse& response) {
          return v2::read_unifiedorder(response, account_, intent, seams_.clock.now());
        });
  }

  QueryOutcome query(const OutTradeNo& out_trade_no) override {
    return query(v2::orderquery_request(out_trade_no, account_, make_nonce(seams_.random)),
                 {out_trade_no.text(), {}});
  }

  QueryOutcome query(const TransactionId& transaction_id) override {
    return query(v2::orderquery_request(transaction_id, account_, make_nonce(seams_.random)),
                 {{}, transaction_id.text()});
  }

  CloseOutcome close(const OutTradeNo& out_trade_no) override {
    return exchange<CloseOutcome>(
        "/pay/closeorder", v2::closeorder_request(out_trade_no, account_, make_nonce(seams_.random)),
        [&](const HttpResponse& response) { return v2::read_closeorder(response, account_, out_trade_no); });
  }

 private:
  QueryOutcome query(const Fields& request, const v2::OrderReference& asked) {
    return exchange<QueryOutcome>("/pay/orderquery", request, [&](const HttpResponse& response) {
      return v2::read_orderquery(response, account_, asked);
    });
  }

  /// Sends until there is an answer that may not be asked for again, the tries are used up or the deadline is
  /// near. Every try carries the same bytes, so at WeChat Pay they are one request.
  template <class Outcome, class Read>
  Outcome exchange(const std::string& path, const Fields& request, const Read& read) {
    HttpRequest message{.content_type = "text/xml; charset=utf-8", .body = wire::to_xml(request)};
    auto deadline = seams_.clock.steady_now() + account_.timeout;
    bool sent = false;  // whether a try may have reached WeChat Pay
    for (int tries = 1;; ++tries) {
      deadline += wait_for_turn();
      if (seams_.stop.requested()) return unknown_after({ErrorKind::interrupted, false, "interrupted"}, sent);
      message.url = account_.base_urls[host_] + path;
      message.timeout = time_left(deadline);
      auto result = seams_.transport.send(message);
      Outcome outcome = Unknown{};
      if (const auto* failure = std::get_if<TransportFailure>(&result)) {
        outcome = unknown_after(*failure, sent);
        if (failure->sent || failure->kind == ErrorKind::interrupted) return outcome;
        host_ = (host_ + 1) % account_.base_urls.size();
      } else {
        sent = true;
        const auto& response = std::get<HttpResponse>(result);
        outcome = read(response);
        if (!may_be_repeated(response, outcome)) return outcome;
      }
      const bool again = pause_before_next(tries, deadline);
      if (seams_.stop.requested()) return unknown_after({ErrorKind::interrupted, false, "interrupted"}, sent);
      if (!again) return outcome;
      seams_.log.write(LogLevel::info, "trying " + path + " again");
    }
  }

  /// How long it took, which is no time of the request's.
  std::chrono::steady_clock::duration wait_for_turn() {
    if (seams_.pace == nullptr) return {};
    const auto before = seams_.clock.steady_now();
    seams_.pace->await_turn();
    return seams_.clock.steady_now() - before;
  }

  milliseconds time_left(std::chrono::steady_clock::time_point deadline) const {
    const auto left = std::chrono::ceil<milliseconds>(deadline - seams_.clock.steady_now());
    return std::max(left, milliseconds{1});
  }

  /// @param sent_before  whether an earlier try may have reached WeChat Pay
  static Unknown unknown_after(const TransportFailure& failure, bool sent_before) {
    const char* code = "NETWORK";
    if (failure.kind == ErrorKind::timeout) code = "TIMEOUT";
    if (failure.kind == ErrorKind::gateway) code = "GATEWAY";
    if (failure.kind == ErrorKind::interrupted) code = "INTERRUPTED";
    return {failure.kind, code, failure.message, {}, failure.sent || sent_before};
  }

  /// 5xx and SYSTEMERROR; the reader has told the latter from a final refusal.
  template <class Outcome>
  static bool may_be_repeated(const HttpResponse& response, const Outcome& outcome) {
    if (response.status >= 500) return true;
    const auto* unknown = std::get_if<Unknown>(&outcome);
    return unknown != nullptr && unknown->kind == ErrorKind::gateway && unknown->said.result_code == "FAIL";
  }

  /// False when there is no try or no time left.
  bool pause_before_next(int tries, std::chrono::steady_clock::time_point deadline) {
    if (tries >= most_tries || seams_.stop.requested()) return false;
    const auto longest = std::min(first_pause * (1 << (tries - 1)), longest_pause);
    std::array<std::byte, 1> draw{};
    seams_.random.fill(draw);
    // Between half and the whole, so that many clients do not come back at the same moment.
    const auto pause = longest / 2 + longest * std::to_integer<int>(draw[0]) / 510;
    if (seams_.clock.steady_now() + pause >= deadline) return false;
    seams_.clock.sleep_for(pause);
    return true;
  }

  V2Account account_;
  GatewaySeams seams_;
  std::size_t host_ = 0;  ///< the base URL that last could be reached
};

}  // namespace

std::unique_ptr<PaymentGateway> make_v2_gateway(V2Account account, GatewaySeams seams) {
  return std::make_unique<V2Gateway>(std::move(account), seams);
}

}  // namespace wxpay
