#include "cli/output.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/text.hpp"
#include "cli/exit_code.hpp"
#include "cli/streams.hpp"

namespace wxpay::cli {

namespace {

/// A table is shown in pieces of this many lines, so that a long list needs little memory.
constexpr std::size_t table_piece = 500;

}  // namespace

void report_error(const Error& error, OutputFormat format) {
  const std::string code = error.code().empty() ? std::string{error_code(error.kind())} : error.code();
  if (format == OutputFormat::json) {
    report::Record inner;
    inner.text("code", code).text("message", error.what()).text_if_set("hint", error.hint());
    write_standard_error("{\"error\":" + report::to_json(inner) + "}\n");
    return;
  }
  const auto line = [](const std::string& text) { return without_control_characters(text) + '\n'; };
  std::string text = line("wxpayctl: error: " + std::string{error.what()} + " (" + code + ")");
  if (!error.hint().empty()) text += line("hint: " + error.hint());
  write_standard_error(text);
}

Output::Output(OutputOptions options, const Environment& environment, const Stop& stop)
    : options_{options}, colorless_{environment("NO_COLOR").has_value()}, stop_{stop} {}

void Output::print(const report::Record& record, const std::vector<std::string>& columns) {
  if (options_.format == OutputFormat::text) {
    print_text(report::to_text(record, color() ? report::paint_states : report::no_paint));
  } else {
    print_row(record, columns);
  }
}

void Output::print_row(const report::Record& record, const std::vector<std::string>& columns) {
  switch (options_.format) {
    case OutputFormat::json:
      return print_text(report::to_json(record) + "\n");
    case OutputFormat::csv:
      begin_rows(columns);
      return print_text(report::spreadsheet_row(record, columns) + "\n");
    case OutputFormat::text:
      if (!table_) table_.emplace(columns);
      table_->add(record);
      if (table_->size() >= table_piece) end_table();
  }
}

void Output::begin_rows(const std::vector<std::string>& columns) {
  if (options_.format != OutputFormat::csv || std::exchange(csv_header_printed_, true)) return;
  print_text(report::csv_header(columns) + "\n");
}

void Output::finish() {
  end_table();
  flush();
}

void Output::begin_another_table() {
  end_table();
  table_.reset();
  table_begun_ = false;
  csv_header_printed_ = false;
}

void Output::end_table() {
  if (!table_ || table_->size() == 0) return;
  const bool first = !std::exchange(table_begun_, true);
  const auto text = table_->render(first, color() ? report::paint_states : report::no_paint);
  table_->clear();
  print_text(text);
}

void Output::print_text(std::string_view text) {
  if (!buffering_) return write_standard_output(text, stop_);
  buffered_ += text;
}

void Output::buffer_output() { buffering_ = true; }

void Output::flush() {
  if (!has_buffered()) return;
  // Emptied first: what could not be written is not written again at the end.
  auto text = std::exchange(buffered_, {});
  write_standard_output(text, stop_);
  text.clear();
  buffered_ = std::move(text);  // for its memory
}

void Output::discard() {
  table_.reset();
  buffered_.clear();
}

void Output::warn(std::string_view message) {
  if (!options_.quiet) alert(message);
}

void Output::alert(std::string_view message) {
  write_standard_error(without_control_characters("wxpayctl: warning: " + std::string{message}) + "\n");
}

void Output::report(const Error& error) { report_error(error, options_.format); }

bool Output::is_terminal() const { return isatty(STDOUT_FILENO) == 1; }

bool Output::color() const {
  switch (options_.color) {
    case When::always:
      return true;
    case When::never:
      return false;
    case When::automatic:
      break;
  }
  return is_terminal() && !colorless_;
}

bool Output::shows_progress() const {
  return !options_.quiet && !options_.no_progress && isatty(STDERR_FILENO) == 1;
}

bool Output::asks() const { return !options_.yes && isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1; }

void Output::confirm(const std::string& question) {
  if (!asks()) return;
  write_standard_error(without_control_characters(question) + " [y/N] ");
  std::string answer;
  for (char c = 0; answer.size() < 16 && !stop_.requested();) {
    // In slices: a signal just before a read that waits would be seen only after it.
    constexpr int slice_ms = 100;
    pollfd waiting{STDIN_FILENO, POLLIN, 0};
    if (::poll(&waiting, 1, slice_ms) <= 0) continue;
    const auto count = ::read(STDIN_FILENO, &c, 1);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0 || c == '\n') break;
    answer += c;
  }
  if (stop_.requested()) throw Error{ErrorKind::interrupted, "interrupted"};
  if (answer != "y" && answer != "Y" && answer != "yes") {
    throw Error{ErrorKind::interrupted, "not confirmed"};
  }
}

}  // namespace wxpay::cli
