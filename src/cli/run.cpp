#include "cli/run.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/global_options.hpp"
#include "cli/help_format.hpp"
#include "cli/signals.hpp"
#include "cli/streams.hpp"
#include "cli/version.hpp"

namespace wxpay::cli {

namespace {

constexpr const char* exit_code_help =
    "Exit codes:\n"
    "  0 done   1 refused   2 wrong usage   3 configuration or key   4 no answer, run it again\n"
    "  5 something does not agree, nothing was applied   6 differences remain   7 ledger\n"
    "  8 file   70 a bug   75 another run is at it   129/130/143 interrupted\n"
    "  141 nobody reads the output, cut short\n\n"
    "'wxpayctl COMMAND --help' tells about a command, 'man wxpayctl' about everything.";

/// Before the options are parsed it is not known how errors are wanted.
OutputFormat wanted_format(const std::vector<std::string>& arguments, const Environment& environment) {
  bool json = environment("WXPAYCTL_OUTPUT") == "json";
  for (std::size_t i = 0; i < arguments.size() && arguments[i] != "--"; ++i) {
    const auto& argument = arguments[i];
    const bool next_is_json = i + 1 < arguments.size() && arguments[i + 1] == "json";
    if (argument == "--json" || argument == "--output=json" || argument == "-ojson" ||
        ((argument == "-o" || argument == "--output") && next_is_json)) {
      json = true;
    }
  }
  return json ? OutputFormat::json : OutputFormat::text;
}

std::vector<std::string> names_of(const std::vector<const CLI::App*>& commands) {
  std::vector<std::string> names;
  for (const auto* command : commands) names.push_back(command->get_name());
  return names;
}

std::vector<std::string> option_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::App* app = &command; app != nullptr; app = app->get_parent()) {
    for (const auto* option : app->get_options()) {
      for (const auto& name : option->get_lnames()) names.push_back("--" + name);
    }
  }
  return names;
}

const CLI::App& innermost(const CLI::App& root) {
  const CLI::App* app = &root;
  while (!app->get_subcommands().empty()) app = app->get_subcommands().front();
  return *app;
}

std::string did_you_mean(const std::string& typed, const std::vector<std::string>& candidates) {
  const auto meant = nearest(typed, candidates);
  return meant ? "did you mean '" + *meant + "'?" : std::string{};
}

/// What CLI11 left over is a misspelt command or option, or an argument too many.
void refuse_what_is_left(const CLI::App& root) {
  const auto left = root.remaining(true);
  const auto& command = innermost(root);
  const auto sub_commands = command.get_subcommands([](const CLI::App*) { return true; });
  std::string name = command.get_name();
  for (const auto* above = command.get_parent(); above != nullptr; above = above->get_parent()) {
    name.insert(0, above->get_name() + " ");
  }
  const std::string see_help = "see '" + name + " --help'";
  for (const auto& word : left) {
    if (word == "--") continue;
    if (word.size() > 1 && word.front() == '-') {
      const auto typed = word.substr(0, word.find('='));
      const auto hint = did_you_mean(typed, option_names(command));
      throw Error{ErrorKind::usage, "unknown option " + typed, hint.empty() ? see_help : hint};
    }
    if (!sub_commands.empty()) {
      const auto hint = did_you_mean(word, names_of(sub_commands));
      throw Error{ErrorKind::usage, "unknown command '" + word + "'", hint.empty() ? see_help : hint};
    }
    throw Error{ErrorKind::usage, "there is an argument too many: '" + word + "'", see_help};
  }
  if (!sub_commands.empty()) throw Error{ErrorKind::usage, "a command is missing", see_help};
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
    root.allow_extras();
    root.footer(exit_code_help);
    set_help_format(root);
    add_global_options(root, raw);
    add_commands(root, chosen);
  }
};

/// True when the line asked for help or the version, which have been printed then.
bool parse(CommandLine& line, const std::vector<std::string>& arguments, const Stop& stop) {
  try {
    line.root.parse(
        std::vector<std::string>{arguments.rbegin(), arguments.rend()});  // CLI11 takes them last first
  } catch (const CLI::CallForHelp&) {
    write_standard_output(line.root.help(), stop);
    return true;
  } catch (const CLI::CallForVersion&) {
    write_standard_output(version_text() + "\n", stop);
    return true;
  } catch (const CLI::ParseError& error) {
    refuse_parse(error);
  }
  refuse_what_is_left(line.root);
  return false;
}

/// That the output fails as well is not to hide why the command did.
void finish_after_failure(Context& context) {
  try {
    context.finish();
  } catch (const OutputClosed&) {
    // Nobody is there who misses it.
  } catch (const Error& error) {
    context.report(error);
  }
}

int run_chosen(CommandLine& line, const Environment& environment, const SignalStop& stop) {
  const auto options = resolve_global_options(line.raw, environment);
  const auto log = make_log(log_options(options));
  Context context{options, environment, stop, *log};
  if (!options.log_file.empty()) context.refuse_output("--log-file", options.log_file);
  int code = exit_done;
  try {
    code = line.chosen(context);
    context.set_code_when_closed(code);
    context.finish();
  } catch (const OutputClosed&) {
    code = stop.requested() ? exit_interrupted : context.code_when_closed();
  } catch (const Error& error) {
    finish_after_failure(context);
    if (error.kind() != ErrorKind::interrupted) context.report(error);
    code = exit_code(error.kind());
    // An output that fails is not to hide what was found before.
    if (error.kind() == ErrorKind::file) code = gravest(code, context.code_when_closed());
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
