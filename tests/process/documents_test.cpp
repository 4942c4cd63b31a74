// What users read is held against the program's own tree of commands and options, both ways: nothing is
// missing from a man page or a completion, and neither names what is not there.
#include <doctest/doctest.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "cli/commands.hpp"
#include "cli/config/config_keys.hpp"
#include "cli/global_options.hpp"
#include "domain/field_rules.hpp"
#include "sandbox/fault.hpp"
#include "support/process.hpp"
#include "support/shop.hpp"
#include "wxpay/order.hpp"
#include "wxpay/refund.hpp"

using namespace wxpay::test;

namespace {

using Names = std::set<std::string>;

/// One command of the program: `path` is "" for the program itself, and as in "orders list" else.
struct Node {
  std::string path;
  Names options;  ///< its own, long and short
  Names commands;
};

void walk(const CLI::App& app, const std::string& path, std::vector<Node>& nodes) {
  Node node{path, {}, {}};
  for (const auto* option : app.get_options()) {
    if (!path.empty() && option == app.get_help_ptr()) continue;  // every command has it from the program
    for (const auto& name : option->get_lnames()) node.options.insert("--" + name);
    for (const auto& name : option->get_snames()) node.options.insert("-" + name);
  }
  const auto commands = app.get_subcommands([](const CLI::App*) { return true; });
  for (const auto* command : commands) node.commands.insert(command->get_name());
  nodes.push_back(std::move(node));
  for (const auto* command : commands) {
    walk(*command, path.empty() ? command->get_name() : path + " " + command->get_name(), nodes);
  }
}

const std::vector<Node>& nodes() {
  static const std::vector<Node> all = [] {
    CLI::App root{"", "wxpayctl"};
    wxpay::cli::RawGlobalOptions raw;
    wxpay::cli::Command chosen;
    wxpay::cli::add_global_options(root, raw);
    wxpay::cli::add_commands(root, chosen);
    std::vector<Node> found;
    walk(root, "", found);
    return found;
  }();
  return all;
}

const Names& global_options() { return nodes().front().options; }

std::string read(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};
  REQUIRE_MESSAGE(file.good(), "cannot read " << path.string());
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

std::filesystem::path project(const std::string& name) {
  return std::filesystem::path{WXPAYCTL_PROJECT} / name;
}

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream stream{text};
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

/// The text of a macro's line: without the macro, fonts, quotes and escapes.
std::string plain(std::string line) {
  if (line.starts_with(".")) line.erase(0, std::min(line.find(' '), line.size()));
  std::string text;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\\' && i + 2 < line.size() && line[i + 1] == 'f') {
      i += 2;
    } else if (line[i] == '\\' && i + 1 < line.size()) {
      text += line[++i];
    } else {
      text += line[i] == '"' || line[i] == ',' ? ' ' : line[i];
    }
  }
  return text;
}

/// What the entries (.TP) of a man page are about, by subsection; "" is everything outside of one.
std::map<std::string, Names> entries_of(const std::filesystem::path& page) {
  std::map<std::string, Names> entries;
  std::string section;
  bool tag = false;
  for (const auto& line : lines_of(read(page))) {
    if (line.starts_with(".SH ")) section.clear();
    if (line.starts_with(".SS ")) {
      section = plain(line).substr(1);
      entries[section];
    }
    if (tag) {
      for (const auto& word : words_of(plain(line))) entries[section].insert(word);
    }
    tag = line == ".TP";
  }
  return entries;
}

/// Those of the words that are options.
Names options_in(const Names& words) {
  Names options;
  std::copy_if(words.begin(), words.end(), std::inserter(options, options.end()),
               [](const std::string& word) { return word.size() > 1 && word.front() == '-'; });
  return options;
}

std::string joined(const Names& names) {
  std::string text;
  for (const auto& name : names) text += name + " ";
  return text;
}

void must_be_same(const Names& documented, const Names& real) {
  Names missing;
  Names stale;
  std::set_difference(real.begin(), real.end(), documented.begin(), documented.end(),
                      std::inserter(missing, missing.end()));
  std::set_difference(documented.begin(), documented.end(), real.begin(), real.end(),
                      std::inserter(stale, stale.end()));
  CHECK_MESSAGE(missing.empty(), "missing: " << joined(missing));
  CHECK_MESSAGE(stale.empty(), "not in the program: " << joined(stale));
}

std::optional<std::filesystem::path> tool(const std::string& name) {
  for (const auto* folder : {"/usr/local/bin", "/usr/bin", "/bin"}) {
    const auto path = std::filesystem::path{folder} / name;
    if (std::filesystem::exists(path)) return path;
  }
  MESSAGE(name << " is not installed: what it would check is not checked");
  return std::nullopt;
}

/// Runs a shell without anybody's start-up files.
Result run_shell(const std::filesystem::path& shell, std::vector<std::string> arguments) {
  const TemporaryFolder home;
  const auto folder = home.path().string();
  return run({.program = shell,
              .arguments = std::move(arguments),
              .environment = std::map<std::string, std::string>{{"PATH", "/usr/local/bin:/usr/bin:/bin"},
                                                                {"HOME", folder},
                                                                {"XDG_CONFIG_HOME", folder},
                                                                {"XDG_DATA_HOME", folder},
                                                                {"LC_ALL", "C.UTF-8"}},
              .folder = home.path()});
}

Names names_in(const std::string& text) {
  const auto words = words_of(text);
  return {words.begin(), words.end()};
}

/// What a shell offers for the last of these words.
class Completer {
 public:
  virtual ~Completer() = default;
  virtual Names offers(const std::vector<std::string>& words) const = 0;
};

class Bash final : public Completer {
 public:
  explicit Bash(std::filesystem::path shell) : shell_{std::move(shell)} {}

  Names offers(const std::vector<std::string>& words) const override {
    std::vector<std::string> arguments{
        "--norc", "-c",
        "source \"$0\"; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); "
        "function=$(complete -p wxpayctl | sed 's/.*-F \\([^ ]*\\).*/\\1/'); $function; "
        "printf '%s\\n' \"${COMPREPLY[@]}\"",
        project("completions/wxpayctl.bash").string()};
    arguments.insert(arguments.end(), words.begin(), words.end());
    const auto result = run_shell(shell_, arguments);
    CHECK(result.code == 0);
    CHECK(result.err.empty());
    return names_in(result.out);
  }

 private:
  std::filesystem::path shell_;
};

class Fish final : public Completer {
 public:
  explicit Fish(std::filesystem::path shell) : shell_{std::move(shell)} {}

  Names offers(const std::vector<std::string>& words) const override {
    std::string line;
    for (const auto& word : words) line += (line.empty() ? "" : " ") + word;
    const auto result = run_shell(shell_, {"--no-config", "-c",
                                           "source '" + project("completions/wxpayctl.fish").string() +
                                               "'; complete -C '" + line + "'"});
    CHECK(result.code == 0);
    CHECK(result.err.empty());
    Names offered;  // each with its description after a tab
    for (const auto& offer : lines_of(result.out)) offered.insert(offer.substr(0, offer.find('\t')));
    return offered;
  }

 private:
  std::filesystem::path shell_;
};

std::vector<std::unique_ptr<Completer>> completers() {
  std::vector<std::unique_ptr<Completer>> all;
  if (auto bash = tool("bash")) all.push_back(std::make_unique<Bash>(*bash));
  if (auto fish = tool("fish")) all.push_back(std::make_unique<Fish>(*fish));
  return all;
}

std::vector<std::string> line(const std::string& path, std::vector<std::string> more) {
  auto words = words_of("wxpayctl " + path);
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

/// Each command's specifications as zsh's own _arguments and _describe would be given them.
std::map<std::string, Names> zsh_specifications(const std::filesystem::path& shell) {
  std::string script =
      "_arguments() { print -rl -- \"$@\"; state=command }\n"
      "_describe() { print -rl -- \"${(@P)@[-1]}\" }\n"
      "source '" +
      project("completions/_wxpayctl").string() + "'\n";
  for (const auto& node : nodes()) {
    auto function = node.path;
    std::replace(function.begin(), function.end(), ' ', '_');
    script +=
        "print -r -- '== " + node.path + "'\n_wxpayctl" + (function.empty() ? "" : "_" + function) + "\n";
  }
  const auto result = run_shell(shell, {"-f", "-c", script});
  CHECK(result.err.empty());
  std::map<std::string, Names> specifications;
  std::string* path = nullptr;
  std::string current;
  for (const auto& said : lines_of(result.out)) {
    if (said.starts_with("== ")) {
      current = said.substr(3);
      path = &current;
    } else if (path != nullptr) {
      specifications[current].insert(said);
    }
  }
  return specifications;
}

/// The options among zsh's specifications: "(-o)--output=[format]:format:(text json)" is --output.
Names zsh_options(const Names& specifications) {
  Names options;
  for (auto said : specifications) {
    if (said.starts_with("(")) said.erase(0, said.find(')') + 1);
    if (said.starts_with("*-")) said.erase(0, 1);
    if (!said.starts_with("-") || !contains(said, "[")) continue;
    options.insert(said.substr(0, said.find_first_of("=+[")));
  }
  return options;
}

struct Choice {
  std::string path;
  std::string option;  ///< "" for an argument
  Names values;
};

std::vector<Choice> choices() {
  Names states;
  for (int state = 0; state <= static_cast<int>(wxpay::OrderState::refund); ++state) {
    states.emplace(to_string(static_cast<wxpay::OrderState>(state)));
  }
  Names refund_states;
  for (int state = 0; state <= static_cast<int>(wxpay::RefundState::failed); ++state) {
    refund_states.emplace(to_string(static_cast<wxpay::RefundState>(state)));
  }
  const auto faults = wxpay::sandbox::fault_names();
  const auto payable = wxpay::payable_trade_types();
  const Names trade_types{payable.begin(), payable.end()};
  const Names sign_types{"MD5", "HMAC-SHA256"};
  return {{"query", "--output", {"text", "json", "csv"}},
          {"", "--color", {"auto", "always", "never"}},
          {"doctor", "--log-level", {"trace", "debug", "info", "warn", "error"}},
          {"", "--profile", {"sandbox", "sandbox-v3"}},
          {"create-order", "--trade-type", trade_types},
          {"create-order", "--limit-pay", {"no_credit"}},
          {"init", "--trade-type", trade_types},
          {"init", "--sign-type", sign_types},
          {"init", "--api", {"v2", "v3"}},
          {"sandbox serve", "--trust", {"certificate", "public-key", "both"}},
          {"sign", "--trade-type", {"JSAPI", "APP"}},
          {"sign", "--sign-type", sign_types},
          {"orders list", "--state", states},
          {"orders mark", "--state", states},
          {"refunds list", "--state", refund_states},
          {"refunds export", "--state", refund_states},
          {"sandbox refund", "--state", {"SUCCESS", "CLOSED", "ABNORMAL", "PROCESSING"}},
          {"sandbox fault", "", {faults.begin(), faults.end()}}};
}

struct FilePlace {
  std::string path;
  std::string option;
};

const std::vector<FilePlace>& file_places() {
  static const std::vector<FilePlace> places{{"", "--config"},
                                             {"query", "--ledger"},
                                             {"query", "--log-file"},
                                             {"create-order", "--request"},
                                             {"sign", "--params"},
                                             {"sign", "--verify"},
                                             {"init", "--key-file"},
                                             {"init", "--apiv3-key-file"},
                                             {"init", "--public-key-file"},
                                             {"sandbox keys", ""},
                                             {"sandbox serve", "--state"},
                                             {"sandbox notify", "--out"},
                                             {"sandbox refund", "--out"},
                                             {"ledger backup", ""}};
  return places;
}

}  // namespace

TEST_CASE("every command has a man page, and every option an entry in it") {
  for (const auto& node : nodes()) {
    CAPTURE(node.path);
    const auto words = words_of(node.path);
    const auto page = project("man/wxpayctl" + (words.empty() ? "" : "-" + words.front()) + ".1");
    const auto entries = entries_of(page);
    if (words.size() == 2) {
      REQUIRE_MESSAGE(entries.count(words.back()) == 1, "no subsection in " << page.string());
      must_be_same(options_in(entries.at(words.back())), node.options);
    } else {
      must_be_same(options_in(entries.at("")), node.options);
    }
    for (const auto& command : node.commands) {
      const bool listed =
          node.path.empty() ? entries.at("").count(command) == 1 : entries.count(command) == 1;
      CHECK_MESSAGE(listed, command << " is not in " << page.string());
    }
  }
}

TEST_CASE("the man pages name every state, kind of fault and key of the configuration") {
  const auto program = entries_of(project("man/wxpayctl.1"));
  const auto sandbox = entries_of(project("man/wxpayctl-sandbox.1"));
  Names all;
  for (const auto* page : {&program, &sandbox}) {
    for (const auto& [section, words] : *page) all.insert(words.begin(), words.end());
  }
  const auto states_of_orders = read(project("man/wxpayctl.1"));
  const auto states_of_refunds = read(project("man/wxpayctl-refunds.1"));
  for (const auto& choice : choices()) {
    if (choice.path != "sandbox fault") continue;
    for (const auto& value : choice.values) CHECK_MESSAGE(all.count(value) == 1, value << " has no entry");
  }
  for (const auto& choice : choices()) {
    // What the sandbox is told is in WeChat Pay's own words.
    if (choice.option != "--state" || choice.path == "sandbox refund") continue;
    const auto& page = choice.path.starts_with("refunds ") ? states_of_refunds : states_of_orders;
    for (const auto& value : choice.values) {
      CHECK_MESSAGE(contains(page, "\n\\fB" + value + "\\fR\n"), value << " has no entry");
    }
  }
  for (const auto& key : wxpay::cli::config_keys()) {
    CHECK_MESSAGE(all.count(std::string{key.name}) == 1, key.name << " has no entry");
  }
}

TEST_CASE("mandoc finds nothing in the man pages") {
  const auto mandoc = tool("mandoc");
  REQUIRE(mandoc);
  int pages = 0;
  for (const auto& entry : std::filesystem::directory_iterator{project("man")}) {
    const auto result = run({.program = *mandoc,
                             .arguments = {"-Tlint", "-W", "warning", entry.path().string()},
                             .environment = {}});
    CHECK_MESSAGE(result.code == 0, result.out << result.err);
    CHECK(result.out.empty());
    ++pages;
  }
  CHECK(pages >= 10);
}

TEST_CASE("the shells read their completions without an error") {
  struct File {
    const char* shell;
    std::string name;
  };
  for (const auto& file :
       {File{"bash", "wxpayctl.bash"}, File{"zsh", "_wxpayctl"}, File{"fish", "wxpayctl.fish"}}) {
    const auto program = tool(file.shell);
    REQUIRE(program);
    const auto result = run_shell(*program, {"-n", project("completions/" + file.name).string()});
    CHECK_MESSAGE(result.code == 0, file.name << ": " << result.err);
    CHECK(result.err.empty());
  }
}

TEST_CASE("bash and fish offer exactly the options and commands of every command") {
  for (const auto& shell : completers()) {
    for (const auto& node : nodes()) {
      CAPTURE(node.path);
      auto real = node.options;
      real.insert(global_options().begin(), global_options().end());
      auto offered = shell->offers(line(node.path, {"--"}));
      offered.merge(shell->offers(line(node.path, {"-"})));
      must_be_same(offered, real);
      if (!node.commands.empty()) must_be_same(shell->offers(line(node.path, {""})), node.commands);
    }
  }
}

TEST_CASE("zsh is told exactly the options and commands of every command") {
  const auto zsh = tool("zsh");
  REQUIRE(zsh);
  const auto specifications = zsh_specifications(*zsh);
  for (const auto& node : nodes()) {
    CAPTURE(node.path);
    REQUIRE(specifications.count(node.path) == 1);
    const auto& said = specifications.at(node.path);
    auto real = node.options;
    real.insert(global_options().begin(), global_options().end());
    must_be_same(zsh_options(said), real);
    for (const auto& command : node.commands) {
      CHECK_MESSAGE(std::any_of(said.begin(), said.end(),
                                [&](const std::string& text) { return text.starts_with(command + ":"); }),
                    command << " is missing");
    }
  }
}

TEST_CASE("the completions offer the values of options that have a few") {
  for (const auto& shell : completers()) {
    for (const auto& choice : choices()) {
      CAPTURE(choice.path);
      CAPTURE(choice.option);
      const auto words =
          choice.option.empty() ? line(choice.path, {""}) : line(choice.path, {choice.option, ""});
      must_be_same(shell->offers(words), choice.values);
    }
  }
  const auto zsh = tool("zsh");
  REQUIRE(zsh);
  const auto specifications = zsh_specifications(*zsh);
  for (const auto& choice : choices()) {
    if (choice.option == "--profile") continue;  // by a function, since the configuration names them
    CAPTURE(choice.path);
    CAPTURE(choice.option);
    const auto& said = specifications.at(choice.path);
    const auto about = choice.option.empty() ? std::string{":kind:("} : choice.option + "=";
    const auto found = std::find_if(said.begin(), said.end(),
                                    [&](const std::string& text) { return contains(text, about); });
    REQUIRE(found != said.end());
    const auto begin = found->rfind('(') + 1;
    must_be_same(names_in(found->substr(begin, found->rfind(')') - begin)), choice.values);
  }
}

TEST_CASE("the completions offer files where a file is wanted, and nowhere else") {
  const TemporaryFolder folder;
  std::ofstream{folder.path() / "order.json"} << "{}";
  const auto begun = (folder.path() / "ord").string();
  for (const auto& shell : completers()) {
    for (const auto& place : file_places()) {
      CAPTURE(place.path);
      CAPTURE(place.option);
      const auto words =
          place.option.empty() ? line(place.path, {begun}) : line(place.path, {place.option, begun});
      CHECK(shell->offers(words) == Names{(folder.path() / "order.json").string()});
    }
    CHECK(shell->offers(line("close", {begun})).empty());
    CHECK(shell->offers(line("orders list --state", {begun})).empty());
  }
}

TEST_CASE("a completion finds the command behind options and their values") {
  for (const auto& shell : completers()) {
    const Names states{"SUCCESS"};
    CHECK(shell->offers(words_of(
              "wxpayctl -p sandbox --json orders --timeout 5s mark 2026112300001 --state SU")) == states);
    CHECK(shell->offers(line("--profile query orders", {""})) ==
          Names{"export", "import", "list", "mark", "show"});
    CHECK(shell->offers(line("query 2026112300001 --wat", {})) == Names{"--watch"});
  }
  if (const auto bash = tool("bash")) {
    CHECK(Bash{*bash}.offers({"wxpayctl", "orders", "mark", "--state", "=", "SU"}) == Names{"SUCCESS"});
    CHECK(Bash{*bash}.offers({"wxpayctl", "--output", "="}) == Names{"csv", "json", "text"});
  }
}
