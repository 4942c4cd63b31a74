#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>

#include "cli/config/settings.hpp"

namespace wxpay::cli {

/// What the system and the environment tell of who runs the program.
struct Caller {
  uid_t user = 0;
  std::optional<uid_t> login;  ///< who logged in at the beginning; only root can change it (loginuid)
  std::string sudo_user;       ///< SUDO_USER and SUDO_UID, which anybody can set
  std::optional<uid_t> sudo_uid;
};

/// The name of a user; nothing where the system knows none.
using UserName = std::function<std::optional<std::string>(uid_t)>;

/// Whom the history names: the user, or, where the person behind is another one, that person with the user,
/// as in `boss (root)`. Of sudo's word only what does not contradict the system counts, and the user stands
/// beside it, so that nobody can pass for somebody else alone. A name that cannot be kept is given as `uid
/// N`.
std::string actor_of(const Caller& caller, const UserName& name_of);

Caller this_caller(const Environment& environment);
std::optional<std::string> user_name(uid_t user);

}  // namespace wxpay::cli
