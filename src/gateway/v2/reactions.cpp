#include "gateway/v2/reactions.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace wxpay::v2 {

namespace {

struct Row {
  std::string_view err_code;
  Reaction reaction;
};

/// Where one operation differs from the others.
struct Exception {
  Operation operation;
  Row row;
};

constexpr auto refuse = Reaction::refuse;
constexpr auto repeat = Reaction::repeat;
constexpr auto ask = Reaction::ask_by_query;
constexpr auto slow = Reaction::slow_down;
constexpr auto shut = Reaction::order_closed;
constexpr auto none = Reaction::order_unknown;
constexpr auto key = Reaction::wrong_key;

// One row an err_code; where an operation's page does not list it, the row says what the code's meaning asks
// for.
constexpr std::array table{Row{"SYSTEMERROR", repeat},
                           Row{"BIZERR_NEED_RETRY", repeat},
                           Row{"FREQUENCY_LIMITED", slow},
                           Row{"INVALID_REQ_TOO_MUCH", slow},
                           Row{"ORDERPAID", ask},
                           Row{"OUT_TRADE_NO_USED", ask},
                           Row{"TRADE_STATE_ERROR", ask},
                           Row{"ORDERCLOSED", shut},
                           Row{"ORDERREVERSED", shut},
                           Row{"ORDERNOTEXIST", none},
                           Row{"INVALID_REQUEST", refuse},
                           Row{"NOAUTH", refuse},
                           Row{"NOTENOUGH", refuse},
                           Row{"APPID_NOT_EXIST", refuse},
                           Row{"MCHID_NOT_EXIST", refuse},
                           Row{"APPID_MCHID_NOT_MATCH", refuse},
                           Row{"LACK_PARAMS", refuse},
                           Row{"PARAM_ERROR", refuse},
                           Row{"SIGNERROR", key},
                           Row{"SIGN_ERROR", key},
                           Row{"XML_FORMAT_ERROR", refuse},
                           Row{"POST_DATA_EMPTY", refuse},
                           Row{"REQUIRE_POST_METHOD", refuse},
                           Row{"NOT_UTF8", refuse},
                           Row{"INVALID_TRANSACTIONID", refuse}};

constexpr std::array exceptions{
    Exception{Operation::unifiedorder, {"ORDERNOTEXIST", refuse}},
    // Not refunded, as long as no other sending of the same number was.
    Exception{Operation::refund, {"ORDERNOTEXIST", refuse}}, Exception{Operation::refund, {"ERROR", refuse}},
    Exception{Operation::refund, {"TRADE_OVERDUE", refuse}},
    Exception{Operation::refund, {"USER_ACCOUNT_ABNORMAL", refuse}},
    Exception{Operation::refund, {"CERT_ERROR", key}},
    Exception{Operation::refund, {"ORDER_NOT_READY", repeat}},
    // The number may be that of another refund, which only a query shows.
    Exception{Operation::refund, {"REFUND_FEE_MISMATCH", ask}},
    Exception{Operation::refund, {"ORDERCLOSED", ask}}, Exception{Operation::refund, {"ORDERREVERSED", ask}},
    // That there is no such order says nothing of a refund.
    Exception{Operation::refundquery, {"REFUNDNOTEXIST", none}},
    Exception{Operation::refundquery, {"ORDERNOTEXIST", ask}},
    // A code is never asked for money twice: what may have been taken is asked about.
    Exception{Operation::micropay, {"SYSTEMERROR", ask}}, Exception{Operation::micropay, {"BANKERROR", ask}},
    Exception{Operation::micropay, {"USERPAYING", ask}}, Exception{Operation::micropay, {"TRADE_ERROR", ask}},
    Exception{Operation::micropay, {"BIZERR_NEED_RETRY", ask}},
    Exception{Operation::micropay, {"INVALID_REQUEST", ask}},  // also of a number that is there already
    Exception{Operation::micropay, {"ORDERNOTEXIST", refuse}},
    Exception{Operation::micropay, {"NOTSUPORTCARD", refuse}},
    Exception{Operation::micropay, {"AUTHCODEEXPIRE", refuse}},
    Exception{Operation::micropay, {"AUTH_CODE_ERROR", refuse}},
    Exception{Operation::micropay, {"AUTH_CODE_INVALID", refuse}},
    Exception{Operation::micropay, {"BUYER_MISMATCH", refuse}},
    Exception{Operation::reverse, {"USERPAYING", repeat}}, Exception{Operation::reverse, {"CERT_ERROR", key}},
    Exception{Operation::reverse, {"REVERSE_EXPIRE", refuse}},
    Exception{Operation::reverse, {"INVALID_REQUEST", ask}}};

/// Words of return_msg, in lower case: both parts must be there, in any order.
struct Phrase {
  std::string_view part;
  UnsignedRefusal meaning;
  std::string_view also = {};
};

// Not executed: WeChat Pay did not even look at it.
constexpr std::array too_many{Phrase{"频率限制", {slow, "FREQUENCY_LIMITED"}},
                              Phrase{"频率过高", {slow, "FREQUENCY_LIMITED"}},
                              Phrase{"frequency", {slow, "FREQUENCY_LIMITED"}}};

// What may be said of a request that was carried out, of one that still is, or of an order that is there:
// such words are never final, whatever else stands beside them.
constexpr std::array<std::string_view, 20> doubts{
    "订单", "单号",      "重复",    "已支付", "已关闭",        "不一致",  "系统",
    "超时", "繁忙",      "处理中",  "system", "timeout",       "timed",   "busy",
    "paid", "duplicate", "already", "used",   "unknown error", "internal"};

// WeChat Pay words its refusals in Chinese or English, and what they are about comes and goes; the part that
// stays is looked for. Each is a check that comes before an order is made (docs/sources.md lists the words
// that were seen).
constexpr std::array phrases{
    // The signature is checked before the request is read.
    Phrase{"签名", {key, "SIGNERROR"}}, Phrase{"sign error", {key, "SIGNERROR"}},
    Phrase{"signerror", {key, "SIGNERROR"}}, Phrase{"sign_error", {key, "SIGNERROR"}},
    Phrase{"invalid sign", {key, "SIGNERROR"}}, Phrase{"signature", {key, "SIGNERROR"}},
    // The document could not be taken apart.
    Phrase{"xml格式错误", {refuse, "XML_FORMAT_ERROR"}}, Phrase{"xml解析", {refuse, "XML_FORMAT_ERROR"}},
    Phrase{"xml format", {refuse, "XML_FORMAT_ERROR"}}, Phrase{"post数据为空", {refuse, "POST_DATA_EMPTY"}},
    Phrase{"post_data_empty", {refuse, "POST_DATA_EMPTY"}},
    Phrase{"请使用post", {refuse, "REQUIRE_POST_METHOD"}},
    Phrase{"require_post_method", {refuse, "REQUIRE_POST_METHOD"}},
    Phrase{"编码格式错误", {refuse, "NOT_UTF8"}},
    // The merchant may not use this product, or may not be paid at all: no order of his is made.
    Phrase{"权限", {refuse, "NOAUTH"}}, Phrase{"noauth", {refuse, "NOAUTH"}},
    Phrase{"no_auth", {refuse, "NOAUTH"}}, Phrase{"permission", {refuse, "NOAUTH"}},
    Phrase{"收款", {refuse, "NOAUTH"}, "限制"}, Phrase{"收款", {refuse, "NOAUTH"}, "关闭"},
    Phrase{"商户", {refuse, "NOAUTH"}, "注销"}, Phrase{"商户", {refuse, "NOAUTH"}, "暂停"},
    Phrase{"商户", {refuse, "NOAUTH"}, "冻结"}, Phrase{"商户", {refuse, "NOAUTH"}, "受限"},
    Phrase{"商家", {refuse, "NOAUTH"}, "违规"}, Phrase{"白名单", {refuse, "NOAUTH"}},
    // Merchant and app are looked up before anything is stored under them.
    Phrase{"openid", {refuse, "LACK_PARAMS"}, "必须"}, Phrase{"openid", {refuse, "LACK_PARAMS"}, "缺少"},
    Phrase{"openid", {refuse, "LACK_PARAMS"}, "missing"}, Phrase{"openid", {refuse, "PARAM_ERROR"}},
    Phrase{"appid", {refuse, "APPID_NOT_EXIST"}, "不存在"},
    Phrase{"appid", {refuse, "APPID_MCHID_NOT_MATCH"}, "不匹配"},
    Phrase{"appid", {refuse, "APPID_MCHID_NOT_MATCH"}, "not match"},
    Phrase{"mch_id", {refuse, "APPID_MCHID_NOT_MATCH"}, "不匹配"},
    Phrase{"mch_id", {refuse, "APPID_MCHID_NOT_MATCH"}, "not match"},
    Phrase{"mch_id", {refuse, "MCHID_NOT_EXIST"}, "不存在"},
    Phrase{"mchid", {refuse, "MCHID_NOT_EXIST"}, "不存在"},
    Phrase{"商户号", {refuse, "MCHID_NOT_EXIST"}, "不存在"},
    Phrase{"商户号", {refuse, "MCHID_NOT_EXIST"}, "有误"},
    Phrase{"受理关系", {refuse, "MCHID_NOT_EXIST"}, "不存在"},
    // A parameter is missing, unknown or not what it must be.
    Phrase{"缺少", {refuse, "LACK_PARAMS"}, "参数"}, Phrase{"必须传", {refuse, "LACK_PARAMS"}},
    Phrase{"不能为空", {refuse, "LACK_PARAMS"}}, Phrase{"missing parameter", {refuse, "LACK_PARAMS"}},
    Phrase{"missing param", {refuse, "LACK_PARAMS"}}, Phrase{"lack_params", {refuse, "LACK_PARAMS"}},
    Phrase{"不识别的参数", {refuse, "PARAM_ERROR"}},
    Phrase{"unrecognised parameter", {refuse, "PARAM_ERROR"}},
    Phrase{"unrecognized parameter", {refuse, "PARAM_ERROR"}},
    Phrase{"unknown parameter", {refuse, "PARAM_ERROR"}}, Phrase{"格式", {refuse, "PARAM_ERROR"}, "错误"},
    Phrase{"参数错误", {refuse, "PARAM_ERROR"}}, Phrase{"param error", {refuse, "PARAM_ERROR"}},
    Phrase{"param_error", {refuse, "PARAM_ERROR"}}, Phrase{"parameter error", {refuse, "PARAM_ERROR"}},
    Phrase{"invalid parameter", {refuse, "PARAM_ERROR"}}, Phrase{"长度", {refuse, "PARAM_ERROR"}},
    Phrase{"too long", {refuse, "PARAM_ERROR"}}, Phrase{"length", {refuse, "PARAM_ERROR"}},
    Phrase{"spbill_create_ip", {refuse, "PARAM_ERROR"}}, Phrase{"终端ip", {refuse, "PARAM_ERROR"}},
    Phrase{"invalid ip", {refuse, "PARAM_ERROR"}}, Phrase{"ip", {refuse, "PARAM_ERROR"}, "不合法"},
    Phrase{"invalid notify_url", {refuse, "PARAM_ERROR"}}, Phrase{"invalid appid", {refuse, "PARAM_ERROR"}},
    Phrase{"invalid mch_id", {refuse, "PARAM_ERROR"}}, Phrase{"invalid sub_mch_id", {refuse, "PARAM_ERROR"}},
    Phrase{"invalid trade_type", {refuse, "PARAM_ERROR"}}};

bool holds(std::string_view words, std::string_view part) {
  return words.find(part) != std::string_view::npos;
}

template <std::size_t size>
std::optional<UnsignedRefusal> find(const std::array<Phrase, size>& among, std::string_view words) {
  const auto* found = std::find_if(among.begin(), among.end(), [words](const Phrase& phrase) {
    return holds(words, phrase.part) && holds(words, phrase.also);
  });
  if (found == among.end()) return std::nullopt;
  return found->meaning;
}

Reaction reaction_to_code(Operation operation, std::string_view err_code) {
  for (const auto& exception : exceptions) {
    if (exception.operation == operation && exception.row.err_code == err_code) return exception.row.reaction;
  }
  for (const auto& row : table) {
    if (row.err_code == err_code) return row.reaction;
  }
  return Reaction::ask_by_query;
}

}  // namespace

Reaction reaction_to(Operation operation, std::string_view err_code, bool recalls) {
  const auto reaction = reaction_to_code(operation, err_code);
  const bool not_executed = reaction == Reaction::wrong_key || reaction == Reaction::slow_down;
  return operation == Operation::reverse && recalls && !not_executed ? Reaction::repeat : reaction;
}

bool says_order_exists(std::string_view err_code) {
  return err_code == "ORDERPAID" || err_code == "OUT_TRADE_NO_USED";
}

bool is_about_signature(std::string_view err_code, std::string_view return_msg) {
  return err_code == "SIGNERROR" || err_code == "SIGN_ERROR" || holds(return_msg, "签名") ||
         holds(to_lower(return_msg), "sign");
}

std::optional<UnsignedRefusal> unsigned_refusal(std::string_view return_msg) {
  const auto words = to_lower(return_msg);
  if (const auto limited = find(too_many, words)) return limited;
  const bool doubtful =
      std::any_of(doubts.begin(), doubts.end(), [&](std::string_view doubt) { return holds(words, doubt); });
  if (doubtful) return std::nullopt;
  return find(phrases, words);
}

}  // namespace wxpay::v2
