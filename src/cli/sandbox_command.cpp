#include "sandbox/sandbox.hpp"

#include <CLI/CLI.hpp>
#include <utility>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/output.hpp"
#include "cli/payment_api.hpp"
#include "cli/sandbox_commands.hpp"
#include "cli/sandbox_control.hpp"
#include "cli/sandbox_tls.hpp"
#include "cli/services.hpp"
#include "sandbox/fault.hpp"
#include "wire/json.hpp"
#include "wxpay/time.hpp"

namespace wxpay::cli {

namespace {

struct ServeOptions {
  int port = sandbox_port;
  std::string state;
  std::optional<std::string> tls;
  std::string trust = "certificate";
  std::string refund_interval = "0s";
  std::string reverse_after = "15s";
};

struct PayOptions {
  std::string order;
  std::string fee;
};

struct FaultOptions {
  std::string kind;
  std::int64_t count = 1;
  std::string match{sandbox::default_fault_match};
  std::int64_t seconds = sandbox::Fault{}.delay.count();
  std::string words{sandbox::default_fault_words};
};

Secret v2_key_of(const Profile& profile, Services& services) {
  // One of API v3 need not have a key of API v2.
  if (profile.api == Api::v3 && profile.find_secret(SecretId::v2_key) == nullptr) return Secret{sandbox_key};
  return load_secret(profile, SecretId::v2_key, services.environment(), &services.stop());
}

/// The keys of API v3 of this profile; where it is of API v2, those of the built-in one.
sandbox::V3AccountKeys v3_keys_of(const Profile& profile, sandbox::Trust trust, Services& services) {
  SettingOptions built_in = services.settings();
  built_in.profile = sandbox_v3_name;
  auto known = v3_merchant_on_record(
      profile.api == Api::v3 ? profile : resolve_profile(built_in, services.environment()), services);
  return {.serial_no = std::move(known.serial_no),
          .key = crypto::PublicKey::from_pem(known.public_key, {"the merchant's public key"}),
          .apiv3_key = std::move(known.apiv3_key),
          .trust = trust};
}

std::chrono::seconds duration_of(const char* option, const std::string& text) {
  const auto duration = parse_duration(text);
  if (!duration) {
    throw Error{ErrorKind::usage, std::string{option} + " is not a duration: " + shortened(text),
                "a whole number and s, m, h or d, as in 60s"};
  }
  return *duration;
}

int run_serve(const ServeOptions& options, Services& services, Output& output) {
  const auto trust = sandbox::parse_trust(options.trust);
  if (!trust) {
    throw Error{ErrorKind::usage, "unknown kind of trust: " + shortened(options.trust),
                "one of certificate, public-key, both"};
  }
  const sandbox::StoreRules rules{
      .refund_interval = duration_of("--refund-interval", options.refund_interval),
      .reverse_after = duration_of("--reverse-after", options.reverse_after)};
  const Profile profile = sandbox_profile(services);
  auto key = v2_key_of(profile, services);
  const bool has_public_key = is_public(SecretId::v2_key, key);
  sandbox::ServerOptions server{
      options.port,
      {},
      {.merchant = profile.merchant, .v2_key = std::move(key), .v3 = v3_keys_of(profile, *trust, services)},
      {},
      rules};
  if (!options.state.empty()) {
    server.state_file = options.state;
    services.refuse_output("--state", options.state);
    // It is written anew under this name.
    services.refuse_output("--state", options.state + ".new");
  }
  std::optional<TlsFolder> tls_folder;
  if (options.tls) {
    tls_folder.emplace(*options.tls);
    server.tls = tls_options(profile, *server.account.v3, services);
  }
  const auto on_listening = [&](int port) {
    report::Record record;
    const std::string scheme = tls_folder ? "https" : "http";
    record.text("listening", scheme + "://127.0.0.1:" + std::to_string(port));
    if (tls_folder) {
      // Not before it listens: one that already has the port keeps its own.
      tls_folder->write(server.tls->identity.authority);
      record.text("caFile", tls_folder->ca_file().string());
    }
    record.text("mchId", profile.merchant.mch_id.text());
    record.text("appId", profile.merchant.app_id.text());
    if (has_public_key) record.text("key", sandbox_key).text("keyNote", "public, of the sandbox alone");
    output.set_code_when_closed(exit_cut_short);
    output.print(record, {"listening", "caFile", "mchId", "appId", "key", "keyNote"});
  };
  sandbox::serve(server, services.clock(), services.random(), services.stop(), services.log(), on_listening);
  throw Error{ErrorKind::interrupted, "the sandbox was told to stop"};
}

int run_pay(const PayOptions& options, Services& services, Output& output) {
  const auto order = OutTradeNo::parse(options.order);
  wire::JsonLine command;
  command.text("outTradeNo", order.text());
  if (!options.fee.empty()) {
    const auto fee = parse_fen(options.fee);
    if (!fee) {
      throw Error{ErrorKind::usage, "--fee is not a whole number of fen above 0: " + options.fee};
    }
    command.number("fee", fee->count());
  }
  const auto answer = command_sandbox(services, "/sandbox/pay", std::move(command), order.text());
  output.print(to_record(answer), {"outTradeNo", "transactionId", "tradeState", "totalFee"});
  return 0;
}

int run_fault(const FaultOptions& options, Services& services, Output& output) {
  const bool clears = to_lower(options.kind) == "none";
  const auto kind = sandbox::parse_fault_kind(options.kind);
  const auto names = sandbox::fault_names();
  if (!clears && !kind) {
    std::string all;
    for (const auto& name : names) all += (all.empty() ? "" : ", ") + name;
    const auto meant = nearest(options.kind, names);
    throw Error{ErrorKind::usage, "unknown kind of fault: " + shortened(options.kind),
                meant ? "did you mean " + *meant + "?" : "one of " + all};
  }
  wire::JsonLine command;
  command.text("kind", clears ? "none" : sandbox::to_string(*kind));
  if (!clears) {
    command.number("count", options.count).text("match", options.match).number("seconds", options.seconds);
    if (*kind == sandbox::FaultKind::refusal) command.text("words", options.words);
  }
  const auto answer = command_sandbox(services, "/sandbox/fault", std::move(command));
  output.print(to_record(answer), {"fault", "count", "match", "seconds", "words"});
  return 0;
}

int run_rotate(Services& services, Output& output) {
  output.print(to_record(command_sandbox(services, "/sandbox/rotate", {})), {"serialNo"});
  return 0;
}

void add_serve(CLI::App& sandbox, Command& chosen) {
  const auto options = std::make_shared<ServeOptions>();
  auto* command = sandbox.add_subcommand("serve", "Run the gateway on 127.0.0.1 until Ctrl-C");
  command->add_option("--port", options->port, "Port to listen on; 0 takes a free one")
      ->type_name("N")
      ->check(CLI::Range(0, 65535))
      ->capture_default_str();
  command->add_option("--state", options->state, "Keep orders and refunds in this file")->type_name("FILE");
  command
      ->add_option("--tls", options->tls,
                   "Serve over TLS and demand the client certificate on API v2; writes ca.pem to this folder")
      ->type_name("DIR");
  command
      ->add_option(
          "--trust", options->trust,
          "What it signs by on API v3: certificate, public-key, or both as a merchant in the change has it")
      ->type_name("KIND")
      ->capture_default_str();
  command
      ->add_option("--refund-interval", options->refund_interval,
                   "Least time between two refunds of an order; 0s: none")
      ->type_name("DURATION")
      ->capture_default_str();
  command
      ->add_option("--reverse-after", options->reverse_after,
                   "How long after its payment an order can be reversed; 0s: at once")
      ->type_name("DURATION")
      ->capture_default_str();
  command->footer(
      "Prints where it listens once it answers, with the merchant, the app and the key of the profile "
      "sandbox,\n"
      "which is public, so that any client can speak to it. Ends with 129, 130 or 143 when it is stopped.\n\n"
      "Examples:\n"
      "  wxpayctl sandbox serve --state sandbox.jsonl\n"
      "  wxpayctl sandbox serve --port 0 --json\n"
      "  wxpayctl sandbox serve --tls sandbox-tls\n"
      "  wxpayctl sandbox serve --trust public-key");
  command->callback([&chosen, options] {
    chosen = [options](Services& services, Output& output) { return run_serve(*options, services, output); };
  });
}

void add_pay(CLI::App& sandbox, Command& chosen) {
  const auto options = std::make_shared<PayOptions>();
  auto* command = sandbox.add_subcommand("pay", "Pay an order, as the payer would");
  command->add_option("OUT_TRADE_NO", options->order, "Merchant order number")->required();
  command->add_option("--fee", options->fee, "Pay this amount instead, to try a wrong one")->type_name("FEN");
  command->footer(
      "Exit codes: 0 paid, 1 refused (unknown, paid, closed or expired), 4 no sandbox answers.\n\n"
      "Examples:\n"
      "  wxpayctl sandbox pay 2026112300001");
  command->callback([&chosen, options] {
    chosen = [options](Services& services, Output& output) { return run_pay(*options, services, output); };
  });
}

void add_fault(CLI::App& sandbox, Command& chosen) {
  const auto options = std::make_shared<FaultOptions>();
  auto* command = sandbox.add_subcommand("fault", "Spoil the answers to the next requests");
  command->add_option("KIND", options->kind, "Kind of fault; none takes all back")->required();
  command->add_option("--count", options->count, "How many requests")
      ->type_name("N")
      ->check(CLI::Range(std::int64_t{1}, sandbox::largest_fault_count))
      ->capture_default_str();
  command->add_option("--match", options->match, "Only requests whose path contains this")
      ->type_name("PATH")
      ->capture_default_str();
  command->add_option("--seconds", options->seconds, "How long `delay` holds an answer back")
      ->type_name("N")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{sandbox::longest_fault_delay.count()}))
      ->capture_default_str();
  command->add_option("--words", options->words, "What `refusal` says, at most 128 bytes")
      ->type_name("TEXT")
      ->capture_default_str();
  std::string kinds;
  for (const auto& name : sandbox::fault_names()) kinds += "\n  " + name;
  command->footer("Kinds:" + kinds +
                  "\n\nExamples:\n"
                  "  wxpayctl sandbox fault lost-reply --match unifiedorder\n"
                  "  wxpayctl sandbox fault delay --seconds 40 --count 2\n"
                  "  wxpayctl sandbox fault refusal --words 商户号该产品权限未开通 --match unifiedorder");
  command->callback([&chosen, options] {
    chosen = [options](Services& services, Output& output) { return run_fault(*options, services, output); };
  });
}

void add_rotate(CLI::App& sandbox, Command& chosen) {
  auto* command =
      sandbox.add_subcommand("rotate", "Add a platform certificate of API v3, which signs from now on");
  command->footer(
      "Exit codes: 0 done, 1 refused (the sandbox has no platform certificates), 4 no sandbox answers.\n\n"
      "Examples:\n"
      "  wxpayctl sandbox rotate");
  command->callback([&chosen] {
    chosen = [](Services& services, Output& output) { return run_rotate(services, output); };
  });
}

}  // namespace

void add_sandbox(CLI::App& root, Command& chosen) {
  auto* sandbox =
      root.add_subcommand("sandbox", "A local WeChat Pay gateway for trying, training and testing");
  add_serve(*sandbox, chosen);
  add_pay(*sandbox, chosen);
  add_sandbox_refund(*sandbox, chosen);
  add_sandbox_notify(*sandbox, chosen);
  add_fault(*sandbox, chosen);
  add_sandbox_keys(*sandbox, chosen);
  add_rotate(*sandbox, chosen);
}

}  // namespace wxpay::cli
