#include "cli/create_order_command.hpp"

#include <CLI/CLI.hpp>

#include "base/text.hpp"
#include "cli/clock_watch.hpp"
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/input.hpp"
#include "cli/payment_api.hpp"
#include "cli/result_fields.hpp"
#include "domain/field_rules.hpp"
#include "domain/limits.hpp"
#include "report/qr_code.hpp"

namespace wxpay::cli {

namespace {

struct CreateOrderOptions {
  app::OrderRequest order;
  std::string request_file;
  bool profit_sharing = false;
  BatchArguments batch;
};

const char* name_of(app::PrepayOrigin origin) {
  switch (origin) {
    case app::PrepayOrigin::created:
      return "CREATED";
    case app::PrepayOrigin::renewed:
      return "RENEWED";
    case app::PrepayOrigin::reused:
      return "REUSED";
  }
  return "CREATED";
}

app::OrderRequest request_of(const CreateOrderOptions& options) {
  if (options.request_file.empty()) {
    auto order = options.order;
    if (options.profit_sharing) order.profit_sharing = "Y";
    return order;
  }
  return app::parse_order_request(read_input(options.request_file, limits::largest_record));
}

int run_create_order(const CreateOrderOptions& options, Services& services, Output& output) {
  const auto& batch = options.batch;
  if (!batch.file.empty()) return run_create_batch(batch, services, output);
  if (batch.dry_run || !(batch.jobs.jobs + batch.jobs.rate + batch.max_errors + batch.failed_file).empty()) {
    throw Error{ErrorKind::usage, "--jobs, --rate, --max-errors, --failed and --dry-run belong to --batch"};
  }
  if (!options.request_file.empty()) services.add_inputs({options.request_file});
  const auto request = request_of(options);
  const auto checked =
      app::check_order_request(request, order_defaults(services.profile()), services.clock().now());
  for (const auto& warning : checked.warnings) output.warn(warning);
  auto& gateway = services.gateway();  // a missing key is found before anything is written
  ClockWatch clock_watch{services.clock()};
  const auto warn_of_clock = [&output](const std::string& warning) {
    if (!warning.empty()) output.alert(warning);
  };
  warn_of_clock(clock_watch.look());
  const auto result =
      app::create_order(checked, services.new_or_existing_ledger(), gateway, services.clock());
  warn_of_clock(clock_watch.look(result.clock_ahead));
  report::Record record;
  describe_creation(record, checked.intent, result, services);
  output.set_code_when_closed(exit_code(result.outcome));
  auto columns = creation_columns();
  columns.emplace_back("hint");
  output.print(record, columns);
  const bool show_qr_code = result.outcome == app::Outcome::done && !result.prepay->code_url.empty() &&
                            output.format() == OutputFormat::text && output.is_terminal();
  if (show_qr_code) output.print_text(report::qr_code(result.prepay->code_url));
  return exit_code(result.outcome);
}

}  // namespace

const std::vector<std::string>& creation_columns() {
  static const std::vector<std::string> columns{
      "outTradeNo", "returnCode", "returnMsg", "resultCode", "appId",   "timeStamp",
      "nonceStr",   "package",    "signType",  "paySign",    "appid",   "partnerid",
      "prepayid",   "noncestr",   "timestamp", "sign",       "codeUrl", "mwebUrl",
      "prepayId",   "ledger",     "errCode",   "errCodeDes", "differs", "ledgerState"};
  return columns;
}

app::OrderDefaults order_defaults(const Profile& profile) {
  return {profile.merchant,   profile.trade_type, profile.body,
          profile.notify_url, profile.client_ip,  intent_rule(profile)};
}

void describe_creation(report::Record& record, const OrderIntent& intent, const app::CreateResult& result,
                       Services& services) {
  const auto& said = result.said;
  record.text("outTradeNo", intent.out_trade_no.text());
  describe_answer(record, said);
  if (result.outcome == app::Outcome::done) {
    describe_reply(record, result.reply);
    const auto& prepay = *result.prepay;
    record
        .fields(services.api().pay_signer().parameters(intent.trade_type, intent.merchant, prepay.prepay_id,
                                                       prepay.scheme, pay_timestamp(services.clock()),
                                                       make_nonce(services.random())))
        .text_if_set("codeUrl", prepay.code_url)
        .text_if_set("mwebUrl", prepay.mweb_url)
        .text_if_set("prepayId", prepay.prepay_id.text())
        .text("ledger", name_of(result.origin));
    return;
  }
  describe_reply(record, result.reply, said.code, said.text);
  if (!result.differs.empty()) record.list("differs", result.differs);
  record.text("ledgerState", std::string{to_string(result.ledger_state)}).text_if_set("hint", result.hint);
}

void add_create_order(CLI::App& root, Command& chosen) {
  auto options = std::make_shared<CreateOrderOptions>();
  auto& order = options->order;
  auto* command = root.add_subcommand("create-order", "Create a prepay order and sign its pay parameters");
  const auto add = [&](const char* name, std::optional<std::string>& slot, const char* type,
                       const std::string& help) {
    return command->add_option(name, slot, help)->type_name(type);
  };
  add("--out-trade-no", order.out_trade_no, "NO",
      "The merchant's order number, at most 32 of 0-9 A-Z a-z _ - | *");
  add("--openid", order.openid, "ID", "The payer under the app; needed for JSAPI");
  add("--total-fee", order.total_fee, "FEN", "Amount in fen, a whole number");
  add("--amount", order.amount, "YUAN", "Amount in yuan, at most two decimals");
  add("--body", order.body, "TEXT", "Description of the goods, at most 127 bytes");
  add("--trade-type", order.trade_type, "TYPE", listed(payable_trade_types(), "or"));
  add("--attach", order.attach, "TEXT", "Returned unchanged in queries and notifications");
  add("--detail", order.detail, "JSON", "Goods in detail, at most 6000 bytes");
  add("--goods-tag", order.goods_tag, "TAG", "Coupon tag");
  add("--product-id", order.product_id, "ID", "Product; needed for NATIVE on API v2");
  add("--device-info", order.device_info, "ID", "Terminal or shop");
  add("--limit-pay", order.limit_pay, "HOW", "no_credit: no credit cards");
  auto* expire_in = add("--expire-in", order.expire_in, "DURATION", "Time to pay, as 30m");
  add("--time-expire", order.time_expire, "T", "The same as a point in time")->excludes(expire_in);
  add("--client-ip", order.client_ip, "IP", "The payer's address");
  add("--notify-url", order.notify_url, "URL", "Where WeChat Pay sends the notification");
  add("--scene-info", order.scene_info, "JSON", "Scene; needed for H5");
  command->add_flag("--profit-sharing", options->profit_sharing, "Freeze the amount for profit sharing");
  add("--sub-openid", order.sub_openid, "ID", "The payer under the sub-merchant's app");
  auto* request = command->add_option("--request", options->request_file,
                                      "Read the order from a JSON object in FILE, '-' for standard input");
  request->type_name("FILE");
  const auto single = command->get_options();
  auto& batch = options->batch;
  auto* batch_file = command->add_option(
      "--batch", batch.file, "Create many orders from JSON Lines or CSV in FILE, '-' for standard input");
  batch_file->type_name("FILE");
  for (auto* option : single) {
    if (option == command->get_help_ptr()) continue;
    batch_file->excludes(option);
    if (option != request) request->excludes(option);
  }
  const auto add_for_batch = [&](const char* name, std::string& slot, const char* type, const char* help) {
    command->add_option(name, slot, help)->type_name(type);
  };
  add_for_batch("--jobs", batch.jobs.jobs, "N", "Requests at once (default: the profile's, 16)");
  add_for_batch("--rate", batch.jobs.rate, "N", "Requests a second at most (default: the profile's, 50)");
  add_for_batch("--max-errors", batch.max_errors, "N", "Stop after N failures in a row (default 20)");
  add_for_batch("--failed", batch.failed_file, "FILE", "Write the records that were not created there");
  command->add_flag("--dry-run", batch.dry_run, "Check everything, send and write nothing");
  command->footer(
      "Running it again with the same parameters is always safe.\n\n"
      "Examples:\n"
      "  wxpayctl create-order --out-trade-no 2026112300001 --openid oUpF8uMu --total-fee 1000\n"
      "  wxpayctl create-order --out-trade-no 2026112300002 --trade-type NATIVE --product-id 7 --amount "
      "19.90\n"
      "  wxpayctl create-order --request order.json --json\n"
      "  wxpayctl create-order --batch orders.csv --failed again.csv --json > results.jsonl\n\n"
      "Exit codes: 0 created; 1 refused; 2 the request is wrong; 3 configuration or key, also where WeChat\n"
      "Pay says that the signature is wrong; 4 no answer, run it again; 5 the answer is not to be trusted;\n"
      "7 the ledger could not take it; 8 a file cannot be read or written");
  command->callback([&chosen, options] {
    chosen = [options](Services& services, Output& output) {
      return run_create_order(*options, services, output);
    };
  });
}

}  // namespace wxpay::cli
