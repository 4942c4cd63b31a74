#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "wxpay/clock.hpp"
#include "wxpay/error.hpp"
#include "wxpay/evidence.hpp"
#include "wxpay/fields.hpp"
#include "wxpay/log.hpp"
#include "wxpay/order.hpp"
#include "wxpay/refund.hpp"
#include "wxpay/secret.hpp"
#include "wxpay/transport.hpp"

namespace wxpay {

/// What an answer said, in WeChat Pay's own words but without control characters.
struct Said {
  enum class Trust : std::uint8_t {
    no_answer,   ///< there was none, or none that could be read
    unverified,  ///< a refusal that is not signed
    verified     ///< the signature holds, and the answer is this merchant's
  };
  Trust trust = Trust::no_answer;
  std::string code = {};         ///< of a refusal; empty where it gave none
  std::string text = {};         ///< why it refused, for people
  std::string remark = {};       ///< what it said besides: "OK", or once more why it refused
  bool about_signature = false;  ///< it refused the request's signature, or its words are about one
  /// What to look at where a signature does not hold, by which of the two APIs has it.
  std::string_view to_check = {};

  bool verified() const noexcept { return trust == Trust::verified; }
};

/// What a client may do about a refusal.
enum class Reaction {
  refuse,         ///< final: give it to the caller
  repeat,         ///< the same request again, with a pause
  ask_by_query,   ///< only a query can tell what is true
  slow_down,      ///< not executed: rate limited
  order_closed,   ///< the order is closed at WeChat Pay
  order_unknown,  ///< WeChat Pay has no such order
  wrong_key,      ///< not executed: signature or certificate of the request does not hold at WeChat Pay
};

/// How far this machine's clock was ahead of the gateway's when the answer came (negative: behind), by the
/// Date of that answer; none where it had no Date.
using ClockAhead = std::optional<std::chrono::seconds>;

/// WeChat Pay said no. Where that was not signed, its words are known to be final, or the reaction is to ask
/// by query; then there is no code.
struct Refused {
  Said said;
  Reaction reaction = Reaction::refuse;
  std::string digest;            ///< SHA-256 of the raw answer, lower-case hex
  std::string speaker = {};      ///< the host that said it, where it is not WeChat Pay's own
  bool doubtful_before = false;  ///< an earlier try of the same request may have been carried out
  bool order_exists = false;     ///< it says that there is an order of this number
  ClockAhead clock_ahead = {};
};

/// Nobody knows whether it happened: no answer, or none that can be believed.
struct Unknown {
  ErrorKind kind = ErrorKind::network;  ///< network, timeout, gateway, untrusted or interrupted
  std::string code;                     ///< NETWORK, TIMEOUT, GATEWAY, UNTRUSTED, or WeChat Pay's own
  std::string message;
  Said said = {};
  bool sent = true;         ///< false: surely nothing has reached WeChat Pay
  bool repeatable = false;  ///< WeChat Pay could not serve the request now and wants it again
  ClockAhead clock_ahead = {};
};

/// The prepay order exists; `evidence.prepay` holds what it gave.
struct Created {
  Said said;
  PaymentEvidence evidence;
  ClockAhead clock_ahead = {};
};
using CreateOutcome = std::variant<Created, Refused, Unknown>;

struct QueryAnswer {
  PaymentEvidence evidence;
  std::string trade_state;
  std::string trade_state_desc;
  std::optional<TradeType> trade_type = {};  ///< where it names one that is known
  ClockAhead clock_ahead = {};
};
using QueryOutcome = std::variant<QueryAnswer, Refused, Unknown>;

struct Closed {
  Said said;
  PaymentEvidence evidence;
  ClockAhead clock_ahead = {};
};
using CloseOutcome = std::variant<Closed, Refused, Unknown>;

/// What WeChat Pay says of one refund, whether it was asked for it or about it.
struct RefundAnswer {
  Said said;
  RefundEvidence evidence;
  ClockAhead clock_ahead = {};
};
/// `order_unknown` of a query: there is no such refund.
using RefundOutcome = std::variant<RefundAnswer, Refused, Unknown>;

/// A payment by the payer's code, to be asked for once. The code is a secret of its own: who has it is paid.
struct CodePayment {
  OrderIntent intent;  ///< of trade type MICROPAY
  Secret auth_code;
};

/// The order was reversed: closed where it was unpaid, given back where it was paid.
struct Reversed {
  Said said;
  PaymentEvidence evidence;  ///< of the state REVOKED
  ClockAhead clock_ahead = {};
};
using ReverseOutcome = std::variant<Reversed, Refused, Unknown>;

/// Any call of an API, as somebody wrote it.
struct RawRequest {
  HttpMethod method = HttpMethod::get;
  std::string target;                    ///< path and query; never a host
  std::vector<HttpHeader> headers = {};  ///< besides those that the API itself has
  /// Of API v3 what is sent, byte for byte; of API v2 a set of fields, to which merchant, nonce and signature
  /// are added.
  std::string body = {};
  BodySink* sink = nullptr;  ///< takes the body of an answer that may be large
  std::size_t largest_response = 1U << 20U;
};

/// An answer that was verified, where its kind is signed at all, and is no refusal.
struct RawAnswer {
  int status = 0;
  std::string body;    ///< as it came
  Fields fields = {};  ///< of API v2
  ClockAhead clock_ahead = {};
};
using RawOutcome = std::variant<RawAnswer, Refused, Unknown>;

template <class Outcome>
ClockAhead clock_ahead_of(const Outcome& outcome) {
  return std::visit([](const auto& answer) { return answer.clock_ahead; }, outcome);
}

/// A question to WeChat Pay on its way, in steps: what is to be sent, and what becomes of the result. Whoever
/// drives it does the sending and the waiting, so that one thread can drive one or many.
class Call {
 public:
  Call() = default;
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;
  Call(Call&&) = delete;
  Call& operator=(Call&&) = delete;
  virtual ~Call() = default;

  /// What is to be sent now; the time that all tries have together runs from here to `on_result`. Valid until
  /// then.
  virtual const HttpRequest& next_attempt() = 0;
  /// What came of it.
  /// @return how long to pause before the next try; nothing: it has ended
  virtual std::optional<std::chrono::milliseconds> on_result(HttpResult result) = 0;
  /// Ends it without a next try, as the program is asked to stop.
  virtual void interrupt() = 0;
};

/// A call with what it gave once it has ended.
template <class Outcome>
class CallOf : public Call {
 public:
  /// To be called once.
  virtual Outcome outcome() = 0;
};

/// The time at the gateway, and this machine's when it was asked.
struct ClockReading {
  bool answered = false;
  std::optional<std::chrono::sys_seconds> date = {};  ///< of the answer, where it had one
  std::chrono::sys_seconds sent = {};
  std::chrono::sys_seconds received = {};
};

/// One merchant's WeChat Pay. Every answer has been verified before it is returned: signature, signature
/// type, merchant, app, and that it is about the order asked for. Repeats what may be repeated, within one
/// deadline. Each function gives a call that has yet to be driven (GatewayClient), and that the gateway must
/// outlive.
class PaymentGateway {
 public:
  virtual ~PaymentGateway() = default;

  virtual std::unique_ptr<CallOf<CreateOutcome>> start_create(std::shared_ptr<const OrderIntent> intent) = 0;
  virtual std::unique_ptr<CallOf<QueryOutcome>> start_query(const OutTradeNo& out_trade_no) = 0;
  virtual std::unique_ptr<CallOf<QueryOutcome>> start_query(const TransactionId& transaction_id) = 0;
  virtual std::unique_ptr<CallOf<CloseOutcome>> start_close(const OutTradeNo& out_trade_no) = 0;
  virtual std::unique_ptr<CallOf<RefundOutcome>> start_refund(std::shared_ptr<const RefundIntent> intent) = 0;
  virtual std::unique_ptr<CallOf<RefundOutcome>> start_query_refund(const OutRefundNo& out_refund_no) = 0;
  /// Never sent twice: a code pays once. Paid, it has the answer of a query; refused with `ask_by_query`,
  /// only a query tells, as while the payer enters the password.
  /// @throws Error{usage}  the API has no such call
  virtual std::unique_ptr<CallOf<QueryOutcome>> start_code_payment(
      const std::shared_ptr<const CodePayment>& payment);
  /// Sent again as long as WeChat Pay asks for it (recall).
  /// @throws Error{usage}  the API has no such call
  virtual std::unique_ptr<CallOf<ReverseOutcome>> start_reverse(const OutTradeNo& out_trade_no);
  /// @throws Error{usage}  the API has no such call
  virtual std::unique_ptr<CallOf<RawOutcome>> start_raw(RawRequest request) = 0;
  /// Needs no key.
  virtual std::unique_ptr<CallOf<ClockReading>> start_clock_check() = 0;
};

/// What a gateway needs from outside; all of it must outlive the gateway.
struct GatewayDeps {
  Clock& clock;
  Random& random;
  const Stop& stop;
  Log& log;
};

}  // namespace wxpay
