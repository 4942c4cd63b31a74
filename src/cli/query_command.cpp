#include <CLI/CLI.hpp>

#include <algorithm>

#include "app/query_order.hpp"
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/input.hpp"
#include "cli/query_result.hpp"
#include "cli/streams.hpp"
#include "domain/field_rules.hpp"
#include "domain/limits.hpp"
#include "wxpay/ledger_place.hpp"
#include "wxpay/time.hpp"

namespace wxpay::cli {

namespace {

constexpr std::chrono::milliseconds first_pause{1'000};
constexpr std::chrono::milliseconds longest_pause{10'000};

struct QueryOptions {
  std::vector<std::string> orders;
  std::string transaction_id;
  bool read_only = false;
  bool watch = false;
  std::string watch_for;
};

/// One order to ask about, by either number.
struct Asked {
  std::optional<OutTradeNo> out_trade_no;
  TransactionId transaction_id;
  std::optional<app::QueryResult> last;  ///< of --watch
};

class Query {
 public:
  Query(const QueryOptions& options, Services& services, Output& output)
      : services_{services},
        output_{output},
        write_back_{options.read_only ? app::WriteBack::no : app::WriteBack::yes},
        watch_{options.watch},
        several_{options.orders.size() > 1} {
    for (const auto& number : options.orders) asked_.push_back({OutTradeNo::parse(number), {}, {}});
    if (!options.transaction_id.empty()) asked_.push_back({{}, TransactionId{options.transaction_id}, {}});
  }

  int run(std::chrono::seconds watch_for) {
    services_.gateway();  // a missing key is found before anything is written
    if (const auto found = find_ledger(services_.ledger_place().address); !found.why_not.empty()) {
      output_.warn(found.why_not + ": nothing is written back");
      write_back_ = app::WriteBack::no;
    } else {
      ledger_ = write_back_ == app::WriteBack::yes ? &services_.ledger() : &services_.ledger_read_only();
    }
    if (!watch_) {
      for (auto& order : asked_) {
        if (services_.stop().requested()) throw Error{ErrorKind::interrupted, "interrupted"};
        ask_once(order, &order == &asked_.back());
      }
      return code_;
    }
    return watch(watch_for);
  }

 private:
  app::QueryResult ask(const Asked& order) {
    if (!order.out_trade_no)
      return query_transaction(order.transaction_id, ledger_, write_back_, services_.gateway());
    return query_order(*order.out_trade_no, services_.profile().merchant.mch_id, ledger_, write_back_,
                       services_.gateway());
  }

  void ask_once(const Asked& order, bool last) {
    try {
      show(ask(order), last);
    } catch (const Error& error) {
      report(order, error);
    }
  }

  /// @param last  whether no other order is to be asked about
  void show(const app::QueryResult& result, bool last) {
    code_ = gravest(code_, exit_code(result.outcome));
    const bool cut_short = !last && write_back_ == app::WriteBack::yes;
    output_.set_code_when_closed(cut_short ? gravest(found(), exit_cut_short) : found());
    if (!result.note.empty()) output_.warn("order " + result.out_trade_no + " was paid after it was closed");
    if (several_) {
      output_.print_row(describe(result), query_columns());
    } else {
      output_.print(describe(result), query_columns());
    }
  }

  /// One order's trouble does not keep the others from being asked about.
  void report(const Asked& order, const Error& error) {
    if (!several_ || error.kind() == ErrorKind::interrupted) throw error;
    output_.report(
        Error{error.kind(), order.out_trade_no->text() + ": " + error.what(), error.hint(), error.code()});
    code_ = gravest(code_, exit_code(error.kind()));
  }

  int watch(std::chrono::seconds watch_for) {
    const auto end = services_.clock().steady_now() + watch_for;
    auto pause = first_pause;
    while (true) {
      ask_the_undecided();
      const auto left = end - services_.clock().steady_now();
      if (asked_.empty()) return code_;
      if (left <= std::chrono::seconds{0} || services_.stop().requested()) return give_up();
      progress();
      services_.clock().sleep_for(std::min(pause, std::chrono::ceil<std::chrono::milliseconds>(left)));
      if (services_.stop().requested()) return give_up();
      pause = std::min(pause * 3 / 2, longest_pause);
    }
  }

  void ask_the_undecided() {
    std::vector<Asked> undecided;
    for (auto& order : asked_) {
      const bool last = undecided.empty() && &order == &asked_.back();
      if (!services_.stop().requested() && try_to_decide(order, last)) continue;
      undecided.push_back(std::move(order));
    }
    asked_ = std::move(undecided);
  }

  /// True when there is nothing more to wait for; then the result has been shown.
  bool try_to_decide(Asked& order, bool last) {
    try {
      order.last = ask(order);
    } catch (const Error& error) {
      const bool passing = error.kind() == ErrorKind::network || error.kind() == ErrorKind::timeout ||
                           error.kind() == ErrorKind::gateway;
      if (error.kind() == ErrorKind::interrupted) return false;
      if (!passing) {
        report(order, error);
        return true;
      }
      services_.log().write(LogLevel::warning, error.what());
      return false;
    }
    const bool being_created = order.last->outcome == app::Outcome::refused && order.last->ledger_state &&
                               is_open(*order.last->ledger_state);
    const bool ended = order.last->decided || (order.last->outcome != app::Outcome::done && !being_created);
    if (ended) show_after_progress(*order.last, last);
    return ended;
  }

  int give_up() {
    gave_up_ = true;
    for (const auto& order : asked_) {
      if (order.last) show_after_progress(*order.last, true);
    }
    clear_progress();
    if (services_.stop().requested()) throw Error{ErrorKind::interrupted, "interrupted"};
    if (std::any_of(asked_.begin(), asked_.end(), [](const Asked& order) { return !order.last; })) {
      code_ = gravest(code_, exit_unknown);
      output_.report(Error{ErrorKind::network, "no answer in all the time", "run it again"});
    }
    return found();
  }

  /// An order that is still undecided at the end may yet be paid.
  int found() const {
    return gave_up_ ? gravest(exit_unknown, code_ == exit_refused ? exit_done : code_) : code_;
  }

  void progress() {
    if (!output_.shows_progress()) return;
    std::string states;
    for (const auto& order : asked_) {
      if (order.last) states += " " + (order.last->trade_state.empty() ? "unknown" : order.last->trade_state);
    }
    write_standard_error("\r\x1b[Kwaiting for " + std::to_string(asked_.size()) +
                         (asked_.size() == 1 ? " order:" : " orders:") + states);
    progress_shown_ = true;
  }

  void clear_progress() {
    if (progress_shown_) write_standard_error("\r\x1b[K");
    progress_shown_ = false;
  }

  void show_after_progress(const app::QueryResult& result, bool last) {
    clear_progress();
    show(result, last);
  }

  Services& services_;
  Output& output_;
  app::WriteBack write_back_;
  bool watch_;
  bool several_;
  std::vector<Asked> asked_;
  OrderLedger* ledger_ = nullptr;
  int code_ = exit_done;
  bool gave_up_ = false;  ///< watching, with orders undecided
  bool progress_shown_ = false;
};

int run_query(const QueryOptions& options, Services& services, Output& output) {
  if (options.orders.empty() == options.transaction_id.empty()) {
    throw Error{ErrorKind::usage, "give order numbers or --transaction-id"};
  }
  const auto& id = options.transaction_id;
  if (!is_plain_id(id, limits::longest_transaction_id)) {
    throw Error{ErrorKind::usage, "--transaction-id must be at most 32 letters and digits"};
  }
  if (!options.watch_for.empty() && !options.watch) throw Error{ErrorKind::usage, "--for belongs to --watch"};
  const auto watch_for = options.watch_for.empty() ? std::optional{std::chrono::seconds{120}}
                                                   : parse_duration(options.watch_for);
  if (!watch_for) throw Error{ErrorKind::usage, "--for must be a duration as 2m"};
  return Query{options, services, output}.run(*watch_for);
}

}  // namespace

void add_query(CLI::App& root, Command& chosen) {
  auto options = std::make_shared<QueryOptions>();
  auto* command = root.add_subcommand("query", "Ask WeChat Pay about orders and update the ledger");
  command->add_option("OUT_TRADE_NO", options->orders, "The merchant's order numbers");
  command->add_option("--transaction-id", options->transaction_id, "Ask by WeChat Pay's number")
      ->type_name("ID");
  command->add_flag("--read-only", options->read_only, "Leave the ledger as it is");
  command->add_flag("--watch", options->watch, "Ask again until the order is decided");
  command->add_option("--for", options->watch_for, "How long to watch (default 2m)")->type_name("DURATION");
  command->footer(
      "Examples:\n"
      "  wxpayctl query 2026112300001 --json\n"
      "  wxpayctl query 2026112300001 --watch --for 10m\n\n"
      "Exit codes: 0 asked and settled; 1 WeChat Pay has no such order, or refused; 3 configuration or key,\n"
      "also where WeChat Pay says that the signature is wrong; 4 no answer, or undecided after --watch;\n"
      "5 amount, transaction, state or signature does not agree; 7 the ledger could not be written");
  command->callback([&chosen, options] {
    chosen = [options](Services& services, Output& output) { return run_query(*options, services, output); };
  });
}

}  // namespace wxpay::cli
