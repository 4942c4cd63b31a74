#include "gateway/v2/reactions.hpp"

#include <array>

#include "base/text.hpp"

namespace wxpay::v2 {

namespace {

struct Row {
  std::string_view err_code;
  Reaction unifiedorder;
  Reaction orderquery;
  Reaction closeorder;
};

constexpr auto refuse = Reaction::refuse;
constexpr auto repeat = Reaction::repeat;
constexpr auto ask = Reaction::ask_by_query;
constexpr auto slow = Reaction::slow_down;
constexpr auto shut = Reaction::order_closed;
constexpr auto none = Reaction::order_unknown;

// One row an err_code; where an API's page does not list it, the row says what the code's meaning asks for.
constexpr std::array table{//  err_code                unifiedorder orderquery closeorder
                           Row{"SYSTEMERROR", repeat, repeat, repeat},
                           Row{"BIZERR_NEED_RETRY", repeat, repeat, repeat},
                           Row{"FREQUENCY_LIMITED", slow, slow, slow},
                           Row{"INVALID_REQ_TOO_MUCH", slow, slow, slow},
                           Row{"ORDERPAID", ask, ask, ask},
                           Row{"OUT_TRADE_NO_USED", ask, ask, ask},
                           Row{"TRADE_STATE_ERROR", ask, ask, ask},
                           Row{"ORDERCLOSED", shut, shut, shut},
                           Row{"ORDERREVERSED", shut, shut, shut},
                           Row{"ORDERNOTEXIST", refuse, none, none},
                           Row{"INVALID_REQUEST", refuse, refuse, refuse},
                           Row{"NOAUTH", refuse, refuse, refuse},
                           Row{"NOTENOUGH", refuse, refuse, refuse},
                           Row{"APPID_NOT_EXIST", refuse, refuse, refuse},
                           Row{"MCHID_NOT_EXIST", refuse, refuse, refuse},
                           Row{"APPID_MCHID_NOT_MATCH", refuse, refuse, refuse},
                           Row{"LACK_PARAMS", refuse, refuse, refuse},
                           Row{"PARAM_ERROR", refuse, refuse, refuse},
                           Row{"SIGNERROR", refuse, refuse, refuse},
                           Row{"XML_FORMAT_ERROR", refuse, refuse, refuse},
                           Row{"POST_DATA_EMPTY", refuse, refuse, refuse},
                           Row{"REQUIRE_POST_METHOD", refuse, refuse, refuse},
                           Row{"NOT_UTF8", refuse, refuse, refuse},
                           Row{"INVALID_TRANSACTIONID", refuse, refuse, refuse}};

struct Phrase {
  std::string_view part;  ///< of return_msg, lower case
  UnsignedRefusal meaning;
};

// WeChat Pay words these in Chinese or English; the part that stays the same is looked for.
constexpr std::array phrases{Phrase{"频率限制", {slow, "FREQUENCY_LIMITED"}},
                             Phrase{"频率过高", {slow, "FREQUENCY_LIMITED"}},
                             Phrase{"frequency", {slow, "FREQUENCY_LIMITED"}},
                             Phrase{"签名失败", {refuse, "SIGNERROR"}},
                             Phrase{"签名错误", {refuse, "SIGNERROR"}},
                             Phrase{"sign error", {refuse, "SIGNERROR"}},
                             Phrase{"signerror", {refuse, "SIGNERROR"}},
                             Phrase{"参数格式校验错误", {refuse, "PARAM_ERROR"}},
                             Phrase{"参数格式错误", {refuse, "PARAM_ERROR"}},
                             Phrase{"参数错误", {refuse, "PARAM_ERROR"}},
                             Phrase{"缺少参数", {refuse, "LACK_PARAMS"}},
                             Phrase{"missing parameter", {refuse, "LACK_PARAMS"}},
                             Phrase{"不识别的参数", {refuse, "PARAM_ERROR"}},
                             Phrase{"unrecognised parameter", {refuse, "PARAM_ERROR"}},
                             Phrase{"unrecognized parameter", {refuse, "PARAM_ERROR"}},
                             Phrase{"unknown parameter", {refuse, "PARAM_ERROR"}},
                             Phrase{"xml格式错误", {refuse, "XML_FORMAT_ERROR"}},
                             Phrase{"xml解析", {refuse, "XML_FORMAT_ERROR"}},
                             Phrase{"xml format", {refuse, "XML_FORMAT_ERROR"}}};

}  // namespace

Reaction reaction_to(Operation operation, std::string_view err_code) {
  for (const auto& row : table) {
    if (row.err_code != err_code) continue;
    switch (operation) {
      case Operation::unifiedorder:
        return row.unifiedorder;
      case Operation::orderquery:
        return row.orderquery;
      case Operation::closeorder:
        return row.closeorder;
    }
  }
  return Reaction::ask_by_query;
}

std::optional<UnsignedRefusal> unsigned_refusal(std::string_view return_msg) {
  const auto words = to_lower(return_msg);
  for (const auto& phrase : phrases) {
    if (words.find(phrase.part) != std::string::npos) return phrase.meaning;
  }
  return std::nullopt;
}

}  // namespace wxpay::v2
