// What is typed becomes the command that stands first, and nothing else: held against the program's own tree
// of commands and options.
#include "cli/arguments.hpp"

#include <doctest/doctest.h>

#include <CLI/CLI.hpp>

#include "cli/commands.hpp"
#include "cli/global_options.hpp"
#include "wxpay/error.hpp"

using namespace wxpay;

namespace {

using Texts = std::vector<std::string>;

/// The program's options and commands. They are many, so that one tree serves many parsings.
struct Tree {
  CLI::App root{"", "wxpayctl"};
  cli::RawGlobalOptions raw;
  cli::Command chosen;

  Tree() {
    root.fallthrough();
    cli::add_global_options(root, raw);
    cli::add_commands(root, chosen);
  }
};

std::vector<const CLI::App*> commands_under(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

/// A command that can be run, with what it cannot do without.
struct Leaf {
  Texts path;  ///< as {"orders", "list"}
  Texts required;
  std::size_t fewest = 0;     ///< arguments that it must have
  std::size_t arguments = 0;  ///< that it takes at most
  std::vector<const CLI::Option*> options;
};

void collect(const CLI::App& app, const Texts& path, std::vector<Leaf>& leaves) {
  for (const auto* command : commands_under(app)) {
    auto below = path;
    below.push_back(command->get_name());
    collect(*command, below, leaves);
    if (!commands_under(*command).empty()) continue;
    Leaf leaf{.path = below, .required = {}, .options = {}};
    for (const auto* option : command->get_options()) {
      if (option->get_positional()) {
        leaf.arguments += static_cast<std::size_t>(option->get_items_expected_max());
        if (option->get_required()) leaf.fewest += static_cast<std::size_t>(option->get_items_expected_min());
        continue;
      }
      leaf.options.push_back(option);
      if (option->get_required()) leaf.required.push_back("--" + option->get_lnames().front() + "=1");
    }
    leaves.push_back(std::move(leaf));
  }
}

std::vector<Leaf> leaves_of(const CLI::App& root) {
  std::vector<Leaf> leaves;
  collect(root, {}, leaves);
  return leaves;
}

Texts operator+(Texts texts, const Texts& more) {
  texts.insert(texts.end(), more.begin(), more.end());
  return texts;
}

/// What became of a command line: the command, and the words that it was given.
struct Parsed {
  Texts path, arguments;
  bool operator==(const Parsed&) const = default;
};

/// Nothing where it is wrong usage.
std::optional<Parsed> parse(Tree& tree, const Texts& typed) {
  tree.chosen = {};
  try {
    auto words = cli::arranged(tree.root, typed);
    std::reverse(words.begin(), words.end());
    tree.root.parse(std::move(words));
  } catch (const Error& error) {
    CHECK((error.kind() == ErrorKind::usage));
    return std::nullopt;
  } catch (const CLI::RequiredError&) {
    return std::nullopt;
  }
  CHECK(static_cast<bool>(tree.chosen));
  Parsed parsed;
  const CLI::App* app = &tree.root;
  while (!app->get_subcommands().empty()) {
    CHECK(app->get_subcommands().size() == 1);
    app = app->get_subcommands().front();
    parsed.path.push_back(app->get_name());
  }
  for (const auto* option : app->get_options()) {
    if (option->get_positional()) parsed.arguments = parsed.arguments + option->results();
  }
  return parsed;
}

/// What is wrong with a command line; empty for a good one.
std::string problem(const Tree& tree, const Texts& typed) {
  try {
    cli::arranged(tree.root, typed);
    return {};
  } catch (const Error& error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE(
    "no word among the arguments becomes a command: every command with every command's name behind it") {
  Tree tree;
  std::vector<Texts> names;
  std::vector<Leaf> leaves = leaves_of(tree.root);
  REQUIRE(leaves.size() >= 18);
  for (const auto* command : commands_under(tree.root)) {
    names.push_back({command->get_name()});
    for (const auto* below : commands_under(*command)) {
      names.push_back({below->get_name()});
      names.push_back({command->get_name(), below->get_name()});
    }
  }
  for (const auto& leaf : leaves) {
    for (const auto& name : names) {
      CAPTURE(leaf.path);
      CAPTURE(name);
      const auto all = Texts{"A00001"} + name + Texts{"B00002"};
      const std::pair<Texts, Texts> rows[] = {{name, name},
                                              {Texts{"--json"} + name, name},
                                              {Texts{"--"} + name, name},
                                              {all, all},
                                              {Texts{"A00001", "--"} + name + Texts{"B00002"}, all},
                                              {name + Texts{"--", "--"}, name + Texts{"--"}}};
      for (const auto& row : rows) {
        const auto& typed = row.first;
        const auto& arguments = row.second;
        const auto parsed = parse(tree, leaf.path + leaf.required + typed);
        CAPTURE(typed);
        const bool fits = leaf.fewest <= arguments.size() && arguments.size() <= leaf.arguments;
        CHECK(parsed.has_value() == fits);
        if (parsed) CHECK((*parsed == Parsed{leaf.path, arguments}));
      }
    }
  }
}

TEST_CASE("global options stand anywhere, and what is behind -- is an argument") {
  const Parsed query{{"query"}, {"A00001"}};
  const Parsed list{{"orders", "list"}, {}};
  const std::pair<Texts, std::optional<Parsed>> rows[] = {
      {{"--json", "query", "A00001"}, query},
      {{"query", "--json", "A00001", "-v"}, query},
      {{"-qp", "shop", "query", "A00001"}, query},
      {{"-p=shop", "query", "A00001"}, query},
      {{"query", "-vqpshop", "--", "A00001"}, query},
      {{"query", "--ledger", "close", "A00001"}, query},
      {{"--profile", "close", "query", "A00001", "--config=query"}, query},
      {{"query", "--transaction-id", "query"}, Parsed{{"query"}, {}}},
      {{"orders", "--json", "list"}, list},
      {{"--json", "orders", "list", "--state", "list"}, list},
      {{"query", "--", "--json", "-p=", "--failed="}, Parsed{{"query"}, {"--json", "-p=", "--failed="}}},
      {{"query", "++", "close"}, Parsed{{"query"}, {"++", "close"}}},
      {{"query", "-"}, Parsed{{"query"}, {"-"}}},
      {{"query", "[A00001,B00002]"}, std::nullopt},
      {{"orders", "show", "[A00001]"}, Parsed{{"orders", "show"}, {"[A00001]"}}},
      {{"--", "query", "A00001"}, std::nullopt},
      {{"orders", "--", "list"}, std::nullopt},
      {{"query", ""}, std::nullopt},
      {{"", "query"}, std::nullopt},
      {{"query", "A00001", "--js"}, std::nullopt},
      {{"query", "A00001", "-j"}, std::nullopt},
      {{"query", "A00001", "-qz"}, std::nullopt},
      {{"query", "A00001", "-q=1"}, std::nullopt},
      {{"query", "A00001", "-2-3"}, std::nullopt},
  };
  for (const auto& row : rows) {
    CAPTURE(row.first);
    Tree tree;
    CHECK((parse(tree, row.first) == row.second));
  }
}

TEST_CASE("no option is empty, and none takes the next option for its value: every option of every command") {
  const Tree tree;
  std::size_t options = 0;
  for (auto leaf : leaves_of(tree.root)) {
    for (const auto* global : tree.root.get_options()) leaf.options.push_back(global);
    for (const auto* option : leaf.options) {
      Texts names;
      for (const auto& name : option->get_lnames()) names.push_back("--" + name);
      for (const auto& name : option->get_snames()) names.push_back("-" + name);
      for (const auto& name : names) {
        CAPTURE(leaf.path);
        CAPTURE(name);
        ++options;
        const bool is_flag = option->get_items_expected_max() == 0;
        const auto asks_for_help =
            option == tree.root.get_help_ptr() || option == tree.root.get_version_ptr();
        if (name.starts_with("--")) CHECK(problem(tree, leaf.path + Texts{name + "="}) == name + " is empty");
        if (is_flag || asks_for_help) continue;
        CHECK(problem(tree, leaf.path + Texts{name + "="}) == name + " is empty");
        CHECK(problem(tree, leaf.path + Texts{name + "=", "1"}) == name + " is empty");
        CHECK(problem(tree, leaf.path + Texts{name, ""}) == name + " is empty");
        CHECK(problem(tree, leaf.path + Texts{name}) == name + " needs a value");
        for (const auto* next : {"--yes", "--dry-run", "--x=1", "-q", "-vq", "-pshop", "--", "--="}) {
          CHECK(problem(tree, leaf.path + Texts{name, next}) == name + " needs a value");
        }
        for (const auto* value : {"-", "-1", "-2-3-4", "- ", "--no sugar", "-茶"}) {
          CHECK(problem(tree, leaf.path + Texts{name, value}).empty());
        }
        CHECK(problem(tree, leaf.path + Texts{name + "=--yes"}).empty());
      }
    }
  }
  CHECK(options > 300);
}

TEST_CASE("the first problem is told, unless help or the version is asked for") {
  const std::pair<Texts, std::string> rows[] = {
      {{}, "a command is missing"},
      {{"orders"}, "a command is missing"},
      {{"--json"}, "a command is missing"},
      {{"--", "query"}, "a command is missing before --"},
      {{"frobnicate", "--bogus"}, "unknown command 'frobnicate'"},
      {{"--bogus", "frobnicate"}, "unknown option --bogus"},
      {{"query", "--bogus=1"}, "unknown option --bogus"},
      {{"query", std::string(100, 'x'), "--" + std::string(1'000'000, 'x')},
       "unknown option --" + std::string(62, 'x') + "…"},
      {{"doctor", std::string(1'000'000, 'x')},
       "there is an argument too many: '" + std::string(64, 'x') + "…'"},
      {{"doctor", "A", "B"}, "there is an argument too many: 'A'"},
      {{"orders", "--help"}, ""},
      {{"--help"}, ""},
      {{"frobnicate", "--help"}, ""},
      {{"create-order", "--failed", "--help"}, ""},
      {{"close", "A", "B", "-h"}, ""},
      {{"orders", "list", "--bogus", "--version"}, ""},
      {{"orders", "--help="}, "--help is empty"},
      {{"query", "--", "--help"}, ""},
  };
  const Tree tree;
  for (const auto& row : rows) {
    CAPTURE(row.first.size() < 9 ? row.first : Texts{});
    CHECK(problem(tree, row.first) == row.second);
  }
}
