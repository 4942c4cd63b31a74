#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/config/settings.hpp"
#include "report/record.hpp"
#include "wxpay/clock.hpp"
#include "wxpay/error.hpp"
#include "wxpay/gateway.hpp"
#include "wxpay/ledger.hpp"
#include "wxpay/log.hpp"
#include "wxpay/transport.hpp"
#include "wxpay/v2_gateway.hpp"

namespace wxpay::cli {

enum class OutputFormat { text, json, csv };
enum class When { automatic, always, never };

/// What the global options say.
struct GlobalOptions {
  SettingOptions settings;
  OutputFormat output = OutputFormat::text;
  bool quiet = false;
  int verbosity = 0;
  std::string log_level;
  std::string log_file;
  When color = When::automatic;
  bool no_progress = false;
  bool yes = false;
};

/// What a command works with. Everything is made when first asked for, so that `sign` opens no network and
/// `orders list` asks for no key.
class Context {
 public:
  Context(GlobalOptions options, Environment environment, const Stop& stop, Log& log);
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  ~Context();

  const GlobalOptions& options() const { return options_; }
  const Environment& environment() const { return environment_; }
  const Stop& stop() const { return stop_; }
  Clock& clock();
  Random& random();
  Log& log() { return log_; }

  const Profile& profile();
  const Secret& key();
  LedgerPlace ledger_place() const;
  /// Only what brings orders into it makes a ledger; for everything else one that is not there is an error.
  OrderLedger& new_or_existing_ledger();
  /// @throws Error{ledger}  there is none
  OrderLedger& ledger();
  /// Writes nothing. @throws Error{ledger}  there is none
  OrderLedger& ledger_read_only();
  /// Whether there is a file that opening could find; one that cannot be reached may be there.
  bool has_ledger() const;
  /// Why this user does not come by a ledger: there is none, or it is in a folder that he may not enter;
  /// empty where it is there.
  std::string why_no_ledger() const;
  /// Held by whoever keeps other processes from the ledger: Ctrl-Z waits for it.
  std::mutex& undisturbed();
  Transport& transport();
  PaymentGateway& gateway();
  /// What a gateway of this profile is made of, for a command that needs several.
  V2Account account();
  /// A further transport, which gives its requests up when this stop is requested.
  std::unique_ptr<Transport> make_transport(const Stop& stop);
  std::unique_ptr<AsyncTransport> make_async_transport(std::size_t slots, const Stop& stop);

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
  bool has_buffered() const;
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
  void set_code_when_closed(int code);
  int code_when_closed() const;
  /// Files that this run reads: none of its outputs may be one of them.
  /// @throws Error{usage} where the log is
  void add_inputs(const std::vector<std::string>& paths);
  /// Refuses an output that would take the place of a file that this run lives on (FilesInUse).
  /// @throws Error{usage}
  void refuse_output(const std::string& option, const std::string& path) const;
  bool output_is_terminal() const;
  /// Whether results are coloured: on a terminal, unless told otherwise.
  bool color() const;

  /// Asks before something is changed for good; only where both standard input and standard error are
  /// terminals.
  /// @throws Error{interrupted} on a no
  void confirm(const std::string& question);

 private:
  void end_table();
  OrderLedger& open_ledger(LedgerOptions options);

  struct Parts;
  GlobalOptions options_;
  Environment environment_;
  const Stop& stop_;
  Log& log_;
  std::unique_ptr<Parts> parts_;
};

/// Writes the error line of wxpayctl(1), or its JSON, on standard error.
void report_error(const Error& error, OutputFormat format);

/// A parsed command, ready to run; gives the exit code.
using Command = std::function<int(Context&)>;

}  // namespace wxpay::cli
