#include <CLI/CLI.hpp>

#include "app/reverse_order.hpp"
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/payment_api.hpp"
#include "cli/result_fields.hpp"

namespace wxpay::cli {

namespace {

void await_turn(const Order& order, Services& services, Output& output) {
  constexpr std::chrono::milliseconds nap{100};
  auto& clock = services.clock();
  const auto wait = app::time_to_reversal(order, clock.now());
  if (wait.count() > 0) {
    output.warn("WeChat Pay reverses nothing in the first 15 s: waiting for " + std::to_string(wait.count()) +
                " s");
  }
  while (app::time_to_reversal(order, clock.now()).count() > 0) {
    if (services.stop().requested())
      throw Error{ErrorKind::interrupted, "interrupted before anything was sent"};
    clock.sleep_for(nap);
  }
}

int run_reverse(const std::string& order, Services& services, Output& output) {
  const auto number = OutTradeNo::parse(order);
  require_counter(services);
  auto& gateway = services.gateway();
  auto& ledger = services.ledger();
  const auto& merchant = services.profile().merchant;
  const auto known = ledger.find(merchant.mch_id, number);
  const bool is_by_code = known && known->intent.trade_type == TradeType::micropay;
  if (known && !is_by_code) {
    output.warn("order " + order + " was not paid by the payer's code: 'wxpayctl close' is meant for it");
  }
  output.confirm("Reverse order " + order + ": close it, or give the money back where it is paid?");
  if (is_by_code) await_turn(*known, services, output);
  const auto result = app::reverse_order(number, merchant, ledger, gateway);
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

void add_reverse(CLI::App& root, Command& chosen) {
  auto order = std::make_shared<std::string>();
  auto* command = root.add_subcommand("reverse", "Reverse a payment by code: close it, or give it back");
  command->add_option("OUT_TRADE_NO", *order, "The merchant's order number")->required();
  command->footer(
      "For orders of `micropay`, up to 7 days old; API v2 alone, with the client certificate. Asks first on "
      "a\n"
      "terminal, unless --yes.\n\n"
      "Example:\n"
      "  wxpayctl reverse 2026112300001 --yes\n\n"
      "Exit codes: 0 reversed; 1 refused; 3 configuration, key or certificate; 4 no answer, run it again;\n"
      "5 something does not agree; 130 not confirmed");
  command->callback([&chosen, order] {
    chosen = [order](Services& services, Output& output) { return run_reverse(*order, services, output); };
  });
}

}  // namespace wxpay::cli
