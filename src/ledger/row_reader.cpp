#include "ledger/row_reader.hpp"

#include <variant>

#include "base/text.hpp"
#include "wxpay/order_ledger.hpp"

namespace wxpay::ledger {

namespace {

std::string shown(const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  const auto* text = std::get_if<std::string_view>(&value);
  return text == nullptr ? std::string{"empty"} : "'" + shortened(*text) + "'";
}

}  // namespace

void RowReader::refuse(const char* what) const {
  const auto last = column_ - 1;
  const auto name = std::holds_alternative<std::string_view>(row_[name_])
                        ? shortened(std::get<std::string_view>(row_[name_]))
                        : shown(row_[name_]);
  throw UnreadableOrder{subject_ + (" " + name) + " in the ledger " + std::string{ledger_} +
                        " cannot be read: its " + std::string{columns_[last]} + " is " + shown(row_[last]) +
                        ", which is no " + what};
}

}  // namespace wxpay::ledger
