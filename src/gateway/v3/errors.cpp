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
constexpr std::array exceptions{Exception{Operation::create, "INVALID_REQUEST", ask},
                                Exception{Operation::create, "ORDERNOTEXIST", refuse},
                                Exception{Operation::close, "INVALID_REQUEST", ask}};

std::string without_underscores(std::string_view code) {
  std::string plain{code};
  std::erase(plain, '_');
  return plain;
}

struct RequestIdMeaning {
  std::string_view digits;
  std::string_view meaning;
};

constexpr std::array request_id_meanings{
    RequestIdMeaning{"268512771", "order not found"},
    RequestIdMeaning{"268447840", "rate limit"},
    RequestIdMeaning{"268435461", "illegal parameter"},
    RequestIdMeaning{"268435464", "a value out of range"},
    RequestIdMeaning{"268449538", "already paid"},
    RequestIdMeaning{"268498689", "already paid"},
    RequestIdMeaning{"270924358", "a parameter that is not known"},
    RequestIdMeaning{"268443715", "the merchant is closed or cannot be used"},
    RequestIdMeaning{"268447843", "the order is of another merchant"},
    RequestIdMeaning{"268447914", "the order is no longer valid"},
    RequestIdMeaning{"268448010", "the merchant may not collect money now"},
    RequestIdMeaning{"268449641", "the order can be reversed only, not closed"},
    RequestIdMeaning{"268443699", "signature"},
    RequestIdMeaning{"268501013", "JSAPI needs an openid"},
    RequestIdMeaning{"268498688", "the parameters differ from those of the first request"},
    RequestIdMeaning{"268445527", "appid and mchid are not bound"},
    RequestIdMeaning{"268443705", "sub_mchid is the provider's own"},
    RequestIdMeaning{"268443704", "sub_mchid is missing"},
    RequestIdMeaning{"268447845", "the order is of another sub-merchant"},
    RequestIdMeaning{"268443701", "the sub-merchant is not the provider's"}};

}  // namespace

KnownError known_error(Operation operation, std::string_view code) {
  const auto plain = without_underscores(code);
  const auto* const row =
      std::find_if(rows.begin(), rows.end(), [&plain](const Row& known) { return known.code == plain; });
  if (row == rows.end()) return {std::string{code}, Reaction::ask_by_query};
  for (const auto& exception : exceptions) {
    if (exception.operation == operation && exception.name == row->name)
      return {std::string{row->name}, exception.reaction};
  }
  return {std::string{row->name}, row->reaction};
}

bool says_order_exists(std::string_view code) { return code == "ORDERPAID" || code == "OUT_TRADE_NO_USED"; }

std::string_view meaning_of_request_id(std::string_view request_id) {
  const auto dash = request_id.rfind('-');
  if (dash == std::string_view::npos) return {};
  const auto digits = request_id.substr(dash + 1);
  const auto* const found =
      std::find_if(request_id_meanings.begin(), request_id_meanings.end(),
                   [digits](const RequestIdMeaning& known) { return known.digits == digits; });
  return found == request_id_meanings.end() ? std::string_view{} : found->meaning;
}

}  // namespace wxpay::v3
