#include "cli/actor.hpp"

#include <doctest/doctest.h>

using namespace wxpay;
using cli::Caller;

namespace {

std::optional<std::string> name_of(uid_t user) {
  switch (user) {
    case 0:
      return "root";
    case 1000:
      return "boss";
    case 1001:
      return "clerk";
    case 990:
      return "wxpayctl";
    case 2000:
      return "a\xff";
    case 2001:
      return std::string(2'000, 'n');
    case 2002:
      return "boss\xE2\x80\xAE";
    case 2003:
      return "";
    case 2004:
      return std::string(256, 'n');
    default:
      return std::nullopt;
  }
}

}  // namespace

TEST_CASE("the history names who logged in, and sudo's word only where it can be true") {
  struct Row {
    Caller caller;
    std::string actor;
  };
  const Row rows[] = {
      // By the system alone.
      {{.user = 1000}, "boss"},
      {{.user = 0}, "root"},
      {{.user = 1000, .login = 1000}, "boss"},
      {{.user = 0, .login = 1000}, "boss (root)"},
      {{.user = 990, .login = 1001}, "clerk (wxpayctl)"},
      {{.user = 4242}, "uid 4242"},
      {{.user = 0, .login = 4242}, "uid 4242 (root)"},
      // A true sudo.
      {{.user = 0, .sudo_user = "boss", .sudo_uid = 1000}, "boss (root)"},
      {{.user = 990, .sudo_user = "clerk", .sudo_uid = 1001}, "clerk (wxpayctl)"},
      {{.user = 0, .login = 1000, .sudo_user = "boss", .sudo_uid = 1000}, "boss (root)"},
      {{.user = 0, .login = 1000, .sudo_user = "clerk", .sudo_uid = 1001}, "boss (root)"},
      {{.user = 0, .sudo_user = "root", .sudo_uid = 0}, "root"},
      // Made up.
      {{.user = 1001, .sudo_user = "boss"}, "clerk"},
      {{.user = 0, .sudo_user = "boss"}, "root"},
      {{.user = 1001, .sudo_uid = 1000}, "clerk"},
      {{.user = 1001, .sudo_user = "boss", .sudo_uid = 1001}, "clerk"},
      {{.user = 1001, .sudo_user = "chief", .sudo_uid = 1000}, "clerk"},
      {{.user = 1001, .sudo_user = "chief", .sudo_uid = 4242}, "clerk"},
      {{.user = 1001, .login = 1001, .sudo_user = "boss", .sudo_uid = 1000}, "clerk"},
      {{.user = 1001, .sudo_user = "boss", .sudo_uid = 1000}, "boss (clerk)"},
      {{.user = 1001, .sudo_user = std::string(100'000, 'x'), .sudo_uid = 1000}, "clerk"},
      // Names that the ledger could not keep.
      {{.user = 2000}, "uid 2000"},
      {{.user = 2001}, "uid 2001"},
      {{.user = 2002}, "uid 2002"},
      {{.user = 2003}, "uid 2003"},
      {{.user = 2004}, std::string(256, 'n')},
      {{.user = 0, .sudo_user = "a\xff", .sudo_uid = 2000}, "uid 2000 (root)"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.actor);
    CHECK(cli::actor_of(row.caller, name_of) == row.actor);
  }
}

TEST_CASE("of this process the system tells the user, and the environment what sudo says") {
  std::string uid = "65534";
  const cli::Environment environment = [&uid](const std::string& name) -> std::optional<std::string> {
    if (name == "SUDO_USER") return "boss";
    if (name == "SUDO_UID") return uid;
    return std::nullopt;
  };
  const auto caller = cli::this_caller(environment);
  CHECK(caller.user == ::getuid());
  CHECK(caller.sudo_user == "boss");
  CHECK((caller.sudo_uid == uid_t{65534}));
  for (const auto* bad : {"", "x", "1x", " 1", "-1", "4294967295", "4294967296", "99999999999999999999"}) {
    uid = bad;
    CHECK_FALSE(cli::this_caller(environment).sudo_uid.has_value());
  }
  CHECK((cli::user_name(0) == std::optional<std::string>{"root"}));
}
