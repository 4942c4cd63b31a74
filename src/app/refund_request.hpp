#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/csv_columns.hpp"
#include "wxpay/identifiers.hpp"
#include "wxpay/refund.hpp"

namespace wxpay::app {

/// A refund as somebody asked for it, by options or as a record: texts as given, nothing checked.
struct RefundFields {
  std::optional<std::string> out_trade_no;
  std::optional<std::string> out_refund_no;
  std::optional<std::string> refund_fee;  ///< fen
  std::optional<std::string> amount;      ///< yuan
  std::optional<std::string> all;         ///< Y or N: all that is left
  std::optional<std::string> reason;
  std::optional<std::string> notify_url;
  std::optional<std::string> funds_account;
};

/// Reads one JSON object with the keys of wxpayctl-refund(1), in camelCase or snake_case.
/// @throws Error{usage}  malformed, unknown or repeated key, a value of the wrong type
RefundFields parse_refund_fields(std::string_view json);

/// The numbers of a record that is bad otherwise, as far as they can be read.
struct RefundNumbers {
  std::string out_trade_no;
  std::string out_refund_no;
};
RefundNumbers refund_numbers_in(std::string_view json);

/// The columns of a CSV batch: their names are the keys of parse_refund_fields.
class RefundColumns {
 public:
  /// @throws Error{usage}  an unknown or repeated column, or no column for a number or the amount
  explicit RefundColumns(const std::vector<std::string>& names);

  std::size_t count() const noexcept { return columns_.size(); }
  /// The refund of one row; an empty cell gives nothing.
  /// @throws Error{usage}  another number of cells than columns
  RefundFields read(std::vector<std::string> cells) const;
  /// Those of a row of whatever length.
  RefundNumbers numbers_in(const std::vector<std::string>& cells) const;

 private:
  CsvColumns<std::optional<std::string> RefundFields::*> columns_;
};

/// Checks everything that can be checked without the ledger (API v2, 9_4; API v3, 9.1).
/// @throws Error{usage}  naming the field and what is wrong
RefundRequest check_refund_fields(const RefundFields& fields, const MerchantIdentity& merchant);

}  // namespace wxpay::app
