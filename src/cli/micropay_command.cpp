#include <CLI/CLI.hpp>

#include <algorithm>

#include "app/order_request.hpp"
#include "app/pay_by_code.hpp"
#include "cli/commands.hpp"
#include "cli/create_order_command.hpp"
#include "cli/exit_code.hpp"
#include "cli/input.hpp"
#include "cli/payment_api.hpp"
#include "wxpay/time.hpp"

namespace wxpay::cli {

namespace {

struct MicropayOptions {
  app::OrderRequest order;
  std::string auth_code_file;
  std::string longest = "45s";
};

/// A code and what may stand around it.
constexpr std::size_t largest_auth_code_file = 1024;
/// `reconcile` leaves orders of the last five minutes alone.
constexpr std::chrono::minutes longest_wait{4};

std::chrono::seconds checked_wait(const std::string& text) {
  const auto wait = parse_duration(text);
  if (wait && *wait >= std::chrono::seconds{1} && *wait <= longest_wait) return *wait;
  throw Error{ErrorKind::usage, "--for must be from 1s to 4m", "45s is usual"};
}

const std::vector<std::string>& micropay_columns() {
  static const std::vector<std::string> columns{"outTradeNo", "transactionId", "tradeState", "totalFee",
                                                "timeEnd",    "ledgerState",   "resultCode", "errCode",
                                                "errCodeDes", "reversed",      "hint"};
  return columns;
}

report::Record describe(const OrderIntent& intent, const app::CodePaymentResult& result) {
  report::Record record;
  record.text("outTradeNo", intent.out_trade_no.text());
  const auto& paid = result.paid;
  if (paid) record.text_if_set("transactionId", paid->transaction_id.text());
  record.text_if_set("tradeState", paid ? std::string{to_string(paid->state)} : result.trade_state);
  record.number("totalFee", intent.total_fee.count());
  if (paid && paid->time_end) record.text("timeEnd", format_rfc3339(*paid->time_end));
  record.text("ledgerState", std::string{to_string(result.ledger_state)});
  record.text("resultCode", paid ? "SUCCESS" : result.outcome == app::Outcome::refused ? "FAIL" : "UNKNOWN");
  if (!paid) record.text_if_set("errCode", result.said.code).text_if_set("errCodeDes", result.said.text);
  if (result.reversed) record.flag("reversed", true);
  record.text_if_set("hint", result.hint);
  return record;
}

int run_micropay(const MicropayOptions& options, Services& services, Output& output) {
  const auto longest = checked_wait(options.longest);
  const auto intent = app::check_code_payment(options.order, order_defaults(services.profile()));
  // It may have to be reversed, so what is missing for that is found before anything is written or sent.
  require_counter(services);
  auto& gateway = services.gateway();
  auto& ledger = services.new_or_existing_ledger();
  services.add_inputs({options.auth_code_file});
  auto auth_code =
      app::parse_auth_code(Secret{read_input(options.auth_code_file, largest_auth_code_file)}.reveal());
  output.confirm("Take " + format_yuan(intent.total_fee) + " yuan from the payer of this code?");
  const auto result = app::pay_by_code(intent, std::move(auth_code), longest,
                                       {ledger, gateway, services.clock(), services.stop()});
  output.set_code_when_closed(exit_code(result.outcome));
  output.print(describe(intent, result), micropay_columns());
  return exit_code(result.outcome);
}

}  // namespace

void add_micropay(CLI::App& root, Command& chosen) {
  auto options = std::make_shared<MicropayOptions>();
  auto& order = options->order;
  auto* command = root.add_subcommand("micropay", "Take a payment by the code that the payer shows");
  const auto add = [&](const char* name, std::optional<std::string>& slot, const char* type,
                       const std::string& help) {
    return command->add_option(name, slot, help)->type_name(type);
  };
  add("--out-trade-no", order.out_trade_no, "NO",
      "The merchant's order number, at most 32 of 0-9 A-Z a-z _ - | *");
  command
      ->add_option("--auth-code-file", options->auth_code_file,
                   "The payer's code, 18 digits, in FILE, '-' for standard input")
      ->type_name("FILE")
      ->required();
  auto* fee = add("--total-fee", order.total_fee, "FEN", "Amount in fen, a whole number");
  add("--amount", order.amount, "YUAN", "Amount in yuan, at most two decimals")->excludes(fee);
  add("--body", order.body, "TEXT", "Description of the goods, at most 127 bytes");
  add("--attach", order.attach, "TEXT", "Returned unchanged in queries");
  add("--goods-tag", order.goods_tag, "TAG", "Coupon tag");
  add("--device-info", order.device_info, "ID", "Terminal or shop");
  add("--limit-pay", order.limit_pay, "HOW", "no_credit: no credit cards");
  add("--client-ip", order.client_ip, "IP", "The address of the till");
  command->add_option("--for", options->longest, "How long the payer has to confirm (default 45s)")
      ->type_name("DURATION");
  command->footer(
      "The code is never an argument: others can see those. API v2 alone, with the client certificate, as "
      "what\n"
      "nobody paid in time is reversed. Whatever interrupts it, the order is in the ledger, and `reconcile`\n"
      "decides it. Asks first on a terminal, unless --yes.\n\n"
      "Example:\n"
      "  wxpayctl micropay --out-trade-no 2026112300001 --amount 12.50 --body '咖啡' --auth-code-file -\n\n"
      "Exit codes: 0 paid; 1 not paid, and reversed where that was needed; 2 the request is wrong;\n"
      "3 configuration, key or certificate; 4 not decided, `reconcile` does it; 5 something does not agree;\n"
      "7 the ledger could not take it; 130 interrupted or not confirmed");
  command->callback([&chosen, options] {
    chosen = [options](Services& services, Output& output) {
      return run_micropay(*options, services, output);
    };
  });
}

}  // namespace wxpay::cli
