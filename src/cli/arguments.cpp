#include "cli/arguments.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "wxpay/error.hpp"

namespace wxpay::cli {

namespace {

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

const CLI::App* command_named(const CLI::App& app, const std::string& name) {
  const auto commands = commands_of(app);
  const auto found = std::find_if(commands.begin(), commands.end(),
                                  [&name](const CLI::App* command) { return command->check_name(name); });
  return found == commands.end() ? nullptr : *found;
}

/// As "wxpayctl orders list".
std::string full_name(const CLI::App& app) {
  const auto* above = app.get_parent();
  return above == nullptr ? app.get_name() : full_name(*above) + " " + app.get_name();
}

/// The option of a command, or of what is above it, that matches; null where none does.
template <class Matches>
const CLI::Option* find_option(const CLI::App& command, const Matches& matches) {
  for (const auto* app = &command; app != nullptr; app = app->get_parent()) {
    for (const auto* option : app->get_options()) {
      if (matches(*option)) return option;
    }
  }
  return nullptr;
}

const CLI::Option* long_option(const CLI::App& command, const std::string& name) {
  return find_option(command, [&name](const CLI::Option& option) { return option.check_lname(name); });
}

const CLI::Option* short_option(const CLI::App& command, char name) {
  return find_option(command,
                     [name](const CLI::Option& option) { return option.check_sname(std::string(1, name)); });
}

bool is_flag(const CLI::Option& option) { return option.get_items_expected_max() == 0; }

std::vector<std::string> long_names(const CLI::App& command) {
  std::vector<std::string> names;
  find_option(command, [&names](const CLI::Option& option) {
    for (const auto& name : option.get_lnames()) names.push_back("--" + name);
    return false;
  });
  return names;
}

std::vector<std::string> names_of(const std::vector<const CLI::App*>& commands) {
  std::vector<std::string> names;
  for (const auto* command : commands) names.push_back(command->get_name());
  return names;
}

/// Whether a word stands where an option stands. `-` alone is standard input or output, and an order number
/// or a text may begin with `-`.
bool looks_like_option(const CLI::App& command, std::string_view word) {
  if (word == "--") return true;
  if (!word.starts_with("--"))
    return word.size() > 1 && word[0] == '-' && short_option(command, word[1]) != nullptr;
  const auto name = word.substr(2, word.find('=') - 2);
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

class Arrangement {
 public:
  Arrangement(const CLI::App& root, const std::vector<std::string>& typed)
      : root_{root}, typed_{typed}, command_{&root} {}

  std::vector<std::string> make() {
    while (next_ < typed_.size()) take(typed_[next_++]);
    if (!commands_of(*command_).empty()) refuse("a command is missing");
    if (problem_ && !asks_for_help_) throw Error{*problem_};
    auto arranged = std::move(commands_);
    std::move(options_.begin(), options_.end(), std::back_inserter(arranged));
    if (!arguments_.empty()) arranged.emplace_back("--");
    std::move(arguments_.begin(), arguments_.end(), std::back_inserter(arranged));
    return arranged;
  }

 private:
  void take(const std::string& word) {
    if (only_arguments_ || word.size() < 2 || word.front() != '-') {
      take_word(word);
    } else if (word == "--") {
      only_arguments_ = true;
    } else if (word[1] == '-') {
      take_long_option(word);
    } else {
      take_short_options(word);
    }
  }

  void take_word(const std::string& word) {
    const auto commands = commands_of(*command_);
    if (commands.empty()) return take_argument(word);
    if (only_arguments_) return refuse("a command is missing before --");
    const auto* command = command_named(*command_, word);
    if (command == nullptr) {
      return refuse("unknown command '" + shortened(word) + "'", did_you_mean(word, names_of(commands)));
    }
    command_ = command;
    commands_.push_back(word);
  }

  void take_argument(const std::string& word) {
    std::size_t most = 0;
    bool takes_several = false;
    for (const auto* option : command_->get_options()) {
      if (!option->get_positional()) continue;
      most += static_cast<std::size_t>(option->get_items_expected_max());
      takes_several = takes_several || option->get_allow_extra_args();
    }
    if (arguments_.size() >= most) {
      return refuse("there is an argument too many: '" + shortened(word) + "'");
    }
    if (word.empty()) return refuse("an argument is empty");
    // CLI11 takes these for a list.
    if (takes_several && word.front() == '[' && word.back() == ']') {
      return refuse("an argument in brackets is not taken: '" + shortened(word) + "'",
                    "write ./[…] for a file of this name");
    }
    arguments_.push_back(word);
  }

  void take_long_option(const std::string& word) {
    const auto equals = word.find('=');
    const auto name = word.substr(0, equals);
    const auto* option = long_option(*command_, name.substr(2));
    if (option == nullptr) return refuse_unknown_option(name);
    if (equals != std::string::npos) {
      if (equals + 1 == word.size()) return refuse(name + " is empty");
      options_.push_back(word);
    } else if (is_flag(*option)) {
      take_flag(*option, word);
    } else {
      take_value(name);
    }
  }

  /// As -q, -qv, -pNAME, -p=NAME and -qp NAME.
  void take_short_options(const std::string& word) {
    for (std::size_t at = 1; at < word.size(); ++at) {
      const auto* option = short_option(*command_, word[at]);
      if (option == nullptr) return refuse_unknown_option(word.substr(0, word.find('=')));
      const auto name = std::string{"-"} + word[at];
      if (is_flag(*option)) {
        take_flag(*option, name);
        continue;
      }
      if (at + 1 == word.size()) return take_value(name);
      const auto value = word.substr(at + (word[at + 1] == '=' ? 2 : 1));
      if (value.empty()) return refuse(name + " is empty");
      options_.insert(options_.end(), {name, value});
      return;
    }
  }

  void take_flag(const CLI::Option& option, const std::string& name) {
    const auto is = [&option](const CLI::Option* other) { return other == &option; };
    asks_for_help_ = asks_for_help_ || is(command_->get_help_ptr()) || is(root_.get_help_ptr()) ||
                     is(root_.get_version_ptr());
    options_.push_back(name);
  }

  /// The word behind an option. It is never another option, as `--failed --dry-run` does not mean a file.
  void take_value(const std::string& name) {
    if (next_ == typed_.size() || looks_like_option(*command_, typed_[next_])) {
      const auto hint =
          next_ == typed_.size() ? std::string{} : "write " + name + "=… for a value that begins with -";
      return refuse(name + " needs a value", hint);
    }
    const auto& value = typed_[next_++];
    if (value.empty()) return refuse(name + " is empty");
    options_.insert(options_.end(), {name, value});
  }

  void refuse_unknown_option(const std::string& name) {
    refuse("unknown option " + shortened(name), did_you_mean(name, long_names(*command_)));
  }

  static std::string did_you_mean(const std::string& typed, const std::vector<std::string>& candidates) {
    const auto meant = nearest(typed, candidates);
    return meant ? "did you mean '" + *meant + "'?" : std::string{};
  }

  /// The first problem is the one that is told, at the end: help may still be asked for.
  void refuse(const std::string& what, std::string hint = {}) {
    if (problem_) return;
    if (hint.empty()) hint = "see '" + full_name(*command_) + " --help'";
    problem_.emplace(ErrorKind::usage, what, std::move(hint));
  }

  const CLI::App& root_;
  const std::vector<std::string>& typed_;
  std::size_t next_ = 0;  ///< of the typed words
  const CLI::App* command_;
  bool only_arguments_ = false;  ///< behind `--`
  bool asks_for_help_ = false;
  std::optional<Error> problem_;
  std::vector<std::string> commands_, options_, arguments_;
};

}  // namespace

std::vector<std::string> arranged(const CLI::App& root, const std::vector<std::string>& arguments) {
  return Arrangement{root, arguments}.make();
}

}  // namespace wxpay::cli
