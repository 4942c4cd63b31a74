#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/config/settings.hpp"
#include "report/record.hpp"
#include "wxpay/clock.hpp"
#include "wxpay/error.hpp"

namespace wxpay::cli {

enum class OutputFormat { text, json, csv };
enum class When { automatic, always, never };

/// What the global options say about output.
struct OutputOptions {
  OutputFormat format = OutputFormat::text;
  bool quiet = false;
  When color = When::automatic;
  bool no_progress = false;
  bool yes = false;
};

/// Where a command writes: results on standard output, warnings, errors and questions on standard error.
class Output {
 public:
  Output(OutputOptions options, const Environment& environment, const Stop& stop);

  OutputFormat format() const { return options_.format; }
  bool quiet() const { return options_.quiet; }
  bool is_terminal() const;
  /// Whether results are coloured: on a terminal, unless told otherwise.
  bool color() const;
  /// Whether somebody sees a line of progress on standard error.
  bool shows_progress() const;

  /// Prints the result of a command that has one: an object, a CSV header and row, or "key  value" lines. The
  /// columns are those of CSV.
  /// @throws Error{file} when standard output cannot be written; a closed pipe ends the program quietly
  void print(const report::Record& record, const std::vector<std::string>& columns);
  /// Prints one result of several: an object a line, a CSV row, or a line of a table of these columns.
  void print_row(const report::Record& record, const std::vector<std::string>& columns);
  /// Prints the header of CSV, so that an empty list is a table too.
  void begin_rows(const std::vector<std::string>& columns);
  /// From now on results are kept together until `flush`, which costs less than writing each.
  void buffer_output();
  /// Whether there is something to flush.
  bool has_buffered() const { return !buffered_.empty(); }
  /// Writes what is kept. @throws as print does
  void flush();
  /// Forgets what is kept, as it could not be written.
  void discard();
  /// What is printed from now on has columns of its own.
  void begin_another_table();
  /// Ends a table that rows were added to, and writes what is kept.
  void finish();
  /// Writes raw text on standard output, for what is not a record (a table, a QR code).
  void print_text(std::string_view text);

  /// One line on standard error, unless --quiet: `wxpayctl: warning: …`.
  void warn(std::string_view message);
  /// The same also with --quiet: for what a person must act on, and may be told only once.
  void alert(std::string_view message);
  /// The error line of wxpayctl(1), or its JSON.
  void report(const Error& error);

  /// The exit code of a command whose output nobody reads any more from now on: what was found so far, or
  /// `exit_cut_short` where that ends it before its work is done. At first 0, as for what only reads.
  void set_code_when_closed(int code) { code_when_closed_ = code; }
  int code_when_closed() const { return code_when_closed_; }

  /// Whether `confirm` asks.
  bool asks() const;
  /// Asks before something is changed for good; only where both standard input and standard error are
  /// terminals.
  /// @throws Error{interrupted} on a no
  void confirm(const std::string& question);

 private:
  void end_table();

  OutputOptions options_;
  bool colorless_;  ///< NO_COLOR is set
  const Stop& stop_;
  bool csv_header_printed_ = false;
  bool table_begun_ = false;
  std::optional<report::Table> table_;
  bool buffering_ = false;
  std::string buffered_;
  int code_when_closed_ = 0;
};

/// Writes the error line of wxpayctl(1), or its JSON, on standard error.
void report_error(const Error& error, OutputFormat format);

}  // namespace wxpay::cli
