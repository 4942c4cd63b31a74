#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <utility>

#include "base/text.hpp"
#include "cli/sandbox_commands.hpp"
#include "cli/sandbox_control.hpp"
#include "cli/sandbox_notification.hpp"
#include "wxpay/refund.hpp"

namespace wxpay::cli {

namespace {

struct SettleOptions {
  std::string refund;
  std::string state;
  bool notifies = false;
  NotifyDestination destination;
};

int run_refund(const SettleOptions& options, Services& services, Output& output) {
  const auto number = OutRefundNo::parse(options.refund);
  const auto state = parse_refund_status(to_upper(options.state));
  if (!state || *state == RefundState::unknown || *state == RefundState::failed) {
    throw Error{ErrorKind::usage, "unknown state of a refund: " + shortened(options.state),
                "one of SUCCESS, CLOSED, ABNORMAL, PROCESSING"};
  }
  check_destination(options.destination, services);
  wire::JsonLine command;
  command.text("outRefundNo", number.text()).text("state", to_string(*state));
  const auto answer = command_sandbox(services, "/sandbox/refund", std::move(command), number.text());
  if (options.notifies) {
    wire::JsonLine notify;
    notify.text("outRefundNo", number.text());
    return give_notification(std::move(notify), number.text(), options.destination, services, output);
  }
  output.print(to_record(answer), {"outRefundNo", "outTradeNo", "refundId", "refundState", "refundFee",
                                   "totalFee", "reason", "createdAt", "successAt"});
  return 0;
}

}  // namespace

void add_sandbox_refund(CLI::App& sandbox, Command& chosen) {
  const auto options = std::make_shared<SettleOptions>();
  auto* command = sandbox.add_subcommand("refund", "Decide what becomes of a refund that was accepted");
  command->add_option("OUT_REFUND_NO", options->refund, "Merchant refund number")->required();
  command->add_option("--state", options->state, "SUCCESS, CLOSED, ABNORMAL or PROCESSING")
      ->type_name("STATE")
      ->required();
  auto* notify =
      command->add_flag("--notify", options->notifies, "Then send or save its notification, as notify does");
  add_destination(*command, options->destination);
  for (const auto* name : {"--to", "--out"}) command->get_option(name)->needs(notify);
  command->footer(
      "Exit codes: 0 done, 1 refused (unknown, or its amount went to others), 4 no sandbox answers or the\n"
      "notification was not taken, 8 file not written.\n\n"
      "Examples:\n"
      "  wxpayctl sandbox refund R2026112300001 --state SUCCESS\n"
      "  wxpayctl sandbox refund R2026112300001 --state ABNORMAL --notify --out abnormal.xml");
  command->callback([&chosen, options] {
    chosen = [options](Services& services, Output& output) { return run_refund(*options, services, output); };
  });
}

}  // namespace wxpay::cli
