#include "app/refund_request.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"
#include "domain/field_rules.hpp"
#include "domain/limits.hpp"
#include "wire/json.hpp"
#include "wxpay/error.hpp"
#include "wxpay/signing.hpp"

namespace wxpay::app {

namespace {

using Member = std::optional<std::string> RefundFields::*;

/// Which JSON values a field may be written as.
enum class Form { text, fen, flag };

struct RefundField {
  const char* name;  ///< as in messages: WeChat's own
  Member member;
  Form form;
  std::array<std::string_view, 3> keys;  ///< every spelling that a record may use, then empty ones
};

constexpr std::array refund_fields{
    RefundField{"out_trade_no", &RefundFields::out_trade_no, Form::text, {"outTradeNo", "out_trade_no"}},
    RefundField{"out_refund_no", &RefundFields::out_refund_no, Form::text, {"outRefundNo", "out_refund_no"}},
    RefundField{"refund_fee", &RefundFields::refund_fee, Form::fen, {"refundFee", "refund_fee"}},
    RefundField{"amount", &RefundFields::amount, Form::text, {"amount"}},
    RefundField{"all", &RefundFields::all, Form::flag, {"all"}},
    RefundField{"reason", &RefundFields::reason, Form::text, {"reason", "refundDesc", "refund_desc"}},
    RefundField{"notify_url", &RefundFields::notify_url, Form::text, {"notifyUrl", "notify_url"}},
    RefundField{
        "funds_account", &RefundFields::funds_account, Form::text, {"fundsAccount", "funds_account"}}};

[[noreturn]] void refuse_refund(const std::string& what, std::string hint = {}) {
  throw Error{ErrorKind::usage, what, std::move(hint)};
}

bool has_key(const RefundField& field, std::string_view key) {
  return !key.empty() && std::find(field.keys.begin(), field.keys.end(), key) != field.keys.end();
}

const RefundField& refund_field_of(const std::string& key) {
  const auto* const found = std::find_if(refund_fields.begin(), refund_fields.end(),
                                         [&](const auto& field) { return has_key(field, key); });
  if (found != refund_fields.end()) return *found;
  std::vector<std::string> known;
  for (const auto& field : refund_fields) {
    for (const auto spelling : field.keys) {
      if (!spelling.empty()) known.emplace_back(spelling);
    }
  }
  const auto meant = nearest(key, known);
  refuse_refund("the refund has an unknown field " + wire::json_quote(shortened(key)),
                meant ? "did you mean " + *meant + "?" : "");
}

std::string refund_text_of(const RefundField& field, wire::JsonValue value) {
  using Kind = wire::JsonValue::Kind;
  if (field.form == Form::fen) {
    if (value.kind == Kind::integer) return std::move(value.text);
    refuse_refund(std::string{field.name} + " must be a whole number of fen",
                  "write \"amount\":\"10.00\" for yuan");
  }
  if (field.form == Form::flag && value.kind == Kind::boolean) return value.text == "true" ? "Y" : "N";
  if (value.kind == Kind::text) return std::move(value.text);
  refuse_refund(std::string{field.name} + " must be a text in quotes");
}

/// Y, N, true or false in any case, as spreadsheets write them.
bool is_yes(const std::string& text) {
  const auto word = to_lower(text);
  if (word == "y" || word == "yes" || word == "true" || word == "1") return true;
  if (word.empty() || word == "n" || word == "no" || word == "false" || word == "0") return false;
  refuse_refund("all must be Y or N");
}

/// None: all that is left.
std::optional<Fen> checked_refund_fee(const RefundFields& fields) {
  const bool all = fields.all && is_yes(*fields.all);
  if (int{all} + int{fields.refund_fee.has_value()} + int{fields.amount.has_value()} > 1) {
    refuse_refund("more than one of refund_fee, amount and all is given", "give one of them");
  }
  if (all) return std::nullopt;
  if (fields.refund_fee) {
    if (const auto fee = parse_fen(*fields.refund_fee)) return fee;
    refuse_refund("refund_fee must be a whole number of fen from 1 to 9999999999",
                  "for yuan use --amount 10.00");
  }
  if (fields.amount) {
    if (const auto fee = parse_yuan(*fields.amount)) return fee;
    refuse_refund("amount must be yuan above zero with at most two decimals, up to 99999999.99",
                  "for fen use --refund-fee 1000");
  }
  refuse_refund("the amount is missing: neither refund_fee nor amount is given",
                "give --refund-fee in fen, --amount in yuan, or --all for what is left");
}

std::string checked_reason(const std::optional<std::string>& given) {
  if (!given || given->empty()) return {};
  if (const auto fault = refund_reason_fault(*given); !fault.empty()) refuse_refund("reason " + fault);
  if (const auto field = field_within(*given); !field.empty()) {
    refuse_refund("reason holds &" + std::string{field} +
                      "=, a field of WeChat Pay's messages: one signature would serve for two documents",
                  "write it without the & before it");
  }
  return *given;
}

std::string checked_notify_url(const std::optional<std::string>& given) {
  if (!given || given->empty()) return {};
  if (const auto fault = notify_url_fault(*given); !fault.empty()) {
    refuse_refund("notify_url must be an absolute http(s) URL without a query string: it " + fault);
  }
  return *given;
}

FundsAccount checked_funds_account(const std::optional<std::string>& given) {
  if (!given || given->empty()) return FundsAccount::unsettled;
  const auto account = parse_funds_account(*given);
  if (!account) refuse_refund("funds_account must be AVAILABLE or UNSETTLED");
  return *account;
}

}  // namespace

RefundFields parse_refund_fields(std::string_view json) {
  auto parsed = wire::parse_json_object(json);
  if (const auto* malformed = std::get_if<wire::Malformed>(&parsed))
    refuse_refund("the refund is unusable: " + malformed->why);
  RefundFields fields;
  for (auto& [key, value] : std::get<wire::JsonObject>(parsed)) {
    const auto& field = refund_field_of(key);
    if (value.kind == wire::JsonValue::Kind::null) continue;
    auto& slot = fields.*field.member;
    if (slot) refuse_refund(std::string{field.name} + " is given more than once");
    slot = refund_text_of(field, std::move(value));
  }
  return fields;
}

RefundNumbers refund_numbers_in(std::string_view json) {
  auto parsed = wire::parse_json_object(json);
  auto* object = std::get_if<wire::JsonObject>(&parsed);
  RefundNumbers numbers;
  if (object == nullptr) return numbers;
  for (auto& [key, value] : *object) {
    if (value.kind != wire::JsonValue::Kind::text) continue;
    if (has_key(refund_fields[0], key)) numbers.out_trade_no = std::move(value.text);
    if (has_key(refund_fields[1], key)) numbers.out_refund_no = std::move(value.text);
  }
  return numbers;
}

RefundColumns::RefundColumns(const std::vector<std::string>& names) {
  for (const auto& name : names) {
    const auto& field = refund_field_of(name);
    columns_.add(field.member, field.name);
  }
  const char* const hint = "the first line of a CSV batch names the columns";
  if (!columns_.has(&RefundFields::out_trade_no)) refuse_refund("the header has no column outTradeNo", hint);
  if (!columns_.has(&RefundFields::out_refund_no))
    refuse_refund("the header has no column outRefundNo", hint);
  if (!columns_.has(&RefundFields::refund_fee) && !columns_.has(&RefundFields::amount) &&
      !columns_.has(&RefundFields::all)) {
    refuse_refund("the header has none of the columns refundFee, amount and all",
                  "refundFee counts fen, amount is yuan, as 10.00, and all is Y for what is left");
  }
}

RefundFields RefundColumns::read(std::vector<std::string> cells) const {
  RefundFields fields;
  columns_.read(std::move(cells), [&fields](Member member, std::string cell) {
    if (!cell.empty()) fields.*member = std::move(cell);
  });
  return fields;
}

RefundNumbers RefundColumns::numbers_in(const std::vector<std::string>& cells) const {
  const auto cell = [&](Member member) {
    const auto place = columns_.place_of(member);
    return place < cells.size() ? cells[place] : std::string{};
  };
  return {cell(&RefundFields::out_trade_no), cell(&RefundFields::out_refund_no)};
}

RefundRequest check_refund_fields(const RefundFields& fields, const MerchantIdentity& merchant) {
  if (!fields.out_trade_no) refuse_refund("out_trade_no is missing", "name the order");
  if (!fields.out_refund_no) refuse_refund("out_refund_no is missing", "give --out-refund-no");
  return {.merchant = merchant,
          .out_trade_no = OutTradeNo::parse(*fields.out_trade_no),
          .out_refund_no = OutRefundNo::parse(*fields.out_refund_no),
          .refund_fee = checked_refund_fee(fields),
          .reason = checked_reason(fields.reason),
          .notify_url = checked_notify_url(fields.notify_url),
          .funds_account = checked_funds_account(fields.funds_account)};
}

}  // namespace wxpay::app
