#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <variant>

#include "wxpay/error.hpp"
#include "wxpay/evidence.hpp"
#include "wxpay/order.hpp"

namespace wxpay {

/// The two levels of an answer as WeChat Pay gave them. Only an answer whose signature holds, and which is
/// this merchant's, is given out with return_code SUCCESS.
struct WireResult {
  std::string return_code;
  std::string return_msg;
  std::string result_code;
  std::string err_code;
  std::string err_code_des;
};

/// What a client may do about an err_code.
enum class Reaction {
  refuse,         ///< final: give it to the caller
  repeat,         ///< the same request again, with a pause
  ask_by_query,   ///< only a query can tell what is true
  slow_down,      ///< not executed: rate limited
  order_closed,   ///< the order is closed at WeChat Pay
  order_unknown,  ///< WeChat Pay has no such order
};

/// WeChat Pay said no, and it was either signed or an unsigned text that is known to be final.
struct Refused {
  WireResult said;
  Reaction reaction = Reaction::refuse;
  std::string digest;  ///< SHA-256 of the raw answer, lower-case hex
};

/// Nobody knows whether it happened: no answer, or none that can be believed.
struct Unknown {
  ErrorKind kind = ErrorKind::network;  ///< network, timeout, gateway, untrusted or interrupted
  std::string code;                     ///< NETWORK, TIMEOUT, GATEWAY, UNTRUSTED, or WeChat Pay's own
  std::string message;
  WireResult said;   ///< where there was an answer
  bool sent = true;  ///< false: surely nothing has reached WeChat Pay
};

/// The prepay order exists; `evidence.prepay` holds what it gave.
struct Created {
  WireResult said;
  PaymentEvidence evidence;
};
using CreateOutcome = std::variant<Created, Refused, Unknown>;

struct QueryAnswer {
  PaymentEvidence evidence;
  std::string trade_state;
  std::string trade_state_desc;
};
using QueryOutcome = std::variant<QueryAnswer, Refused, Unknown>;

struct Closed {
  WireResult said;
  PaymentEvidence evidence;
};
using CloseOutcome = std::variant<Closed, Refused, Unknown>;

/// One merchant's WeChat Pay. Every answer has been verified before it is returned: signature, signature
/// type, merchant, app, and that it is about the order asked for. Repeats what may be repeated, within one
/// deadline.
class PaymentGateway {
 public:
  virtual ~PaymentGateway() = default;
  virtual CreateOutcome create(const OrderIntent& intent) = 0;
  virtual QueryOutcome query(const OutTradeNo& out_trade_no) = 0;
  virtual QueryOutcome query(const TransactionId& transaction_id) = 0;
  virtual CloseOutcome close(const OutTradeNo& out_trade_no) = 0;
};

}  // namespace wxpay
