#include <CLI/CLI.hpp>

#include <algorithm>

#include "app/query_refund.hpp"
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/refund_result.hpp"
#include "wxpay/ledger_place.hpp"

namespace wxpay::cli {

namespace {

struct QueryRefundOptions {
  std::vector<std::string> refunds;
  std::string order;
  bool read_only = false;
};

int code_of(const app::RefundQueryResult& result) {
  const auto code = exit_code(result.outcome);
  return result.is_abnormal() ? gravest(code, exit_differences) : code;
}

class QueryRefunds {
 public:
  QueryRefunds(const QueryRefundOptions& options, Services& services, Output& output)
      : services_{services},
        output_{output},
        write_back_{options.read_only ? app::WriteBack::no : app::WriteBack::yes} {
    for (const auto& number : options.refunds) numbers_.push_back(OutRefundNo::parse(number));
    if (!options.order.empty()) order_ = OutTradeNo::parse(options.order);
  }

  int run() {
    services_.gateway();  // a missing key is found before anything is written
    open_ledger();
    if (order_) take_refunds_of_order();
    if (numbers_.size() == 1) return show(ask(numbers_.front()));
    output_.begin_rows(refund_query_columns());
    int code = exit_done;
    for (const auto& number : numbers_) {
      if (services_.stop().requested()) throw Error{ErrorKind::interrupted, "interrupted"};
      try {
        const auto result = ask(number);
        code = gravest(code, code_of(result));
        output_.set_code_when_closed(code);
        output_.print_row(describe(result), refund_query_columns());
      } catch (const Error& error) {
        if (error.kind() == ErrorKind::interrupted) throw;
        code = gravest(code, exit_code(error.kind()));
        output_.report({error.kind(), number.text() + ": " + error.what(), error.hint(), error.code()});
      }
    }
    return code;
  }

 private:
  void open_ledger() {
    if (const auto found = find_ledger(services_.ledger_place().address); !found.why_not.empty()) {
      output_.warn(found.why_not + ": nothing is written back");
      write_back_ = app::WriteBack::no;
      return;
    }
    ledger_ = write_back_ == app::WriteBack::yes ? &services_.ledger() : &services_.ledger_read_only();
  }

  void take_refunds_of_order() {
    if (ledger_ != nullptr) {
      for (const auto& refund : ledger_->refunds_of(services_.profile().merchant.mch_id, *order_)) {
        numbers_.push_back(refund.intent.out_refund_no);
      }
    }
    if (!numbers_.empty()) return;
    throw Error{ErrorKind::refused, "the ledger has no refund of order " + order_->text(),
                "a refund that it does not have is asked about by its own number", "NOT_IN_LEDGER"};
  }

  app::RefundQueryResult ask(const OutRefundNo& number) {
    return app::query_refund(number, services_.profile().merchant, ledger_, write_back_, services_.gateway(),
                             services_.clock());
  }

  int show(const app::RefundQueryResult& result) {
    output_.set_code_when_closed(code_of(result));
    output_.print(describe(result), refund_query_columns());
    return code_of(result);
  }

  Services& services_;
  Output& output_;
  app::WriteBack write_back_;
  std::vector<OutRefundNo> numbers_;
  std::optional<OutTradeNo> order_;
  Ledger* ledger_ = nullptr;
};

}  // namespace

void add_query_refund(CLI::App& root, Command& chosen) {
  auto options = std::make_shared<QueryRefundOptions>();
  auto* command =
      root.add_subcommand("query-refund", "Ask WeChat Pay about refunds and write the answers back");
  auto* numbers = command->add_option("OUT_REFUND_NO", options->refunds, "The refunds' own numbers");
  auto* order =
      command->add_option("--order", options->order, "All refunds of this order that the ledger has");
  order->type_name("OUT_TRADE_NO")->excludes(numbers);
  command->add_flag("--read-only", options->read_only, "Write nothing back");
  command->footer(
      "Examples:\n"
      "  wxpayctl query-refund R2026112300001\n"
      "  wxpayctl query-refund --order 2026112300001 --json\n\n"
      "Exit codes: 0 known and written; 1 WeChat Pay has no such refund; 3 configuration or key; 4 no "
      "answer,\n"
      "run it again; 5 something does not agree; 6 ABNORMAL: the money is back with the merchant, and a\n"
      "person must act; 7 the ledger could not take it");
  command->callback([&chosen, options] {
    chosen = [options](Services& services, Output& output) {
      if (options->refunds.empty() && options->order.empty()) {
        throw Error{ErrorKind::usage, "no refund is named", "give its number, or --order"};
      }
      return QueryRefunds{*options, services, output}.run();
    };
  });
}

}  // namespace wxpay::cli
