#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "wxpay/fields.hpp"

namespace wxpay::report {

/// One result of a command: named values in the order in which they are shown. Keys without a value are left
/// out.
class Record {
 public:
  using Value = std::variant<std::string, std::int64_t, bool, std::vector<std::string>, std::vector<Record>>;

  Record() { values_.reserve(usual_values); }

  Record& text(std::string key, std::string value);
  /// Adds nothing when the value is empty.
  Record& text_if_set(std::string key, std::string value);
  Record& number(std::string key, std::int64_t value);
  Record& flag(std::string key, bool value);
  Record& list(std::string key, std::vector<std::string> value);
  Record& records(std::string key, std::vector<Record> value);
  Record& fields(Fields fields);

  const Value* find(std::string_view key) const;
  auto begin() const { return values_.begin(); }
  auto end() const { return values_.end(); }

 private:
  static constexpr std::size_t usual_values = 14;

  std::vector<std::pair<std::string, Value>> values_;
};

/// One JSON object on one line, without the line end.
std::string to_json(const Record& record);

/// CSV (RFC 4180, LF) of the named columns; a key the record lacks is an empty cell, a list is joined with
/// blanks.
std::string csv_header(const std::vector<std::string>& columns);
std::string csv_row(const Record& record, const std::vector<std::string>& columns);
/// The same for a person's spreadsheet: a text that it would take for a formula has `'` before it, and
/// control characters are blanks. What is to be read back exactly is written by csv_row.
std::string spreadsheet_row(const Record& record, const std::vector<std::string>& columns);

/// Chooses the escape sequence that a shown value begins with; empty for none.
using Painter = std::string_view (*)(std::string_view key, std::string_view value);
std::string_view no_paint(std::string_view key, std::string_view value);
/// Colours good states green, bad ones red, open ones yellow, and nothing else.
std::string_view paint_states(std::string_view key, std::string_view value);

/// "key  value" lines, keys in one column.
std::string to_text(const Record& record, Painter painter = no_paint);

/// A table of the named columns with a header line, columns aligned by display width.
class Table {
 public:
  explicit Table(std::vector<std::string> columns);
  void add(const Record& record);
  /// @param with_header  false for a further piece of a table that was begun
  std::string render(bool with_header = true, Painter painter = no_paint) const;
  std::size_t size() const { return rows_.size(); }
  void clear() { rows_.clear(); }

 private:
  std::vector<std::string> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace wxpay::report
