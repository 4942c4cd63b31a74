#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "report/record.hpp"
#include "wxpay/identifiers.hpp"

namespace wxpay::report {

namespace {

/// Text for people and for CSV: lists joined with blanks, nested records as JSON.
struct Plain {
  std::string operator()(const std::string& text) const { return text; }
  std::string operator()(std::int64_t number) const { return std::to_string(number); }
  std::string operator()(bool flag) const { return flag ? "true" : "false"; }
  std::string operator()(const std::vector<std::string>& texts) const {
    std::string joined;
    for (const auto& text : texts) joined += (joined.empty() ? "" : " ") + text;
    return joined;
  }
  std::string operator()(const std::vector<Record>& records) const {
    std::string lines;
    for (const auto& record : records) lines += (lines.empty() ? "" : "\n") + to_json(record);
    return lines;
  }
};

std::string plain(const Record::Value& value) { return std::visit(Plain{}, value); }

std::string csv_cell(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted{"\""};
  for (const char c : text) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + '"';
}

/// Makes texts of others safe for a spreadsheet.
struct Harmless : Plain {
  using Plain::operator();
  std::string operator()(const std::string& text) const {
    auto shown = without_control_characters(text);
    if (is_formula(text)) shown.insert(0, 1, '\'');
    return shown;
  }
  std::string operator()(const std::vector<std::string>& texts) const {
    return (*this)(Plain::operator()(texts));
  }

 private:
  /// Whether a spreadsheet would compute it. An order number, which may begin with `-`, stays what it is:
  /// without any other character it names neither a cell of another file nor a program.
  static bool is_formula(std::string_view text) {
    const auto begin = text.find_first_not_of(" \t\r\n");
    if (begin == std::string_view::npos ||
        std::string_view{"=+-@"}.find(text[begin]) == std::string_view::npos) {
      return false;
    }
    return !OutTradeNo::try_parse(text);
  }
};

template <class ToText>
std::string row_of(const Record& record, const std::vector<std::string>& columns, const ToText& to_text) {
  std::string line;
  for (const auto& column : columns) {
    if (&column != &columns.front()) line += ',';
    if (const auto* value = record.find(column)) line += csv_cell(std::visit(to_text, *value));
  }
  return line;
}

constexpr std::string_view paint_end = "\x1b[0m";

std::string painted(std::string_view paint, const std::string& text) {
  if (paint.empty() || text.empty()) return text;
  return std::string{paint}.append(text).append(paint_end);
}

/// Whether it is a word for programs, as NOT_PAID is.
bool is_code(std::string_view value) {
  return std::all_of(value.begin(), value.end(), [](char c) { return (c >= 'A' && c <= 'Z') || c == '_'; });
}

/// fmt pads by what a terminal shows, so that Chinese columns line up.
std::size_t display_width(const std::string& text) {
  const auto padded = fmt::format("{:<{}}", text, text.size());
  return text.size() - (padded.size() - text.size());
}

}  // namespace

std::string csv_header(const std::vector<std::string>& columns) {
  std::string line;
  for (const auto& column : columns) line += (line.empty() ? "" : ",") + csv_cell(column);
  return line;
}

std::string csv_row(const Record& record, const std::vector<std::string>& columns) {
  return row_of(record, columns, Plain{});
}

std::string spreadsheet_row(const Record& record, const std::vector<std::string>& columns) {
  return row_of(record, columns, Harmless{});
}

std::string_view no_paint(std::string_view, std::string_view) { return {}; }

std::string_view paint_states(std::string_view key, std::string_view value) {
  static constexpr std::array keys{"resultCode", "tradeState", "refundState", "ledgerState",
                                   "state",      "resultMsg",  "status",      "ledger",
                                   "outcome",    "reason",     "valid",       "ok"};
  static constexpr std::array good{"SUCCESS", "CREATED", "RENEWED", "REUSED",         "UPDATE_SUCCESS",
                                   "OK",      "true",    "APPLIED", "ALREADY_APPLIED"};
  static constexpr std::array open{"CREATING", "NOTPAY",           "USERPAYING", "WARN",
                                   "UNKNOWN",  "UNABLE_TO_UPDATE", "NOT_PAID",   "PROCESSING"};
  static constexpr std::array neutral{"IGNORED", "ALREADY_PAID", "READ_ONLY"};
  const auto among = [](const auto& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  if (!among(keys, key) || among(neutral, value)) return {};
  // A reason in words may also explain why nothing had to be done, so it has no colour.
  if (key == "reason" && !is_code(value)) return {};
  if (among(good, value)) return "\x1b[32m";
  return among(open, value) ? "\x1b[33m" : "\x1b[31m";
}

std::string to_text(const Record& record, Painter painter) {
  std::size_t width = 0;
  for (const auto& [key, value] : record) width = std::max(width, key.size());
  std::string text;
  for (const auto& [key, value] : record) {
    if (const auto* nested = std::get_if<std::vector<Record>>(&value)) {
      text += key + '\n';
      for (const auto& line : *nested)
        text += "  " + without_control_characters(plain(std::vector<Record>{line})) + '\n';
    } else {
      const auto cell = without_control_characters(plain(value));
      text += fmt::format("{:<{}}  {}\n", key, width, painted(painter(key, cell), cell));
    }
  }
  return text;
}

Table::Table(std::vector<std::string> columns) : columns_{std::move(columns)} {}

void Table::add(const Record& record) {
  std::vector<std::string> row;
  row.reserve(columns_.size());
  for (const auto& column : columns_) {
    const auto* value = record.find(column);
    row.push_back(value == nullptr ? std::string{} : without_control_characters(plain(*value)));
  }
  rows_.push_back(std::move(row));
}

std::string Table::render(bool with_header, Painter painter) const {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    std::size_t width = columns_[i].size();
    for (const auto& row : rows_) width = std::max(width, display_width(row[i]));
    widths.push_back(width);
  }
  std::string text;
  const auto add_line = [&](const std::vector<std::string>& cells, Painter paint) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      line += painted(paint(columns_[i], cells[i]), cells[i]);
      line.append(widths[i] - std::min(widths[i], display_width(cells[i])) + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  };
  if (with_header) add_line(columns_, no_paint);
  for (const auto& row : rows_) add_line(row, painter);
  return text;
}

}  // namespace wxpay::report
