#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/text.hpp"
#include "fuzz/rules.hpp"
#include "fuzz/targets.hpp"
#include "wire/records.hpp"
#include "wxpay/error.hpp"

namespace wxpay::fuzz {

namespace {

using wire::RawRecord;
using wire::RecordFormat;

struct Records {
  RecordFormat format = RecordFormat::csv;
  std::vector<RawRecord> all;
  std::string failure;
  std::size_t bytes = 0;

  bool operator==(const Records& other) const {
    return format == other.format && failure == other.failure && bytes == other.bytes &&
           std::equal(all.begin(), all.end(), other.all.begin(), other.all.end(),
                      [](const RawRecord& a, const RawRecord& b) {
                        return a.line == b.line && a.text == b.text && a.problem == b.problem;
                      });
  }
};

Records read(std::string_view input, std::size_t piece, std::size_t longest) {
  wire::RecordReader reader{Pieces{input, piece}, longest};
  Records records;
  records.format = reader.format();
  try {
    while (auto record = reader.next()) records.all.push_back(*std::move(record));
  } catch (const Error& error) {
    expect(error.kind() == ErrorKind::file, "a record that is too long is a fault of the file");
    records.failure = error.what();
  }
  records.bytes = reader.bytes_given();
  return records;
}

/// Where the record at the start of the text ends, and whether within quotes.
struct End {
  std::size_t at = 0;
  bool quoted = false;
};

End end_of_record(std::string_view text, RecordFormat format) {
  bool quoted = false;
  bool opens = true;  // a quote here opens a cell, or opens it again as the second of two
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n' && !quoted) return {i, false};
    if (format == RecordFormat::json_lines) continue;
    if (text[i] == '"' && (quoted || opens)) {
      opens = quoted;
      quoted = !quoted;
    } else if (!quoted) {
      opens = text[i] == ',';
    }
  }
  return {text.size(), quoted};
}

/// Whether a row has nothing in its cells; one that is too long for a record is not looked at.
bool has_empty_cells_only(std::string_view row) {
  constexpr std::size_t largest_record = 65'536;
  if (row.size() > largest_record) return false;
  for (std::size_t at = 0; at <= row.size();) {
    const auto cell = row.substr(at, row.find(',', at) - at);
    if (!cell.empty() && cell != "\"\"") return false;
    at += cell.size() + 1;
  }
  return true;
}

/// The same, a character at a time, with all of the input there.
Records read_slowly(std::string_view input) {
  Records records;
  records.bytes = input.size();
  if (input.starts_with("\xEF\xBB\xBF")) input.remove_prefix(3);
  std::optional<RecordFormat> format;
  for (std::size_t line = 1; !input.empty() && input != "\r"; ++line) {
    const bool is_empty_line = input.starts_with("\n") || input.starts_with("\r\n");
    if (!format && !is_empty_line) {
      format = input.starts_with('{') ? RecordFormat::json_lines : RecordFormat::csv;
    }
    const auto end = end_of_record(input, format.value_or(RecordFormat::csv));
    auto text = input.substr(0, end.at);
    input.remove_prefix(std::min(end.at + 1, input.size()));
    if (text.ends_with('\r') && !end.quoted) text.remove_suffix(1);
    const bool is_empty_row =
        format == RecordFormat::csv && !end.quoted && !is_empty_line && has_empty_cells_only(text);
    if (!is_empty_line && !is_empty_row) {
      records.all.push_back({line, std::string{text}, end.quoted ? "a quote in it is never closed" : ""});
    }
    line += static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  }
  records.format = format.value_or(RecordFormat::csv);
  return records;
}

/// RFC 4180, a character at a time; nothing where it is malformed.
std::optional<std::vector<std::string>> split_slowly(std::string_view record) {
  if (!is_utf8(record)) return std::nullopt;
  enum class Within { start, plain, quoted, closed } within = Within::start;
  std::vector<std::string> cells{{}};
  for (const char c : record) {
    if (within == Within::quoted) {
      if (c == '"') {
        within = Within::closed;
      } else {
        cells.back() += c;
      }
    } else if (c == ',') {
      cells.emplace_back();
      within = Within::start;
    } else if (c == '"') {
      if (within == Within::plain) return std::nullopt;
      if (within == Within::closed) cells.back() += c;
      within = Within::quoted;
    } else {
      if (within == Within::closed) return std::nullopt;
      within = Within::plain;
      cells.back() += c;
    }
  }
  if (within == Within::quoted) return std::nullopt;
  return cells;
}

std::string joined(const std::vector<std::string>& cells) {
  std::string record;
  for (const auto& cell : cells) {
    if (&cell != &cells.front()) record += ',';
    record += '"';
    for (const char c : cell) record.append(c == '"' ? 2 : 1, c);
    record += '"';
  }
  return record;
}

void check_cells(const std::string& record) {
  const auto split = wire::split_csv(record);
  const auto* cells = std::get_if<std::vector<std::string>>(&split);
  const auto slowly = split_slowly(record);
  expect((cells != nullptr) == slowly.has_value(), "cells are refused as RFC 4180 has it");
  if (cells == nullptr) return;
  expect(*cells == *slowly, "cells are as RFC 4180 has them");
  const auto again = wire::split_csv(joined(*cells));
  const auto* cells_again = std::get_if<std::vector<std::string>>(&again);
  expect(cells_again != nullptr && *cells_again == *cells, "cells that are written can be read");
}

}  // namespace

void check_records(std::string_view input) {
  constexpr std::size_t short_record = 24;
  const auto whole = read(input, std::size_t{1} << 20U, wire::RecordReader::longest_by_default);
  expect(whole == read_slowly(input), "records are what a slow reader finds");
  for (const std::size_t piece : {1U, 5U}) {
    expect(read(input, piece, wire::RecordReader::longest_by_default) == whole,
           "records are alike however they come");
  }
  const auto limited = read(input, std::size_t{1} << 20U, short_record);
  expect(limited == read(input, 1, short_record), "what is too long is so however it comes");
  for (const auto& record : whole.all) check_cells(record.text);
}

}  // namespace wxpay::fuzz
