#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "app/outcome.hpp"
#include "cli/clock_watch.hpp"
#include "cli/exit_code.hpp"
#include "cli/failed_file.hpp"
#include "cli/guarded_output.hpp"
#include "cli/input.hpp"
#include "cli/output.hpp"
#include "cli/progress.hpp"
#include "cli/services.hpp"
#include "report/record.hpp"
#include "wire/records.hpp"

namespace wxpay::cli {

/// Failures in a row after which a batch stops, unless --max-errors says otherwise.
std::int64_t max_errors_of(const std::string& option);

/// "1 record", "2 records" where the words are "record" and "records".
std::string counted(std::int64_t count, const std::string& what);

/// What the runs of batches have alike, whatever their records ask for: the input, the results, --failed,
/// what was not sent, the summary and the exit code.
class BatchFrame {
 public:
  BatchFrame(const std::string& file, std::vector<std::string> columns, Services& services, Output& output);

  wire::RecordReader& reader() noexcept { return reader_; }
  /// Whether the input may be opened by its name once more, and is the same then.
  bool can_be_read_twice() const { return stream_.can_be_read_twice(); }

  /// To be called when all that is missing has been found.
  void begin();
  /// Only now, when all that can keep the run from beginning has been seen, is a file made.
  /// @param path  empty: none is wanted
  void open_failed_file(const std::string& path, const std::string& header);

  /// Runs a batch of the use cases (CreateBatch, RefundBatch) to its end, whatever fails.
  template <class Batch, class Result>
  void run(Batch& batch, const std::function<void(const Result&)>& take) {
    const auto halt_where_of_no_use = [&] {
      if (is_of_no_use()) batch.halt();
    };
    const typename Batch::Output results{.result =
                                             [&](const Result& result) {
                                               ++records_;
                                               take(result);
                                               halt_where_of_no_use();
                                             },
                                         .readable = [this] { return is_readable(); },
                                         .pause =
                                             [&] {
                                               show();
                                               halt_where_of_no_use();
                                             }};
    guard([&] { batch.run(results); });
    gave_up_ = batch.gave_up();
    cut_short_ = !batch.finished();
    take_the_rest();
  }
  /// Goes through the records of a dry run.
  /// @param check_next  false at the end of the input
  void check_all(const std::function<bool()>& check_next);

  void print(const report::Record& record);
  /// One that has a result, for the progress line.
  void add(bool failed) { progress_.add(failed); }
  /// One for --failed.
  void keep_failed(const std::string& raw);
  void add_bad(int code);
  /// A record that was refused, sent without a certain answer, and so on.
  /// @return whether it is done
  bool count(app::Outcome outcome, const std::string& hint);
  void leave(std::size_t line, const std::string& raw);
  void add_not_recorded(const std::string& raw);
  void raise(int code) { code_ = gravest(code_, code); }
  void add_refused() { ++refused_; }
  void warn_of_clock(const std::string& warning);
  void warn_of_clock(ClockAhead ahead) { warn_of_clock(clock_watch_.look(ahead)); }

  /// @param done  what was done, as "12 created, 3 reused"
  /// @param warning  about all records; empty: none
  int finish(const std::string& done, bool dry_run, const std::string& warning = {});

 private:
  bool is_of_no_use() const { return results_.failed() || records_lost_; }
  bool is_readable() const { return reader_.holds_line() || stream_.is_readable(); }
  void guard(const std::function<void()>& work);
  void show();
  void take_the_rest();
  void summarize(const std::string& done, bool dry_run) const;

  Services& services_;
  Output& output_;
  const std::vector<std::string> columns_;
  InputStream stream_;
  wire::RecordReader reader_;
  Progress progress_;
  ClockWatch clock_watch_;
  std::optional<FailedFile> failed_file_;
  KeptFailures failures_;
  GuardedOutput results_{output_, failures_};
  bool records_lost_ = false;  ///< --failed could not be written
  bool input_failed_ = false;
  bool gave_up_ = false;
  bool cut_short_ = false;      ///< records may be left that have no result
  std::string wrong_key_hint_;  ///< empty: no signature was refused
  int code_ = exit_done;
  std::int64_t records_ = 0;
  std::int64_t refused_ = 0;
  std::int64_t untrusted_ = 0;
  std::int64_t unknown_ = 0;
  std::int64_t not_recorded_ = 0;
  std::int64_t bad_ = 0;
  std::int64_t not_sent_ = 0;
  std::size_t first_not_sent_ = 0;
};

}  // namespace wxpay::cli
