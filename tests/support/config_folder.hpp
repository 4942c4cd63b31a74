#pragma once

#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>

#include "cli/config/settings.hpp"
#include "wxpay/error.hpp"

namespace wxpay::test {

/// A folder of its own for one test, with an environment that points nowhere else; removed at the end.
class ConfigFolder {
 public:
  ConfigFolder() {
    auto pattern = (std::filesystem::temp_directory_path() / "wxpayctl-test-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error{"cannot make a folder for the test"};
    path_ = pattern;
    variables["HOME"] = pattern;
  }
  ConfigFolder(const ConfigFolder&) = delete;
  ConfigFolder& operator=(const ConfigFolder&) = delete;
  ConfigFolder(ConfigFolder&&) = delete;
  ConfigFolder& operator=(ConfigFolder&&) = delete;
  ~ConfigFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  std::filesystem::path path(const std::string& name = {}) const {
    return name.empty() ? path_ : path_ / name;
  }

  std::filesystem::path write(const std::string& name, const std::string& text, mode_t mode = 0600) const {
    auto file = path(name);
    std::filesystem::create_directories(file.parent_path());
    std::ofstream{file, std::ios::binary} << text;
    if (::chmod(file.c_str(), mode) != 0) throw std::runtime_error{"cannot set a mode"};
    return file;
  }

  std::string read(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream{path(name), std::ios::binary}.rdbuf();
    return text.str();
  }

  cli::Environment environment() const {
    return [this](const std::string& name) -> std::optional<std::string> {
      const auto found = variables.find(name);
      if (found == variables.end() || found->second.empty()) return std::nullopt;
      return found->second;
    };
  }

  std::map<std::string, std::string> variables;

 private:
  std::filesystem::path path_;
};

/// What an action that must fail threw; an error of kind internal with no text when it did not throw.
template <class Action>
Error error_of(Action action) {
  try {
    action();
  } catch (const Error& error) {
    return error;
  }
  return Error{ErrorKind::internal, "nothing was thrown"};
}

}  // namespace wxpay::test
