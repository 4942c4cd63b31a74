#include <CLI/CLI.hpp>

#include "cli/commands.hpp"
#include "cli/config/health_checks.hpp"
#include "cli/exit_code.hpp"
#include "cli/payment_api.hpp"
#include "wxpay/ledger_place.hpp"

namespace wxpay::cli {

namespace {

/// Runs the checks one after another; a later one runs wherever an earlier failure leaves it something to
/// check.
class Doctor {
 public:
  explicit Doctor(Services& services, Output& output) : services_{services}, output_{output} {}

  int run() {
    const bool configured = check("config", [this] { return check_config(); });
    const bool keyed = configured && check("key", [this] { return check_key(); });
    // A ledger that an option names needs no configuration.
    if (configured || names_ledger()) {
      const bool opens = check("ledger", [this] { return check_ledger(); });
      if (opens && find_ledger(services_.ledger_place().address).may_be_there)
        check("lock", [this] { return check_lock(); });
    }
    if (configured) {
      check("gateway", [this, keyed] {
        return keyed ? check_gateway() : Finding{Health::fail, "needs the key"};
      });
      if (keyed) check_trust();
      check("clock", [this] { return check_clock(); });
    }
    return failed_ ? exit_config : exit_done;
  }

 private:
  /// Prints what one check found; true unless it failed.
  template <class Check>
  bool check(const std::string& name, Check find) {
    if (services_.stop().requested()) throw Error{ErrorKind::interrupted, "interrupted"};
    const auto finding = finding_of(find);
    report::Record record;
    record.text("check", name).text("status", to_string(finding.health)).text_if_set("hint", finding.hint);
    if (finding.health == Health::fail) failed_ = true;
    output_.set_code_when_closed(failed_ ? exit_config : exit_done);
    output_.print_row(record, {"check", "status", "hint"});
    return finding.health != Health::fail;
  }

  template <class Check>
  static Finding finding_of(Check find) {
    try {
      return find();
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::interrupted || error.kind() == ErrorKind::internal) throw;
      return failed(error);
    }
  }

  Finding check_config() {
    const auto& profile = services_.profile();
    const auto file = profile.config_file.empty() ? "built in" : profile.config_file.string();
    return {Health::ok, "profile " + profile.name + ", " + file};
  }

  Finding check_key() { return {Health::ok, check_secrets(services_)}; }

  bool names_ledger() const {
    return services_.settings().ledger || services_.environment()("WXPAYCTL_LEDGER");
  }

  Finding check_ledger() {
    const auto place = resolve_ledger(services_.settings(), services_.environment());
    return judge_ledger(find_ledger(place.address).may_be_there
                            ? examine_ledger(place.address)
                            : examine_new_ledger(place.address, place.default_place));
  }

  Finding check_lock() {
    return judge_ledger(examine_lock(services_.ledger_place().address, LedgerJob::reconcile));
  }

  Finding check_gateway() {
    // A number that nobody has: a signed "no such order" is the proof.
    return judge_query(services_.gateway().query(OutTradeNo::parse(make_nonce(services_.random()))));
  }

  /// What each API has to say of its keys beyond those that the profile names.
  void check_trust() {
    for (const auto& found : services_.api().examine_keys())
      check(found.about, [&found] { return judge_key(found); });
  }

  Finding check_clock() { return judge_clock(services_.read_gateway_clock()); }

  Services& services_;
  Output& output_;
  bool failed_ = false;
};

}  // namespace

void add_doctor(CLI::App& root, Command& chosen) {
  auto* command = root.add_subcommand("doctor", "Check configuration, key, ledger, gateway and clock");
  command->footer(
      "Asks WeChat Pay about an order that does not exist; changes nothing and creates nothing. On API v3 it "
      "also\n"
      "says what WeChat Pay is believed by, and what each certificate has left.\n\n"
      "Examples:\n"
      "  wxpayctl doctor\n"
      "  wxpayctl doctor -p sandbox --json\n\n"
      "Exit codes: 0 nothing fails (there may be warnings); 3 a check fails");
  command->callback([&chosen] {
    chosen = [](Services& services, Output& output) { return Doctor{services, output}.run(); };
  });
}

}  // namespace wxpay::cli
