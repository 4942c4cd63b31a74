#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <utility>

#include "cli/sandbox_commands.hpp"
#include "cli/sandbox_notification.hpp"
#include "wxpay/identifiers.hpp"

namespace wxpay::cli {

namespace {

struct NotifyOptions {
  std::string order;
  std::string refund;
  NotifyDestination destination;
};

int run_notify(const NotifyOptions& options, Services& services, Output& output) {
  if (options.order.empty() == options.refund.empty())
    throw Error{ErrorKind::usage, "give an order number, or a refund with --refund"};
  wire::JsonLine command;
  const bool is_refund = !options.refund.empty();
  const auto& number = is_refund ? options.refund : options.order;
  if (is_refund) {
    command.text("outRefundNo", OutRefundNo::parse(number).text());
  } else {
    command.text("outTradeNo", OutTradeNo::parse(number).text());
  }
  check_destination(options.destination, services);
  return give_notification(std::move(command), number, options.destination, services, output);
}

}  // namespace

void add_sandbox_notify(CLI::App& sandbox, Command& chosen) {
  const auto options = std::make_shared<NotifyOptions>();
  auto* command = sandbox.add_subcommand("notify", "Send or save the notification of a payment or refund");
  command->add_option("OUT_TRADE_NO", options->order, "Merchant order number, of a paid order");
  command->add_option("--refund", options->refund, "Of this refund instead, once it has ended")
      ->type_name("OUT_REFUND_NO");
  add_destination(*command, options->destination);
  command->footer(
      "Exit codes: 0 taken or written, 1 refused (unknown, unpaid or still being refunded), 4 not taken,\n"
      "8 file not written.\n\n"
      "Examples:\n"
      "  wxpayctl sandbox notify 2026112300001 --to http://127.0.0.1:8080/notify\n"
      "  wxpayctl sandbox notify 2026112300001 --out paid.xml\n"
      "  wxpayctl sandbox notify --refund R2026112300001 --out refunded.xml");
  command->callback([&chosen, options] {
    chosen = [options](Services& services, Output& output) { return run_notify(*options, services, output); };
  });
}

}  // namespace wxpay::cli
