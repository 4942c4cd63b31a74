#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <thread>
#include <utility>

#include "app/replay_notifications.hpp"
#include "base/system.hpp"
#include "cli/commands.hpp"
#include "cli/config/value_rules.hpp"
#include "cli/exit_code.hpp"
#include "cli/guarded_output.hpp"
#include "cli/input.hpp"
#include "cli/progress.hpp"
#include "cli/saved_notifications.hpp"
#include "cli/streams.hpp"
#include "wxpay/time.hpp"

namespace wxpay::cli {

namespace {

using app::NotificationOutcome;

/// How long a notification that is being sent on may take when the program is asked to stop.
constexpr std::chrono::seconds grace{3};

struct ReplayNotifyOptions {
  std::vector<std::string> files;
  std::string folder;
  std::string forward_to;
  bool reply = false;
  bool dry_run = false;
  std::string max_age;
};

/// Only what these options can print: a table is to be read.
std::vector<std::string> columns_of(const ReplayNotifyOptions& options) {
  std::vector<std::string> columns{"source",  "kind", "outTradeNo", "transactionId",
                                   "outcome", "note", "reason",     "outRefundNo"};
  if (options.reply) columns.emplace_back("reply");
  if (!options.forward_to.empty()) columns.insert(columns.end(), {"forwarded", "forwardError"});
  if (options.dry_run) columns.emplace_back("dryRun");
  return columns;
}

/// What stands in the summary, in its order.
struct Counted {
  NotificationOutcome outcome;
  const char* name;
  int exit;
};
constexpr std::array counted_outcomes = std::to_array<Counted>({
    {NotificationOutcome::applied, "applied", exit_done},
    {NotificationOutcome::already_applied, "already applied", exit_done},
    {NotificationOutcome::not_paid, "not paid", exit_done},
    {NotificationOutcome::ignored, "ignored", exit_done},
    {NotificationOutcome::other_app, "of another app", exit_done},
    {NotificationOutcome::bad_signature, "BAD_SIGNATURE", exit_integrity},
    {NotificationOutcome::wrong_merchant, "WRONG_MERCHANT", exit_integrity},
    {NotificationOutcome::amount_mismatch, "AMOUNT_MISMATCH", exit_integrity},
    {NotificationOutcome::transaction_mismatch, "TRANSACTION_MISMATCH", exit_integrity},
    {NotificationOutcome::refund_mismatch, "REFUND_MISMATCH", exit_integrity},
    {NotificationOutcome::state_mismatch, "STATE_MISMATCH", exit_integrity},
    {NotificationOutcome::unknown_order, "UNKNOWN_ORDER", exit_refused},
    {NotificationOutcome::unknown_refund, "UNKNOWN_REFUND", exit_refused},
    {NotificationOutcome::malformed, "MALFORMED", exit_refused},
    {NotificationOutcome::unverified, "UNVERIFIED", exit_unknown},
    {NotificationOutcome::unreadable, "UNREADABLE", exit_file},
    {NotificationOutcome::failed, "FAILED", exit_ledger},
});

std::size_t place_of(NotificationOutcome outcome) {
  const auto* found = std::find_if(counted_outcomes.begin(), counted_outcomes.end(),
                                   [outcome](const Counted& counted) { return counted.outcome == outcome; });
  return static_cast<std::size_t>(found - counted_outcomes.begin());
}

std::optional<std::chrono::seconds> longest_age_of(const ReplayNotifyOptions& options) {
  if (options.max_age.empty()) return std::nullopt;
  const auto age = parse_duration(options.max_age);
  if (!age) throw Error{ErrorKind::usage, "--max-age must be a whole number and s, m, h or d, as 5m"};
  return age;
}

/// The files to read, which no output may be.
std::vector<std::string> paths_of(const ReplayNotifyOptions& options, Services& services) {
  auto paths = options.folder.empty() ? options.files : files_of_folder(options.folder);
  services.add_inputs(paths);
  return paths;
}

std::optional<std::int64_t> total_of(const ReplayNotifyOptions& options, std::size_t paths) {
  // How many documents a file holds is not known before it was read.
  if (options.folder.empty()) return std::nullopt;
  return static_cast<std::int64_t>(paths);
}

/// A transport for each worker, which ends its request soon when the program is asked to stop.
class Forwarders {
 public:
  Forwarders(Services& services, std::size_t workers) : stop_{services.stop(), services.clock(), grace} {
    for (std::size_t worker = 0; worker < workers; ++worker) {
      transports_.push_back(services.make_transport(stop_));
    }
  }
  Transport& operator[](std::size_t worker) { return *transports_.at(worker); }

 private:
  GraceStop stop_;
  std::vector<std::unique_ptr<Transport>> transports_;
};

class ReplayNotify {
 public:
  ReplayNotify(const ReplayNotifyOptions& options, Services& services, Output& output)
      : ReplayNotify{options, services, output, paths_of(options, services)} {}

  int run() {
    auto* ledger = options_.dry_run ? &services_.ledger_read_only() : &services_.ledger();
    const auto workers = number_of_workers();
    std::optional<Forwarders> forwarders;
    if (!options_.forward_to.empty()) forwarders.emplace(services_, workers);
    app::NotificationReplay replay{
        {.dry_run = options_.dry_run,
         .longest_age = longest_age_of(options_),
         .forward_to = options_.forward_to,
         .forward_timeout = services_.settings().timeout,
         .workers = workers},
        {.reader = reader_,
         .mch_id = services_.profile().merchant.mch_id,
         .ledger = ledger,
         .refunds = ledger,
         .notifications = ledger,
         .clock = services_.clock(),
         .stop = services_.stop(),
         .transport = [&forwarders](std::size_t worker) -> Transport& { return (*forwarders)[worker]; },
         .take_apart = SavedNotifications::take_apart}};
    output_.buffer_output();
    // When the output fails, what is under way is still ended, kept and counted.
    const auto or_halt = [&](const auto& work) {
      if (!results_.write(work)) replay.halt();
    };
    or_halt([this] { output_.begin_rows(columns_); });
    try {
      replay.run(
          {.read = [this] { return input_.next(); }, .readable = [this] { return input_.is_readable(); }},
          {.result =
               [&](const app::ReplayResult& result) {
                 count(result);
                 or_halt([&] { print(result); });
               },
           .pause = [&] { or_halt([this] { progress_.show(); }); }});
    } catch (const Error& error) {
      tell(error);
    }
    cut_short_ = !replay.finished();
    return finish();
  }

 private:
  ReplayNotify(const ReplayNotifyOptions& options, Services& services, Output& output,
               std::vector<std::string> paths)
      : options_{options},
        services_{services},
        output_{output},
        reader_{services.api().notifications()},  // a missing key is found before the ledger is made
        progress_{output, services.clock(), total_of(options, paths.size())},
        input_{std::move(paths), services.stop(), reader_} {}

  /// To verify keeps the machine busy, and one core writes the ledger; to send is to wait for others.
  std::size_t number_of_workers() {
    if (!options_.forward_to.empty()) return static_cast<std::size_t>(services_.profile().jobs);
    return std::max(2U, std::thread::hardware_concurrency()) - 1;
  }

  void count(const app::ReplayResult& result) {
    const auto place = place_of(result.outcome);
    ++counts_.at(place);
    const int code = counted_outcomes.at(place).exit;
    code_ = gravest(code_, code);
    if (!result.forward_error.empty()) {
      ++not_forwarded_;
      code_ = gravest(code_, exit_unknown);
    }
    progress_.add(code != exit_done || !result.forward_error.empty());
    if (result.note == "PAID_AFTER_CLOSE") {
      progress_.clear();
      output_.warn("order " + result.out_trade_no + " was paid after it was closed");
    }
  }

  void print(const app::ReplayResult& result) {
    report::Record record;
    record.text("source", result.source)
        .text_if_set("kind", result.kind ? std::string{to_string(*result.kind)} : std::string{})
        .text_if_set("outTradeNo", result.out_trade_no)
        .text_if_set("transactionId", result.transaction_id)
        .text_if_set("outRefundNo", result.out_refund_no)
        .text("outcome", std::string{app::to_string(result.outcome)})
        .text_if_set("note", result.note)
        .text_if_set("reason", result.reason);
    if (options_.reply) record.text("reply", app::notification_reply(reader_, result.outcome).body);
    if (result.forwarded) record.number("forwarded", *result.forwarded);
    record.text_if_set("forwardError", result.forward_error);
    if (options_.dry_run) record.flag("dryRun", true);
    output_.print_row(record, columns_);
  }

  void tell(const Error& error) {
    progress_.clear();
    if (error.kind() != ErrorKind::interrupted) output_.report(error);
    code_ = gravest(code_, exit_code(error.kind()));
  }

  int finish() {
    progress_.clear();
    results_.finish();
    code_ = gravest(code_, failures_.tell(output_));
    if (failures_.output_closed() && cut_short_ && !options_.dry_run) code_ = gravest(code_, exit_cut_short);
    summarize();
    return services_.stop().requested() ? exit_interrupted : code_;
  }

  void summarize() const {
    if (output_.quiet()) return;
    std::int64_t all = 0;
    std::string counts;
    for (std::size_t place = 0; place < counts_.size(); ++place) {
      if (counts_[place] == 0) continue;
      all += counts_[place];
      counts += (counts.empty() ? ": " : ", ") + std::to_string(counts_[place]) + " " +
                counted_outcomes.at(place).name;
    }
    auto text = "wxpayctl: " + std::to_string(all) + (all == 1 ? " notification" : " notifications") + counts;
    if (not_forwarded_ > 0) text += "; " + std::to_string(not_forwarded_) + " not taken by the back end";
    if (options_.dry_run) text += " (nothing was written)";
    text += "\n";
    const bool output_failed = results_.failed() && !failures_.output_closed();
    const bool runs_again = not_forwarded_ > 0 || output_failed || cut_short_ ||
                            services_.stop().requested() ||
                            counts_[place_of(NotificationOutcome::unverified)] > 0 ||
                            counts_[place_of(NotificationOutcome::failed)] > 0;
    if (runs_again && !options_.dry_run) text += "wxpayctl: run the same command again to go on\n";
    write_standard_error(text);
  }

  const ReplayNotifyOptions& options_;
  Services& services_;
  Output& output_;
  const NotificationReader& reader_;
  Progress progress_;
  SavedNotifications input_;
  const std::vector<std::string> columns_ = columns_of(options_);
  std::array<std::int64_t, counted_outcomes.size()> counts_{};
  std::int64_t not_forwarded_ = 0;
  KeptFailures failures_;
  GuardedOutput results_{output_, failures_};
  bool cut_short_ = false;
  int code_ = exit_done;
};

int run_replay_notify(const ReplayNotifyOptions& options, Services& services, Output& output) {
  if (options.files.empty() == options.folder.empty()) {
    throw Error{ErrorKind::usage, "give files, '-' for standard input, or --dir"};
  }
  if (std::count(options.files.begin(), options.files.end(), "-") > 1) {
    throw Error{ErrorKind::usage, "standard input can be read once"};
  }
  longest_age_of(options);
  // The value stays out of the message, as it may hold a password.
  if (const auto fault = options.forward_to.empty() ? std::string{} : address_fault(options.forward_to);
      !fault.empty()) {
    throw Error{ErrorKind::usage, "--to " + fault, "write it as http://HOST[:PORT]/PATH"};
  }
  return ReplayNotify{options, services, output}.run();
}

}  // namespace

void add_replay_notify(CLI::App& root, Command& chosen) {
  auto options = std::make_shared<ReplayNotifyOptions>();
  auto* command = root.add_subcommand("replay-notify", "Verify saved notifications and apply each once");
  command->add_option("FILE", options->files,
                      "Saved notifications, one or many a file; '-' for standard input");
  command->add_option("--dir", options->folder, "Take the regular files of a folder, by name")
      ->type_name("DIR");
  command->add_flag("--reply", options->reply, "Add the answer that WeChat Pay would be given");
  command
      ->add_option("--to", options->forward_to,
                   "Send on what was verified, byte for byte, to the merchant's back end")
      ->type_name("URL");
  command
      ->add_option("--max-age", options->max_age,
                   "Refuse what was signed longer ago, as 5m; only notifications of API v3 say when")
      ->type_name("DURATION");
  command->add_flag("--dry-run", options->dry_run, "Verify and compare, write and send nothing");
  command->footer(
      "Of API v2 it is XML; of API v3 JSON Lines, {\"headers\":{…},\"body\":\"…\"}, or HTTP as it came: "
      "headers, a blank\n"
      "line, the body. The same again changes nothing. What was applied or refused is kept in the ledger.\n\n"
      "Examples:\n"
      "  wxpayctl replay-notify notification.xml --reply --json\n"
      "  wxpayctl replay-notify --dir /var/spool/wxpay --dry-run\n"
      "  wxpayctl replay-notify saved.xml --to http://127.0.0.1:8080/notify/order\n\n"
      "Exit codes: 0 applied, or nothing to apply; 1 an unknown order or a malformed document; 4 WeChat\n"
      "Pay's certificates could not be had, or the back end has not taken one; 5 a signature, merchant,\n"
      "amount or transaction does not agree; 7 the ledger could not take one; 8 a file cannot be read");
  command->callback([&chosen, options] {
    chosen = [options](Services& services, Output& output) {
      return run_replay_notify(*options, services, output);
    };
  });
}

}  // namespace wxpay::cli
