#include "cli/actor.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <unistd.h>

#include <array>
#include <string_view>

#include "base/number.hpp"
#include "base/text.hpp"
#include "base/unique_fd.hpp"

namespace wxpay::cli {

namespace {

/// Far above what a system allows, and two of them far below what the ledger keeps.
constexpr std::size_t longest_name = 256;

std::string shown(uid_t user, const UserName& name_of) {
  const auto name = name_of(user);
  const bool can_be_kept = name && !name->empty() && name->size() <= longest_name && is_utf8(*name) &&
                           without_control_characters(*name) == *name;
  return can_be_kept ? *name : "uid " + std::to_string(user);
}

/// Who called sudo, as far as that can be: a user of that name and number, and another one than this.
std::optional<uid_t> behind_sudo(const Caller& caller, const UserName& name_of) {
  if (!caller.sudo_uid || caller.sudo_user.empty() || name_of(*caller.sudo_uid) != caller.sudo_user) {
    return std::nullopt;
  }
  return caller.sudo_uid;
}

std::optional<uid_t> parse_uid(std::string_view text) {
  constexpr auto no_user = static_cast<uid_t>(-1);
  const auto uid = parse_integer<uid_t>(text);
  return uid == no_user ? std::nullopt : uid;
}

std::optional<uid_t> login_of_this_process() {
  const UniqueFd file{::open("/proc/self/loginuid", O_RDONLY | O_CLOEXEC)};
  if (!file) return std::nullopt;
  std::array<char, 16> text{};
  const auto size = ::read(file.get(), text.data(), text.size());
  return size <= 0 ? std::nullopt : parse_uid(trim({text.data(), static_cast<std::size_t>(size)}));
}

}  // namespace

std::string actor_of(const Caller& caller, const UserName& name_of) {
  const auto person = caller.login ? caller.login : behind_sudo(caller, name_of);
  const auto user = shown(caller.user, name_of);
  return !person || *person == caller.user ? user : shown(*person, name_of) + " (" + user + ")";
}

Caller this_caller(const Environment& environment) {
  return {.user = ::getuid(),
          .login = login_of_this_process(),
          .sudo_user = environment("SUDO_USER").value_or(""),
          .sudo_uid = parse_uid(environment("SUDO_UID").value_or(""))};
}

std::optional<std::string> user_name(uid_t user) {
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(user, &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) {
    return std::nullopt;
  }
  return entry.pw_name;
}

}  // namespace wxpay::cli
