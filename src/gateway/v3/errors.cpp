#include "gateway/v3/errors.hpp"

#include <algorithm>
#include <array>

namespace wxpay::v3 {

namespace {

/// One code of API v3, and how the program names it.
struct Row {
  std::string_view code;  ///< without underscores
  std::string_view name;
  Reaction reaction;
};

/// Where one operation differs from the others.
struct Exception {
  Operation operation;
  std::string_view name;
  Reaction reaction;
};

constexpr auto refuse = Reaction::refuse;
constexpr auto repeat = Reaction::repeat;
constexpr auto ask = Reaction::ask_by_query;
constexpr auto slow = Reaction::slow_down;
constexpr auto shut = Reaction::order_closed;
constexpr auto none = Reaction::order_unknown;
constexpr auto key = Reaction::wrong_key;

// The sections of the reference of API v3 where the codes are: 5.3 (all calls), 6.3 (create), 7.2 (query),
// 8 (close), 9.2 (refunds).
constexpr std::array rows{Row{"PARAMERROR", "PARAM_ERROR", refuse},
                          Row{"INVALIDREQUEST", "INVALID_REQUEST", refuse},
                          Row{"SIGNERROR", "SIGNERROR", key},
                          Row{"NOAUTH", "NOAUTH", refuse},
                          Row{"RULELIMIT", "RULE_LIMIT", refuse},
                          Row{"TRADEERROR", "TRADE_ERROR", ask},
                          Row{"ACCOUNTERROR", "ACCOUNT_ERROR", refuse},
                          Row{"APPIDMCHIDNOTMATCH", "APPID_MCHID_NOT_MATCH", refuse},
                          Row{"MCHNOTEXISTS", "MCHID_NOT_EXIST", refuse},
                          Row{"OPENIDMISMATCH", "OPENID_MISMATCH", refuse},
                          Row{"INVALIDTRANSACTIONID", "INVALID_TRANSACTIONID", refuse},
                          Row{"REQUESTBLOCKED", "REQUEST_BLOCKED", refuse},
                          Row{"RESOURCENOTEXISTS", "ORDERNOTEXIST", none},
                          Row{"ORDERNOTEXIST", "ORDERNOTEXIST", none},
                          Row{"ORDERPAID", "ORDERPAID", ask},
                          Row{"ORDERCLOSED", "ORDERCLOSED", shut},
                          Row{"ORDERREVERSED", "ORDERREVERSED", shut},
                          Row{"OUTTRADENOUSED", "OUT_TRADE_NO_USED", ask},
                          Row{"USERPAYING", "USERPAYING", ask},
                          Row{"FREQUENCYLIMITED", "FREQUENCY_LIMITED", slow},
                          Row{"RATELIMITEXCEEDED", "FREQUENCY_LIMITED", slow},
                          Row{"SYSTEMERROR", "SYSTEMERROR", repeat},
                          Row{"SERVICEUNAVAILABLE", "SERVICE_UNAVAILABLE", repeat},
                          Row{"BANKERROR", "BANKERROR", repeat},
                          Row{"BIZERRNEEDRETRY", "BIZERR_NEED_RETRY", repeat},
                          Row{"NOTENOUGH", "NOTENOUGH", refuse},
                          Row{"USERACCOUNTABNORMAL", "USER_ACCOUNT_ABNORMAL", refuse},
                          Row{"NOSTATEMENTEXIST", "NO_STATEMENT_EXIST", refuse},
                          Row{"STATEMENTCREATING", "STATEMENT_CREATING", repeat}};

// INVALID_REQUEST of a creation also says that its parameters differ from those of an earlier one, or that
// the order is paid.
// RULE_LIMIT of a query is a limit of its rate.
constexpr std::array exceptions{
    Exception{Operation::create, "INVALID_REQUEST", ask}, Exception{Operation::query, "RULE_LIMIT", slow},
    Exception{Operation::create, "ORDERNOTEXIST", refuse},
    Exception{Operation::close, "INVALID_REQUEST", ask},
    // Also of a number that was used with other data: to be asked about first.
    Exception{Operation::refund, "INVALID_REQUEST", ask},
    // Not found or not paid: nothing was refunded.
    Exception{Operation::refund, "ORDERNOTEXIST", refuse}, Exception{Operation::refund, "ORDERCLOSED", ask},
    Exception{Operation::refund, "ORDERREVERSED", ask},
    Exception{Operation::query_refund, "RULE_LIMIT", slow}};

std::string without_underscores(std::string_view code) {
  std::string plain{code};
  std::erase(plain, '_');
  return plain;
}

}  // namespace

KnownError known_error(Operation operation, std::string_view code) {
  const auto plain = without_underscores(code);
  const auto* const row =
      std::find_if(rows.begin(), rows.end(), [&plain](const Row& known) { return known.code == plain; });
  if (row == rows.end()) return {std::string{code}, Reaction::ask_by_query};
  // A call of any other kind is about no order.
  if (operation == Operation::other && plain == "RESOURCENOTEXISTS") return {std::string{code}, refuse};
  // Of a refund that is asked about; that there is no such order says nothing of it.
  if (operation == Operation::query_refund && row->name == "ORDERNOTEXIST") {
    if (plain == "RESOURCENOTEXISTS") return {"REFUNDNOTEXIST", none};
    return {std::string{row->name}, ask};
  }
  for (const auto& exception : exceptions) {
    if (exception.operation == operation && exception.name == row->name)
      return {std::string{row->name}, exception.reaction};
  }
  return {std::string{row->name}, row->reaction};
}

bool says_order_exists(std::string_view code) { return code == "ORDERPAID" || code == "OUT_TRADE_NO_USED"; }

}  // namespace wxpay::v3
