#include "cli/commands.hpp"

namespace wxpay::cli {

void add_commands(CLI::App& root, Command& chosen) {
  add_create_order(root, chosen);
  add_sign(root, chosen);
  add_query(root, chosen);
  add_reconcile(root, chosen);
  add_replay_notify(root, chosen);
  add_close(root, chosen);
  add_refund(root, chosen);
  add_query_refund(root, chosen);
  add_micropay(root, chosen);
  add_reverse(root, chosen);
  add_orders(root, chosen);
  add_refunds(root, chosen);
  add_ledger(root, chosen);
  add_sandbox(root, chosen);
  add_api(root, chosen);
  add_init(root, chosen);
  add_doctor(root, chosen);
}

}  // namespace wxpay::cli
