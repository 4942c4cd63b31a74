#include "cli/config/config_file.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <sstream>

#include "base/text.hpp"
#include "cli/config/config_keys.hpp"
#include "cli/config/safe_file.hpp"
#include "cli/config/value_rules.hpp"
#include "wxpay/error.hpp"

namespace wxpay::cli {

namespace {

constexpr std::size_t largest_config = std::size_t{64} * 1024;

/// The parser makes a table of every part of a key, one in the other, and has no limit of its own: tens of
/// thousands take more stack than there is. No key of ours has more than two dots.
constexpr std::size_t most_dots = 16;

[[noreturn]] void fail(const ConfigFile& file, int line, const std::string& what, std::string hint = {}) {
  throw Error{ErrorKind::config, file.place(line) + ": " + what, std::move(hint)};
}

int line_of(const toml::key& key) { return static_cast<int>(key.source().begin.line); }
int line_of(const toml::node& node) { return static_cast<int>(node.source().begin.line); }

std::string suggestion(std::string_view typed, const std::vector<std::string>& candidates) {
  const auto near = nearest(typed, candidates);
  return near ? "did you mean `" + *near + "`?" : "";
}

std::string name_of(toml::node_type type) {
  switch (type) {
    case toml::node_type::none:
      return "nothing";
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "an array";
    case toml::node_type::string:
      return "a string";
    case toml::node_type::integer:
      return "an integer";
    case toml::node_type::floating_point:
      return "a decimal number";
    case toml::node_type::boolean:
      return "a boolean";
    case toml::node_type::date:
      return "a date";
    case toml::node_type::time:
      return "a time";
    case toml::node_type::date_time:
      return "a date and time";
  }
  return "of another type";
}

/// How the line should read. A secret is not repeated, whatever its type.
std::string quoted_example(const std::string& key, const toml::node& node) {
  if (is_secret_key(key) || !node.is_integer()) return "write " + key + " = \"…\"";
  std::ostringstream number;
  number << *node.as_integer();
  return "write " + key + " = \"" + number.str() + "\"";
}

ConfigValue read_value(const ConfigFile& file, const ConfigKey& known, const toml::node& node) {
  const std::string key{known.name};
  const int line = line_of(node);
  if (known.type != KeyType::number) {
    if (const auto* text = node.as_string()) return {text->get(), line};
    fail(file, line, key + " is " + name_of(node.type()) + ", it must be a string in quotes",
         quoted_example(key, node));
  }
  if (const auto* number = node.as_integer()) return {number->get(), line};
  fail(file, line, key + " is " + name_of(node.type()) + ", it must be an integer without quotes",
       "write " + key + " = " + known.sample);
}

[[noreturn]] void refuse_unknown_key(const ConfigFile& file, const std::string& key, int line) {
  std::vector<std::string> names;
  for (const auto& known : config_keys()) names.emplace_back(known.name);
  fail(file, line, "unknown key " + printable(key), suggestion(key, names));
}

/// The entries of a table in the order of the file, so that the first fault is the one that is told.
std::vector<std::pair<const toml::key*, const toml::node*>> entries(const toml::table& table) {
  std::vector<std::pair<const toml::key*, const toml::node*>> found;
  for (const auto& [key, node] : table) found.emplace_back(&key, &node);
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return line_of(*a.first) < line_of(*b.first); });
  return found;
}

ProfileTable read_profile(const ConfigFile& file, int line, const toml::table& table) {
  ProfileTable profile;
  profile.line = line;
  for (const auto& entry : entries(table)) {
    const std::string name{entry.first->str()};
    const auto* known = find_key(name);
    if (known == nullptr) refuse_unknown_key(file, name, line_of(*entry.first));
    profile.values.emplace(name, read_value(file, *known, *entry.second));
  }
  return profile;
}

void read_profiles(ConfigFile& file, int line, const toml::node& node) {
  const auto* table = node.as_table();
  if (table == nullptr) {
    fail(file, line, "profiles is " + name_of(node.type()) + ", it must be a table", "write [profiles.NAME]");
  }
  for (const auto& entry : entries(*table)) {
    const std::string name{entry.first->str()};
    const int at = line_of(*entry.first);
    const auto fault = profile_name_fault(name);
    if (!fault.empty()) fail(file, at, "profile name " + printable(name) + " " + fault);
    const auto* profile = entry.second->as_table();
    if (profile == nullptr) {
      fail(file, at, "profiles." + name + " is " + name_of(entry.second->type()) + ", it must be a table",
           "write [profiles.NAME], then the keys");
    }
    file.profiles.emplace(name, read_profile(file, at, *profile));
  }
}

void read_top_level(ConfigFile& file, const toml::table& root) {
  for (const auto& entry : entries(root)) {
    const std::string name{entry.first->str()};
    const int line = line_of(*entry.first);
    if (name == "profiles") {
      read_profiles(file, line, *entry.second);
    } else if (name == "default_profile") {
      const auto* text = entry.second->as_string();
      if (text == nullptr) {
        fail(file, line,
             "default_profile is " + name_of(entry.second->type()) + ", it must be a string in quotes");
      }
      file.default_profile = text->get();
      file.default_profile_line = line;
    } else {
      auto hint = suggestion(name, {"default_profile", "profiles"});
      if (hint.empty()) hint = "the keys of a merchant stand under [profiles.NAME]";
      const bool table = entry.second->is_table();
      fail(file, line, (table ? "unknown table " : "unknown key ") + printable(name), hint);
    }
  }
}

/// Where a string of TOML that begins at `at` ends: behind its closing quotes, or where it can go on no more.
std::size_t end_of_string(std::string_view text, std::size_t at) {
  const char quote = text[at];
  const std::string three(3, quote);
  const bool has_lines = text.substr(at, 3) == three;
  for (at += has_lines ? 3 : 1; at < text.size(); ++at) {
    if (text[at] == '\\' && quote == '"') {
      ++at;
    } else if (text[at] == '\n' && !has_lines) {
      return at;
    } else if (text[at] == quote && !has_lines) {
      return at + 1;
    } else if (has_lines && text.substr(at, 3) == three) {
      // Two quotes more may belong to the text.
      at += 3;
      for (int more = 0; more < 2 && at < text.size() && text[at] == quote; ++more) ++at;
      return at;
    }
  }
  return text.size();
}

/// Refuses a key of too many parts before it is parsed. Keys stand outside of strings and comments, on one
/// line.
void refuse_deep_keys(const ConfigFile& file, std::string_view text) {
  std::size_t dots = 0;
  int line = 1;
  for (std::size_t at = 0; at < text.size();) {
    const auto begin = at;
    switch (text[at]) {
      case '"':
      case '\'':
        at = end_of_string(text, at);
        break;
      case '#':
        at = std::min(text.find('\n', at), text.size());
        break;
      case '\n':
      case '=':
      case ',':
      case '[':
      case '{':
        dots = 0;
        ++at;
        break;
      case '.':
        if (++dots > most_dots)
          fail(file, line, "a key has more than " + std::to_string(most_dots) + " dots");
        ++at;
        break;
      default:
        ++at;
    }
    const auto passed = text.substr(begin, at - begin);
    line += static_cast<int>(std::count(passed.begin(), passed.end(), '\n'));
  }
}

/// The parser's own words, without what they repeat of the file where that could be a key.
std::string described(std::string_view words) {
  if (words.find("not representable") != std::string_view::npos) return "a number has too many digits";
  // It names what is there twice, and stands in quotes.
  if (looks_like_key(words)) words = trim(words.substr(0, words.find('\'')));
  constexpr std::string_view opening = "Error while parsing ";
  if (words.substr(0, opening.size()) == opening) {
    return "malformed " + std::string{words.substr(opening.size())};
  }
  std::string text{words};
  if (!text.empty()) text[0] = to_lower(text.substr(0, 1))[0];
  return text;
}

}  // namespace

std::optional<std::string> ProfileTable::text(const std::string& key) const {
  const auto found = values.find(key);
  if (found == values.end()) return std::nullopt;
  const auto* text = std::get_if<std::string>(&found->second.value);
  if (text == nullptr || text->empty()) return std::nullopt;
  return *text;
}

std::optional<std::int64_t> ProfileTable::number(const std::string& key) const {
  const auto found = values.find(key);
  if (found == values.end()) return std::nullopt;
  const auto* number = std::get_if<std::int64_t>(&found->second.value);
  return number == nullptr ? std::nullopt : std::optional{*number};
}

int ProfileTable::line_of(const std::string& key) const {
  const auto found = values.find(key);
  return found == values.end() ? 0 : found->second.line;
}

bool ConfigFile::holds_secret() const {
  const auto keys = config_keys();
  return std::any_of(profiles.begin(), profiles.end(), [keys](const auto& profile) {
    return std::any_of(keys.begin(), keys.end(), [&profile](const ConfigKey& key) {
      return key.secret && key.secret->kind == SecretSource::Kind::in_clear &&
             profile.second.text(std::string{key.name}).has_value();
    });
  });
}

std::string ConfigFile::place(int line) const { return path.string() + ":" + std::to_string(line); }

ConfigFile parse_config(std::string_view text, const std::filesystem::path& path) {
  ConfigFile file;
  file.path = path;
  refuse_deep_keys(file, text);
  try {
    read_top_level(file, toml::parse(text));
  } catch (const toml::parse_error& error) {
    fail(file, static_cast<int>(error.source().begin.line), described(error.description()));
  }
  return file;
}

ConfigFile read_config(const std::filesystem::path& path) {
  const SafeFile opened{path, "configuration " + path.string(), ErrorKind::config};
  opened.refuse_writable_by_others();
  auto file = parse_config(opened.read(largest_config), path);
  if (file.holds_secret()) opened.refuse_readable_by_others();
  return file;
}

}  // namespace wxpay::cli
