#include "cli/run.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>

#include "cli/arguments.hpp"
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/global_options.hpp"
#include "cli/help_format.hpp"
#include "cli/signals.hpp"
#include "cli/streams.hpp"
#include "cli/version.hpp"

namespace wxpay::cli {

namespace {

/// Before the options are parsed it is not known how errors are wanted.
OutputFormat wanted_format(const std::vector<std::string>& arguments, const Environment& environment) {
  bool json = environment("WXPAYCTL_OUTPUT") == "json";
  for (std::size_t i = 0; i < arguments.size() && arguments[i] != "--"; ++i) {
    const auto& argument = arguments[i];
    const bool next_is_json = i + 1 < arguments.size() && arguments[i + 1] == "json";
    if (argument == "--json" || argument == "--output=json" || argument == "-ojson" ||
        argument == "-o=json" || ((argument == "-o" || argument == "--output") && next_is_json)) {
      json = true;
    }
  }
  return json ? OutputFormat::json : OutputFormat::text;
}

[[noreturn]] void refuse_parse(const CLI::ParseError& error) {
  std::string what = error.what();
  std::replace(what.begin(), what.end(), '\n', ' ');
  if (!what.empty() && what.back() == '.') what.pop_back();
  throw Error{ErrorKind::usage, what};
}

/// The options and the command of one command line.
struct CommandLine {
  CLI::App root{"Administers WeChat Pay orders: creates, signs, queries and repairs them.", "wxpayctl"};
  RawGlobalOptions raw;
  Command chosen;

  CommandLine() {
    root.fallthrough();
    root.footer(exit_code_help() +
                "\n\n'wxpayctl COMMAND --help' tells about a command, 'man wxpayctl' about everything.");
    set_help_format(root);
    add_global_options(root, raw);
    add_commands(root, chosen);
  }
};

/// True when the line asked for help or the version, which have been printed then.
bool parse(CommandLine& line, const std::vector<std::string>& arguments, const Stop& stop) {
  try {
    auto in_order = arranged(line.root, arguments);
    std::reverse(in_order.begin(), in_order.end());  // CLI11 takes them last first
    line.root.parse(std::move(in_order));
  } catch (const CLI::CallForHelp&) {
    write_standard_output(line.root.help(), stop);
    return true;
  } catch (const CLI::CallForVersion&) {
    write_standard_output(version_text() + "\n", stop);
    return true;
  } catch (const CLI::ParseError& error) {
    refuse_parse(error);
  }
  return false;
}

/// That the output fails as well is not to hide why the command did.
void finish_after_failure(Output& output) {
  try {
    output.finish();
  } catch (const OutputClosed&) {
    // Nobody is there who misses it.
  } catch (const Error& error) {
    output.report(error);
  }
}

int run_chosen(CommandLine& line, const Environment& environment, const SignalStop& stop) {
  const auto options = resolve_global_options(line.raw, environment);
  const auto log = make_log(log_options(options));
  Services services{options.settings, options.log_file, environment, stop, *log};
  Output output{options.output, environment, stop};
  if (!options.log_file.empty()) {
    services.refuse_output("--log-file", options.log_file);
    // Before anything is done: an answer of WeChat Pay's must not be lost over a log that cannot be written.
    log->open();
  }
  int code = exit_done;
  try {
    code = line.chosen(services, output);
    output.set_code_when_closed(code);
    output.finish();
  } catch (const OutputClosed&) {
    code = stop.requested() ? exit_interrupted : output.code_when_closed();
  } catch (const Error& error) {
    finish_after_failure(output);
    if (error.kind() != ErrorKind::interrupted) output.report(error);
    code = exit_code(error.kind());
    // An output that fails is not to hide what was found before.
    if (error.kind() == ErrorKind::file) code = gravest(code, output.code_when_closed());
  }
  return code == exit_interrupted ? stop.exit_code() : code;
}

}  // namespace

int run(const std::vector<std::string>& arguments) {
  const SignalStop stop;
  const auto environment = process_environment();
  const auto format = wanted_format(arguments, environment);
  try {
    CommandLine line;
    if (parse(line, arguments, stop)) return exit_done;
    return run_chosen(line, environment, stop);
  } catch (const OutputClosed&) {
    return exit_done;
  } catch (const Error& error) {
    report_error(error, format);
    return exit_code(error.kind());
  } catch (const std::exception& error) {
    report_error(Error{ErrorKind::internal, std::string{"this should not happen: "} + error.what(),
                       "please report it with the command line and the output of 'wxpayctl --version'"},
                 format);
    return exit_internal;
  }
}

}  // namespace wxpay::cli
