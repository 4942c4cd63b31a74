#include <CLI/CLI.hpp>

#include "app/close_order.hpp"
#include "app/closing_rules.hpp"
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/result_fields.hpp"

namespace wxpay::cli {

namespace {

void warn_of_youth(const std::string& order, app::AgeForClosing age, Output& output) {
  switch (age) {
    case app::AgeForClosing::old_enough:
      return;
    case app::AgeForClosing::too_young:
      output.warn("order " + order +
                  " is younger than 5 minutes, and WeChat Pay asks not to close such orders");
      return;
    case app::AgeForClosing::unknown:
      output.warn(
          "order " + order +
          " may be younger than 5 minutes, and WeChat Pay asks not to close such orders: the clock was "
          "wrong when it was made");
      return;
  }
}

int run_close(const std::string& order, Services& services, Output& output) {
  const auto number = OutTradeNo::parse(order);
  auto& gateway = services.gateway();
  auto& ledger = services.ledger();
  const auto& merchant = services.profile().merchant;
  const auto known = ledger.find(merchant.mch_id, number);
  if (known && is_open(known->state)) {
    warn_of_youth(order, app::judge_age(*known, services.clock().now()), output);
  }
  output.confirm("Close order " + order + " for good?");
  const auto result = app::close_order(number, merchant, ledger, gateway);
  report::Record record;
  record.text("outTradeNo", order);
  describe_reply(record, result.reply, result.said.code, result.said.text);
  if (result.ledger_state) record.text("ledgerState", std::string{to_string(*result.ledger_state)});
  record.text_if_set("hint", result.hint);
  output.set_code_when_closed(exit_code(result.outcome));
  output.print(record, {"outTradeNo", "resultCode", "errCode", "errCodeDes", "ledgerState", "hint"});
  return exit_code(result.outcome);
}

}  // namespace

void add_close(CLI::App& root, Command& chosen) {
  auto order = std::make_shared<std::string>();
  auto* command = root.add_subcommand("close", "Close an order that is not paid");
  command->add_option("OUT_TRADE_NO", *order, "The merchant's order number")->required();
  command->footer(
      "Asks first on a terminal, unless --yes.\n\n"
      "Example:\n"
      "  wxpayctl close 2026112300001 --yes\n\n"
      "Exit codes: 0 closed; 1 refused, as a paid order is; 3 configuration or key, also where WeChat Pay\n"
      "says that the signature is wrong; 4 no answer, run it again; 5 something does not agree; 130 not\n"
      "confirmed");
  command->callback([&chosen, order] {
    chosen = [order](Services& services, Output& output) { return run_close(*order, services, output); };
  });
}

}  // namespace wxpay::cli
