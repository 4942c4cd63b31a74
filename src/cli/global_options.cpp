#include "cli/global_options.hpp"

#include <CLI/CLI.hpp>

#include <array>

#include "base/text.hpp"
#include "cli/version.hpp"
#include "wxpay/time.hpp"

namespace wxpay::cli {

namespace {

template <class Value, std::size_t Size>
Value one_of(const char* option, const std::string& text,
             const std::array<std::pair<const char*, Value>, Size>& choices) {
  std::string names;
  for (const auto& [name, value] : choices) {
    if (text == name) return value;
    names += (names.empty() ? "" : ", ") + std::string{name};
  }
  throw Error{ErrorKind::usage, std::string{option} + " must be one of " + names};
}

constexpr std::array<std::pair<const char*, OutputFormat>, 3> output_formats{
    {{"text", OutputFormat::text}, {"json", OutputFormat::json}, {"csv", OutputFormat::csv}}};
constexpr std::array<std::pair<const char*, When>, 3> color_choices{
    {{"auto", When::automatic}, {"always", When::always}, {"never", When::never}}};
constexpr std::array<std::pair<const char*, LogLevel>, 5> log_levels{{{"trace", LogLevel::trace},
                                                                      {"debug", LogLevel::debug},
                                                                      {"info", LogLevel::info},
                                                                      {"warn", LogLevel::warning},
                                                                      {"error", LogLevel::error}}};

std::optional<std::string> if_set(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional{text};
}

std::chrono::milliseconds parse_timeout(const std::string& text) {
  auto duration = parse_duration(text);
  if (!duration && is_digits(text)) duration = parse_duration(text + "s");
  if (!duration || *duration < std::chrono::seconds{1} || *duration > std::chrono::hours{1}) {
    throw Error{ErrorKind::usage, "--timeout must be a duration from 1s to 1h"};
  }
  return *duration;
}

}  // namespace

void add_global_options(CLI::App& root, RawGlobalOptions& raw) {
  const auto* group = "Global options";
  root.set_help_flag("-h,--help", "Show this help");
  root.set_version_flag("--version", version_text, "Show the versions of the program and its libraries");
  root.add_option("--config", raw.config, "Configuration file (TOML)")->type_name("FILE")->group(group);
  root.add_option("-p,--profile", raw.profile, "Profile; 'sandbox' and 'sandbox-v3' are built in")
      ->type_name("NAME")
      ->group(group);
  root.add_option("--ledger", raw.ledger, "Order ledger, a path or sqlite:PATH")
      ->type_name("URI")
      ->group(group);
  root.add_option("--base-url", raw.base_url, "Gateway; http for loopback only")
      ->type_name("URL")
      ->group(group);
  root.add_option("-o,--output", raw.output, "text, json or csv")->type_name("FORMAT")->group(group);
  root.add_flag("--json", raw.json, "Short for --output json")->group(group);
  root.add_flag("-q,--quiet", raw.quiet, "No progress, and only warnings that must be acted on")
      ->group(group);
  root.add_flag("-v,--verbose", raw.verbose, "Log what is done; twice for details")->group(group);
  root.add_option("--log-level", raw.log_level, "trace, debug, info, warn or error")
      ->type_name("LEVEL")
      ->group(group);
  root.add_option("--log-file", raw.log_file, "Log to a file instead of standard error")
      ->type_name("FILE")
      ->group(group);
  root.add_option("--color", raw.color, "auto, always or never")->type_name("WHEN")->group(group);
  root.add_flag("--no-progress", raw.no_progress, "No progress on the terminal")->group(group);
  root.add_option("--timeout", raw.timeout, "Of one request with all its tries (default 30s)")
      ->type_name("DURATION")
      ->group(group);
  root.add_flag("--yes", raw.yes, "Answer yes to every question")->group(group);
  for (auto* option : root.get_options()) {
    if (option->get_expected_max() == 0) continue;  // flags: -v is counted
    option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  }
}

GlobalOptions resolve_global_options(const RawGlobalOptions& raw, const Environment& environment) {
  GlobalOptions options;
  auto& settings = options.settings;
  settings.config = if_set(raw.config);
  settings.profile = if_set(raw.profile);
  settings.ledger = if_set(raw.ledger);
  settings.base_url = if_set(raw.base_url);
  if (!raw.timeout.empty()) settings.timeout = parse_timeout(raw.timeout);

  if (!raw.output.empty()) {
    options.output.format = one_of("--output", raw.output, output_formats);
  } else if (raw.json) {
    options.output.format = OutputFormat::json;
  } else if (const auto format = environment("WXPAYCTL_OUTPUT")) {
    options.output.format = one_of("WXPAYCTL_OUTPUT", *format, output_formats);
  }
  if (raw.json && options.output.format != OutputFormat::json) {
    throw Error{ErrorKind::usage, "--json and --output " + raw.output + " contradict each other"};
  }
  if (!raw.color.empty()) options.output.color = one_of("--color", raw.color, color_choices);
  if (!raw.log_level.empty()) one_of("--log-level", raw.log_level, log_levels);
  options.log_level = raw.log_level;
  options.log_file = raw.log_file;
  options.output.quiet = raw.quiet;
  options.verbosity = raw.verbose;
  options.output.no_progress = raw.no_progress;
  options.output.yes = raw.yes;
  return options;
}

LogOptions log_options(const GlobalOptions& options) {
  LogOptions log;
  log.file = options.log_file;
  if (options.output.quiet) log.level = LogLevel::error;
  if (options.verbosity == 1) log.level = LogLevel::info;
  if (options.verbosity >= 2) log.level = LogLevel::debug;
  if (options.verbosity >= 3) log.level = LogLevel::trace;
  if (!options.log_level.empty()) log.level = one_of("--log-level", options.log_level, log_levels);
  return log;
}

}  // namespace wxpay::cli
