#include "cli/help_format.hpp"

#include <CLI/CLI.hpp>

#include <memory>
#include <string>

namespace wxpay::cli {

namespace {

/// CLI11 lists every exclusion and range beside an option's name; here the description tells what matters.
class HelpFormat final : public CLI::Formatter {
 public:
  std::string make_option_opts(const CLI::Option* option) const override {
    if (option->get_positional() || option->get_type_size() == 0) return {};
    const auto type = option->get_type_name();  // with its check, as in "N:INT in [0 - 65535]"
    return " " + type.substr(0, type.find(':'));
  }

  std::string make_option_desc(const CLI::Option* option) const override {
    auto text = option->get_description();
    if (option->get_required() && option->nonpositional()) text += " (required)";
    if (!option->get_default_str().empty()) text += " (default " + option->get_default_str() + ")";
    return text;
  }

  std::string make_footer(const CLI::App* app) const override {
    const CLI::App* parent = app->get_parent();
    if (parent == nullptr) return Formatter::make_footer(app);
    const CLI::App* command = app;
    while (command->get_parent()->get_parent() != nullptr) command = command->get_parent();
    // What a command does not set itself it has from its parent, and it is the parent's.
    const auto own = app->get_footer() == parent->get_footer() ? std::string{} : app->get_footer() + "\n\n";
    return own + "'wxpayctl --help' has the global options, 'man wxpayctl-" + command->get_name() +
           "' has everything about this command.\n";
  }
};

}  // namespace

void set_help_format(CLI::App& root) {
  auto format = std::make_shared<HelpFormat>();
  format->column_width(32);
  format->label("SUBCOMMAND", "COMMAND");
  root.formatter(std::move(format));
}

}  // namespace wxpay::cli
