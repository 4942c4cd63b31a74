#include "cli/context.hpp"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "base/system.hpp"
#include "base/text.hpp"
#include "cli/actor.hpp"
#include "cli/exit_code.hpp"
#include "cli/files_in_use.hpp"
#include "cli/streams.hpp"
#include "cli/suspension.hpp"
#include "net/http_transport.hpp"

namespace wxpay::cli {

namespace {

constexpr const char* log_file_option = "--log-file";

/// A table is shown in pieces of this many lines, so that a long list needs little memory.
constexpr std::size_t table_piece = 500;

bool is_absent(int error) { return error == ENOENT || error == ENOTDIR; }

net::HttpOptions http_options(const Profile& profile) {
  return {.ca_file = profile.ca_file, .user_agent = "wxpayctl/" WXPAYCTL_VERSION};
}

}  // namespace

void report_error(const Error& error, OutputFormat format) {
  const std::string code = error.code().empty() ? std::string{error_code(error.kind())} : error.code();
  if (format == OutputFormat::json) {
    report::Record inner;
    inner.text("code", code).text("message", error.what()).text_if_set("hint", error.hint());
    write_standard_error("{\"error\":" + report::to_json(inner) + "}\n");
    return;
  }
  const auto line = [](const std::string& text) { return without_control_characters(text) + '\n'; };
  std::string text = line("wxpayctl: error: " + std::string{error.what()} + " (" + code + ")");
  if (!error.hint().empty()) text += line("hint: " + error.hint());
  write_standard_error(text);
}

struct Context::Parts {
  explicit Parts(const Stop& stop) : clock{stop} {}

  SystemClock clock;
  SystemRandom random;
  std::optional<Profile> profile;
  std::optional<Secret> key;
  std::optional<Suspension> suspension;
  std::unique_ptr<OrderLedger> ledger;
  std::unique_ptr<Transport> transport;
  std::unique_ptr<PaymentGateway> gateway;
  bool csv_header_printed = false;
  bool table_begun = false;
  std::optional<report::Table> table;
  bool buffering = false;
  std::string buffered;
  int code_when_closed = exit_done;
  std::vector<std::string> inputs;
};

Context::Context(GlobalOptions options, Environment environment, const Stop& stop, Log& log)
    : options_{std::move(options)},
      environment_{std::move(environment)},
      stop_{stop},
      log_{log},
      parts_{std::make_unique<Parts>(stop)} {}

Context::~Context() = default;

Clock& Context::clock() { return parts_->clock; }
Random& Context::random() { return parts_->random; }

const Profile& Context::profile() {
  if (!parts_->profile) parts_->profile = resolve_profile(options_.settings, environment_);
  return *parts_->profile;
}

const Secret& Context::key() {
  if (!parts_->key) parts_->key.emplace(load_v2_key(profile().key, environment_, &stop_));
  return *parts_->key;
}

LedgerPlace Context::ledger_place() const {
  const auto& mine = parts_->profile;
  return mine ? LedgerPlace{mine->ledger, mine->default_ledger}
              : resolve_ledger(options_.settings, environment_);
}

OrderLedger& Context::new_or_existing_ledger() {
  const auto place = ledger_place();
  return open_ledger({.path = place.path,
                      .create_directories = place.default_place,
                      .actor = actor_of(this_caller(environment_), user_name)});
}

OrderLedger& Context::ledger() {
  const auto place = ledger_place();
  return open_ledger(
      {.path = place.path, .must_exist = true, .actor = actor_of(this_caller(environment_), user_name)});
}

OrderLedger& Context::ledger_read_only() {
  const auto place = ledger_place();
  return open_ledger({.path = place.path, .read_only = true});
}

bool Context::has_ledger() const {
  struct stat found {};
  return ::stat(ledger_place().path.c_str(), &found) == 0 || !is_absent(errno);
}

std::string Context::why_no_ledger() const {
  const auto path = ledger_place().path;
  struct stat found {};
  if (::stat(path.c_str(), &found) == 0) return {};
  const int error = errno;
  if (is_absent(error)) return "there is no ledger " + path.string();
  return "the ledger " + path.string() + " cannot be reached: " + std::generic_category().message(error);
}

std::mutex& Context::undisturbed() {
  if (!parts_->suspension) parts_->suspension.emplace();
  return parts_->suspension->undisturbed();
}

OrderLedger& Context::open_ledger(LedgerOptions options) {
  if (parts_->ledger) return *parts_->ledger;
  options.stop = &stop_;
  options.undisturbed = &undisturbed();
  parts_->ledger = open_sqlite_ledger(options, parts_->clock);
  return *parts_->ledger;
}

Transport& Context::transport() {
  if (!parts_->transport) {
    parts_->transport = make_transport(stop_);
  }
  return *parts_->transport;
}

std::unique_ptr<Transport> Context::make_transport(const Stop& stop) {
  return net::make_http_transport(http_options(profile()), stop, log_);
}

std::unique_ptr<AsyncTransport> Context::make_async_transport(std::size_t slots, const Stop& stop) {
  return net::make_http_async_transport(http_options(profile()), slots, stop, log_);
}

V2Account Context::account() {
  const auto& mine = profile();
  return {.merchant = mine.merchant,
          .sign_type = mine.sign_type,
          .key = key().duplicate(),
          .base_urls = mine.base_urls,
          .timeout = options_.settings.timeout};
}

PaymentGateway& Context::gateway() {
  if (!parts_->gateway) {
    parts_->gateway = make_v2_gateway(account(), {transport(), clock(), random(), stop_, log_});
  }
  return *parts_->gateway;
}

void Context::print(const report::Record& record, const std::vector<std::string>& columns) {
  if (options_.output == OutputFormat::text) {
    print_text(report::to_text(record, color() ? report::paint_states : report::no_paint));
  } else {
    print_row(record, columns);
  }
}

void Context::print_row(const report::Record& record, const std::vector<std::string>& columns) {
  switch (options_.output) {
    case OutputFormat::json:
      return print_text(report::to_json(record) + "\n");
    case OutputFormat::csv:
      begin_rows(columns);
      return print_text(report::spreadsheet_row(record, columns) + "\n");
    case OutputFormat::text:
      if (!parts_->table) parts_->table.emplace(columns);
      parts_->table->add(record);
      if (parts_->table->size() >= table_piece) end_table();
  }
}

void Context::begin_rows(const std::vector<std::string>& columns) {
  if (options_.output != OutputFormat::csv || std::exchange(parts_->csv_header_printed, true)) return;
  print_text(report::csv_header(columns) + "\n");
}

void Context::finish() {
  end_table();
  flush();
}

void Context::begin_another_table() {
  end_table();
  parts_->table.reset();
  parts_->table_begun = false;
  parts_->csv_header_printed = false;
}

void Context::end_table() {
  if (!parts_->table || parts_->table->size() == 0) return;
  const bool first = !std::exchange(parts_->table_begun, true);
  const auto text = parts_->table->render(first, color() ? report::paint_states : report::no_paint);
  parts_->table->clear();
  print_text(text);
}

void Context::print_text(std::string_view text) {
  if (!parts_->buffering) return write_standard_output(text, stop_);
  parts_->buffered += text;
}

void Context::buffer_output() { parts_->buffering = true; }

bool Context::has_buffered() const { return !parts_->buffered.empty(); }

void Context::flush() {
  if (!has_buffered()) return;
  // Emptied first: what could not be written is not written again at the end.
  auto text = std::exchange(parts_->buffered, {});
  write_standard_output(text, stop_);
  text.clear();
  parts_->buffered = std::move(text);  // for its memory
}

void Context::discard() {
  parts_->table.reset();
  parts_->buffered.clear();
}

void Context::warn(std::string_view message) {
  if (!options_.quiet) alert(message);
}

void Context::alert(std::string_view message) {
  write_standard_error(without_control_characters("wxpayctl: warning: " + std::string{message}) + "\n");
}

void Context::report(const Error& error) { report_error(error, options_.output); }

void Context::set_code_when_closed(int code) { parts_->code_when_closed = code; }

int Context::code_when_closed() const { return parts_->code_when_closed; }

void Context::add_inputs(const std::vector<std::string>& paths) {
  parts_->inputs.insert(parts_->inputs.end(), paths.begin(), paths.end());
  if (!options_.log_file.empty()) refuse_output(log_file_option, options_.log_file);
}

void Context::refuse_output(const std::string& option, const std::string& path) const {
  auto files = files_in_use(options_.settings, environment_);
  for (const auto& input : parts_->inputs) files.add("the input " + input, input);
  if (option != log_file_option && !options_.log_file.empty()) files.add("the log file", options_.log_file);
  files.refuse(option, path);
}

bool Context::output_is_terminal() const { return isatty(STDOUT_FILENO) == 1; }

bool Context::color() const {
  switch (options_.color) {
    case When::always:
      return true;
    case When::never:
      return false;
    case When::automatic:
      break;
  }
  return output_is_terminal() && !environment_("NO_COLOR");
}

void Context::confirm(const std::string& question) {
  if (options_.yes || isatty(STDIN_FILENO) != 1 || isatty(STDERR_FILENO) != 1) return;
  write_standard_error(without_control_characters(question) + " [y/N] ");
  std::string answer;
  for (char c = 0; answer.size() < 16 && !stop_.requested();) {
    // In slices: a signal just before a read that waits would be seen only after it.
    constexpr int slice_ms = 100;
    pollfd waiting{STDIN_FILENO, POLLIN, 0};
    if (::poll(&waiting, 1, slice_ms) <= 0) continue;
    const auto count = ::read(STDIN_FILENO, &c, 1);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0 || c == '\n') break;
    answer += c;
  }
  if (stop_.requested()) throw Error{ErrorKind::interrupted, "interrupted"};
  if (answer != "y" && answer != "Y" && answer != "yes") {
    throw Error{ErrorKind::interrupted, "not confirmed"};
  }
}

}  // namespace wxpay::cli
