#include "cli/order_record.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.hpp"
#include "wxpay/time.hpp"

namespace wxpay::cli {

namespace {

/// Whether neither JSON nor CSV would write it in another way.
bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c > ' ' && c <= '~' && c != '"' && c != '\\' && c != ','; });
}

bool is_plain(const Order& order) {
  const auto& merchant = order.intent.merchant;
  return is_plain(order.intent.out_trade_no.text()) && is_plain(order.transaction_id.text()) &&
         is_plain(merchant.app_id.text()) && is_plain(merchant.sub_mch_id.text()) &&
         is_plain(merchant.sub_app_id.text()) && (!order.prepay || is_plain(order.prepay->prepay_id.text()));
}

void append_number(std::string& text, std::int64_t number) {
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  text.append(digits.data(), end.ptr);
}

}  // namespace

const std::vector<std::string>& order_columns() {
  static const std::vector<std::string> columns{"outTradeNo", "state",    "totalFee",
                                                "tradeType",  "prepayId", "transactionId",
                                                "createdAt",  "paidAt",   "updatedAt"};
  return columns;
}

const std::vector<std::string>& exported_columns() {
  static const std::vector<std::string> columns = [] {
    auto all = order_columns();
    all.insert(all.end(), {"appId", "subMchId", "subAppId"});
    return all;
  }();
  return columns;
}

report::Record describe_order(const Order& order) {
  report::Record record;
  record.text("outTradeNo", order.intent.out_trade_no.text())
      .text("state", std::string{to_string(order.state)})
      .number("totalFee", order.intent.total_fee.count())
      .text("tradeType", std::string{to_string(order.intent.trade_type)});
  if (order.prepay) record.text("prepayId", order.prepay->prepay_id.text());
  record.text_if_set("transactionId", order.transaction_id.text())
      .text("createdAt", format_rfc3339(order.created_at));
  if (order.paid_at) record.text("paidAt", format_rfc3339(*order.paid_at));
  const auto& merchant = order.intent.merchant;
  record.text("updatedAt", format_rfc3339(order.updated_at))
      .text_if_set("appId", merchant.app_id.text())
      .text_if_set("subMchId", merchant.sub_mch_id.text())
      .text_if_set("subAppId", merchant.sub_app_id.text());
  return record;
}

void append_json(std::string& text, const Order& order) {
  if (!is_plain(order)) {
    text += report::to_json(describe_order(order));
    return;
  }
  const auto add = [&text](std::string_view key, std::string_view value) {
    text.append(key).append(value).append(1, '"');
  };
  add(R"({"outTradeNo":")", order.intent.out_trade_no.text());
  add(R"(,"state":")", to_string(order.state));
  text += R"(,"totalFee":)";
  append_number(text, order.intent.total_fee.count());
  add(R"(,"tradeType":")", to_string(order.intent.trade_type));
  if (order.prepay) add(R"(,"prepayId":")", order.prepay->prepay_id.text());
  if (!order.transaction_id.empty()) add(R"(,"transactionId":")", order.transaction_id.text());
  add(R"(,"createdAt":")", format_rfc3339(order.created_at));
  if (order.paid_at) add(R"(,"paidAt":")", format_rfc3339(*order.paid_at));
  add(R"(,"updatedAt":")", format_rfc3339(order.updated_at));
  const auto& merchant = order.intent.merchant;
  if (!merchant.app_id.empty()) add(R"(,"appId":")", merchant.app_id.text());
  if (!merchant.sub_mch_id.empty()) add(R"(,"subMchId":")", merchant.sub_mch_id.text());
  if (!merchant.sub_app_id.empty()) add(R"(,"subAppId":")", merchant.sub_app_id.text());
  text += '}';
}

void append_csv(std::string& text, const Order& order) {
  if (!is_plain(order)) {
    text += report::csv_row(describe_order(order), exported_columns());
    return;
  }
  const auto add = [&text](std::string_view value) { text.append(value).append(1, ','); };
  add(order.intent.out_trade_no.text());
  add(to_string(order.state));
  append_number(text, order.intent.total_fee.count());
  text += ',';
  add(to_string(order.intent.trade_type));
  add(order.prepay ? std::string_view{order.prepay->prepay_id.text()} : std::string_view{});
  add(order.transaction_id.text());
  add(format_rfc3339(order.created_at));
  add(order.paid_at ? format_rfc3339(*order.paid_at) : std::string{});
  add(format_rfc3339(order.updated_at));
  const auto& merchant = order.intent.merchant;
  add(merchant.app_id.text());
  add(merchant.sub_mch_id.text());
  text += merchant.sub_app_id.text();
}

OrderState checked_state(const std::string& text) {
  if (const auto state = parse_order_state(text)) return *state;
  std::vector<std::string> names;
  std::string all;
  for (int number = 0; number <= static_cast<int>(OrderState::refund); ++number) {
    names.emplace_back(to_string(static_cast<OrderState>(number)));
    all += (all.empty() ? "" : ", ") + names.back();
  }
  auto typed = text;
  std::transform(typed.begin(), typed.end(), typed.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  const auto meant = nearest(typed, names);
  throw Error{ErrorKind::usage, "there is no state '" + shortened(text) + "'",
              meant ? "did you mean " + *meant + "?" : "states are " + all};
}

}  // namespace wxpay::cli
