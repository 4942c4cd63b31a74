#include "cli/batch_frame.hpp"

#include <algorithm>
#include <utility>

#include "cli/streams.hpp"

namespace wxpay::cli {

namespace {

/// How many records a file has, for the progress line.
std::optional<std::int64_t> count_records(const std::string& path, const InputStream& input,
                                          Services& services, Output& output) {
  if (!output.shows_progress() || !input.can_be_read_twice()) return std::nullopt;
  try {
    InputStream again{path, services.stop()};
    wire::RecordReader reader{[&again](char* buffer, std::size_t size) { return again.read(buffer, size); }};
    std::int64_t count = reader.format() == wire::RecordFormat::csv ? -1 : 0;
    while (reader.next()) ++count;
    return std::max(count, std::int64_t{0});
  } catch (const Error& error) {
    // What is wrong with the file is told when the records before that have been worked on.
    if (error.kind() != ErrorKind::file) throw;
    return std::nullopt;
  }
}

}  // namespace

std::int64_t max_errors_of(const std::string& option) {
  constexpr std::int64_t usual = 20;
  return option.empty() ? usual : parse_count("--max-errors", option, 1, INT32_MAX);
}

std::string counted(std::int64_t count, const std::string& what) {
  return std::to_string(count) + " " + what;
}

BatchFrame::BatchFrame(const std::string& file, std::vector<std::string> columns, Services& services,
                       Output& output)
    : services_{services},
      output_{output},
      columns_{std::move(columns)},
      stream_{file, services.stop()},
      reader_{[this](char* buffer, std::size_t size) { return stream_.read(buffer, size); }},
      progress_{output, services.clock(), count_records(file, stream_, services, output)},
      clock_watch_{services.clock()} {}

void BatchFrame::begin() {
  warn_of_clock(clock_watch_.look());
  output_.buffer_output();
  output_.begin_rows(columns_);
}

void BatchFrame::open_failed_file(const std::string& path, const std::string& header) {
  if (!path.empty()) failed_file_.emplace(path, header);
}

void BatchFrame::guard(const std::function<void()>& work) {
  failures_.succeeds([&] {
    try {
      work();
    } catch (const Error& error) {
      input_failed_ = error.kind() == ErrorKind::file;
      throw;
    }
  });
}

void BatchFrame::warn_of_clock(const std::string& warning) {
  if (warning.empty()) return;
  progress_.clear();
  output_.alert(warning);
}

void BatchFrame::show() {
  results_.write([this] { progress_.show(); });
}

void BatchFrame::print(const report::Record& record) {
  results_.write([&] { output_.print_row(record, columns_); });
}

void BatchFrame::add_bad(int code) {
  ++bad_;
  raise(code);
}

bool BatchFrame::count(app::Outcome outcome, const std::string& hint) {
  switch (outcome) {
    case app::Outcome::done:
      return true;
    case app::Outcome::refused:
      ++refused_;
      break;
    case app::Outcome::wrong_key:
      ++refused_;
      wrong_key_hint_ = hint;
      break;
    case app::Outcome::integrity:
      ++untrusted_;
      break;
    case app::Outcome::unknown:
    case app::Outcome::ledger_failed:
    case app::Outcome::interrupted:
      ++unknown_;
      break;
  }
  if (outcome != app::Outcome::interrupted) raise(exit_code(outcome));
  return false;
}

void BatchFrame::leave(std::size_t line, const std::string& raw) {
  if (not_sent_++ == 0) first_not_sent_ = line;
  keep_failed(raw);
}

void BatchFrame::add_not_recorded(const std::string& raw) {
  ++not_recorded_;
  keep_failed(raw);
}

void BatchFrame::keep_failed(const std::string& raw) {
  if (failed_file_ && !records_lost_) records_lost_ = !failures_.succeeds([&] { failed_file_->add(raw); });
}

/// What was not taken in any more, after a stop, belongs to the records that were not sent.
void BatchFrame::take_the_rest() {
  if (input_failed_) return;
  // The other end of a pipe may be open for ever: after Ctrl-C, or when nobody reads the results any more,
  // only what has come already is taken; else a stop ends it.
  const bool is_to_end = is_of_no_use() || services_.stop().requested();
  const bool to_the_end = stream_.is_file() || !is_to_end;
  if (stream_.is_file()) stream_.ignore_stop();
  failures_.succeeds([&] {
    while (to_the_end || reader_.holds_line()) {
      const auto raw = reader_.next();
      if (!raw) return;
      ++records_;
      leave(raw->line, raw->text);
    }
  });
}

void BatchFrame::check_all(const std::function<bool()>& check_next) {
  constexpr std::int64_t checked_at_once = 256;
  failures_.succeeds([&] {
    while (!services_.stop().requested() && !results_.failed()) {
      if (!is_readable()) show();
      if (!check_next()) return;
      ++records_;
      if (records_ % checked_at_once == 0) show();
    }
  });
}

int BatchFrame::finish(const std::string& done, bool dry_run, const std::string& warning) {
  progress_.clear();
  if (failed_file_ && !records_lost_) records_lost_ = !failures_.succeeds([&] { failed_file_->finish(); });
  results_.finish();
  const bool all_went_well = failures_.empty();
  raise(failures_.tell(output_));
  if (failures_.output_closed() && cut_short_) raise(exit_cut_short);
  if (records_ == 0 && all_went_well) output_.warn("the batch holds no record");
  if (!warning.empty()) output_.warn(warning);
  summarize(done, dry_run);
  return services_.stop().requested() ? exit_interrupted : code_;
}

void BatchFrame::summarize(const std::string& done, bool dry_run) const {
  if (output_.quiet()) return;
  std::string text = "wxpayctl: " + counted(records_, records_ == 1 ? "record: " : "records: ") + done;
  if (refused_ > 0) text += ", " + counted(refused_, dry_run ? "would be refused" : "refused");
  if (untrusted_ > 0) text += ", " + counted(untrusted_, "with an answer that is not to be trusted");
  if (unknown_ > 0) text += ", " + counted(unknown_, "without a certain answer");
  if (not_recorded_ > 0) text += ", " + counted(not_recorded_, "sent, but the answer not recorded");
  if (bad_ > 0) text += ", " + counted(bad_, "bad");
  if (not_sent_ > 0) text += ", " + counted(not_sent_, "not sent");
  text += "\n";
  if (gave_up_) text += "wxpayctl: stopped, as too many in a row failed\n";
  if (!wrong_key_hint_.empty()) text += "wxpayctl: the signature was refused: " + wrong_key_hint_ + "\n";
  if (first_not_sent_ > 0)
    text += "wxpayctl: the first not sent is line " + std::to_string(first_not_sent_) + "\n";
  const bool again =
      unknown_ + not_recorded_ + not_sent_ > 0 || gave_up_ || cut_short_ || services_.stop().requested();
  if (again && !dry_run) text += "wxpayctl: run the same command again to go on\n";
  write_standard_error(text);
}

}  // namespace wxpay::cli
