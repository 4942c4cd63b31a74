#pragma once

#include <cstddef>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "wire/malformed.hpp"

namespace wxpay::wire {

/// Of a header of CSV: more columns than any input has fields, so that the rest need not be looked at.
constexpr std::size_t most_columns = 64;

/// One record of a batch as it stood in the input.
struct RawRecord {
  std::size_t line = 0;  ///< on which it begins, from 1
  std::string text;      ///< its bytes without the line end at its end
  std::string problem;   ///< why it can be no record at all, such as a quote that is never closed; else empty
};

enum class RecordFormat { json_lines, csv };

/// Cuts a stream of bytes into records, holding one record and one piece of the input at a time. A byte-order
/// mark before the first record is dropped, LF and CRLF both end a line, and empty lines are skipped. The
/// input is JSON Lines if its first character is `{`, else CSV, whose quoted cells may span lines, and in
/// which a record whose cells are all empty is an empty line.
class RecordReader {
 public:
  /// Fills the buffer with some bytes; 0 at the end. May throw Error{file} or Error{interrupted}.
  using Source = std::function<std::size_t(char* buffer, std::size_t size)>;

  static constexpr std::size_t longest_by_default = std::size_t{16} << 20U;

  /// @param longest  a record of more bytes than this ends the reading with Error{file}, naming the line
  explicit RecordReader(Source source, std::size_t longest = longest_by_default);

  /// A reader to which every line is a record, whatever it holds.
  static RecordReader of_lines(Source source, std::size_t longest = longest_by_default);

  /// What the input is; reads its first piece. An empty input is CSV.
  RecordFormat format();

  /// What has been read before the first record is taken: its first line at least, and at most a piece more.
  std::string_view first_bytes();

  /// The next record, in CSV the header first; nothing at the end.
  std::optional<RawRecord> next();

  /// Whether the next record, or as much as a line of it, has been read already.
  bool holds_line() const;

  /// How many bytes of the input have been given out as records, line ends included, for a progress line.
  std::size_t bytes_given() const noexcept { return given_; }

 private:
  /// Where in a CSV record the search for its end stands.
  enum class Within { cell_start, plain, quoted, after_quote };

  void begin();
  std::optional<RawRecord> next_of_any();
  void skip_empty_lines();
  bool find_end();
  bool find_csv_end();
  bool fill();
  RawRecord take();
  void drop(std::size_t bytes);

  Source source_;
  std::size_t longest_;
  std::string buffer_;
  std::size_t start_ = 0;    ///< of what is not given out yet
  std::size_t scanned_ = 0;  ///< up to where the end of the record has been looked for
  std::size_t filled_ = 0;   ///< up to where the buffer holds input
  std::size_t line_ = 1;
  std::size_t given_ = 0;
  Within within_ = Within::cell_start;
  bool begun_ = false;
  bool ended_ = false;
  std::optional<RecordFormat> format_;
};

/// The cells of one CSV record (RFC 4180): quoted cells may hold commas, line ends and doubled quotes.
/// Refuses a quote inside an unquoted cell, anything behind a closing quote, and non-UTF-8.
/// @param most  no more cells than these are taken; what stands behind them is not looked at
std::variant<std::vector<std::string>, Malformed> split_csv(
    std::string_view record, std::size_t most = std::numeric_limits<std::size_t>::max());

}  // namespace wxpay::wire
