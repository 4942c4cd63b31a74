#include <CLI/CLI.hpp>

#include <atomic>
#include <utility>

#include "app/import_orders.hpp"
#include "base/text.hpp"
#include "cli/exit_code.hpp"
#include "cli/input.hpp"
#include "cli/order_record.hpp"
#include "cli/orders_stream.hpp"
#include "cli/payment_api.hpp"
#include "cli/progress.hpp"
#include "cli/streams.hpp"

namespace wxpay::cli {

namespace {

/// Further bad records are only counted.
constexpr std::int64_t most_told = 20;

/// Ends the reading when the program is to end, or when what was read is of no use any more.
class ReadingStop final : public Stop {
 public:
  explicit ReadingStop(const Stop& program) : program_{program} {}
  void request() { requested_ = true; }
  bool requested() const noexcept override { return requested_ || program_.requested(); }

 private:
  const Stop& program_;
  std::atomic<bool> requested_ = false;
};

class ImportRun {
 public:
  ImportRun(const std::string& file, Services& services, Output& output)
      : services_{services},
        output_{output},
        stop_{services.stop()},
        stream_{file, stop_},
        reader_{[this](char* buffer, std::size_t size) { return stream_.read(buffer, size); }},
        input_{reader_, defaults(services)},
        progress_{output, services.clock(), std::nullopt} {}

  int run() {
    try {
      app::import_orders(input_, services_.new_or_existing_ledger(), services_.stop(),
                         {.bad = [this](const auto& entry) { tell(entry); },
                          .kept = [this](const auto& counts) { show(counts); },
                          .abandon = [this] { stop_.request(); }},
                         counts_);
    } catch (const Error&) {
      finish_after_failure();
      throw;
    }
    const int code = counts_.failed == 0 ? exit_done : exit_refused;
    output_.set_code_when_closed(code);
    finish();
    if (counts_.read == 0) output_.warn("the input holds no record");
    return code;
  }

 private:
  static app::ImportDefaults defaults(Services& services) {
    const auto& profile = services.profile();
    return {profile.merchant.mch_id, profile.trade_type, pay_scheme(profile), services.clock().now()};
  }

  void tell(const app::ImportInput::Entry& entry) {
    if (++told_ > most_told) return;
    progress_.clear();
    output_.report(
        Error{ErrorKind::refused,
              "line " + std::to_string(entry.line) + ": " + without_control_characters(entry.problem),
              {},
              "PARAM_ERROR"});
  }

  void show(const app::ImportCounts& counts) {
    for (; shown_bad_ < counts.failed; ++shown_bad_) progress_.add(true);
    for (; shown_good_ < counts.read - counts.failed; ++shown_good_) progress_.add(false);
    progress_.show();
  }

  void finish_after_failure() {
    try {
      finish();
    } catch (const OutputClosed&) {
      // The failure is told all the same.
    }
  }

  void finish() {
    progress_.clear();
    if (told_ > most_told) {
      output_.warn(std::to_string(told_ - most_told) + " more records are bad");
    }
    report::Record record;
    record.number("read", counts_.read)
        .number("imported", counts_.imported)
        .number("existing", counts_.existing)
        .number("failed", counts_.failed);
    output_.print(record, {"read", "imported", "existing", "failed"});
    output_.finish();
  }

  Services& services_;
  Output& output_;
  ReadingStop stop_;
  InputStream stream_;
  wire::RecordReader reader_;
  app::ImportInput input_;
  Progress progress_;
  app::ImportCounts counts_;
  std::int64_t told_ = 0;
  std::int64_t shown_good_ = 0;
  std::int64_t shown_bad_ = 0;
};

/// The columns of an export, as lines of help.
std::string listed_fields() {
  constexpr std::size_t widest = 100;
  std::string text;
  std::string line;
  for (const auto& column : exported_columns()) {
    if (line.size() + column.size() > widest) text += std::exchange(line, {}) + ",\n";
    line += (line.empty() ? "  " : ", ") + column;
  }
  return text + line + ".\n";
}

}  // namespace

void add_orders_import(CLI::App& orders, Command& chosen) {
  auto file = std::make_shared<std::string>();
  auto* command = orders.add_subcommand("import", "Take over orders from JSON Lines or CSV");
  command->add_option("FILE", *file, "What 'orders export' writes; - is standard input")->required();
  command->footer(
      "Fields, as 'orders export' writes them; outTradeNo and totalFee are required, state is NOTPAY if "
      "absent:\n" +
      listed_fields() +
      "Whose order it is stays open where a record has no appId. An order that is there is left alone,\n"
      "so the same file may be imported again.\n\n"
      "Examples:\n"
      "  wxpayctl orders import orders.jsonl\n"
      "  zcat orders.csv.gz | wxpayctl orders import -\n\n"
      "Exit codes: 0 done; 1 bad records, the others were imported; 2 unknown or missing column; 7 ledger;\n"
      "8 unreadable file; 130 interrupted, what was counted is kept");
  command->callback([&chosen, file] {
    chosen = [file](Services& services, Output& output) {
      services.add_inputs({*file});
      return ImportRun{*file, services, output}.run();
    };
  });
}

}  // namespace wxpay::cli
