#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "cli/config/config_writer.hpp"
#include "cli/config/prompter.hpp"
#include "wxpay/secret.hpp"

namespace wxpay::cli {

/// What answers that name files are held against.
struct KeyFiles {
  /// The absolute path of one that was typed.
  std::function<std::filesystem::path(const std::string& typed)> locate;
  /// @throws Error{key}  what is named so far cannot be used, or does not fit
  std::function<void(const FirstConfig& config)> check;
};

/// Asks which API the profile has, where nothing says so yet.
/// @throws  as complete_by_asking does
void ask_for_api(FirstConfig& config, Prompter& prompter);

/// Asks for what the options of `init` left out, by the API of the profile. An answer that no file may hold,
/// or that names a file which cannot be used, is asked for again, a few times.
/// @return the key, where one was typed in; it is in no value
/// @throws Error{usage} after too many wrong answers, Error{interrupted}
std::optional<Secret> complete_by_asking(FirstConfig& config, Prompter& prompter, const KeyFiles& files = {});

}  // namespace wxpay::cli
