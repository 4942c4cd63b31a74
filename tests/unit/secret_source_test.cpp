#include "cli/config/secret_source.hpp"

#include <doctest/doctest.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "support/config_folder.hpp"

using wxpay::Error;
using wxpay::ErrorKind;
using wxpay::cli::CommandLimits;
using wxpay::cli::SecretId;
using wxpay::cli::SecretSource;
using wxpay::cli::SettingOptions;
using wxpay::test::ConfigFolder;
using wxpay::test::error_of;

namespace {

const std::string key = "abcdefghijklmnopqrstuvwxyz012345";

/// The key as the profile's line names it.
std::string load(const ConfigFolder& folder, const std::string& line) {
  SettingOptions options;
  options.config =
      folder.write("c.toml", "[profiles.shop]\nmch_id = \"1\"\napp_id = \"wx1\"\n" + line + "\n").string();
  const auto profile = wxpay::cli::resolve_profile(options, folder.environment());
  const auto secret = wxpay::cli::load_secret(profile, SecretId::v2_key, folder.environment());
  return std::string{secret.reveal()};
}

SecretSource command(const std::string& text) {
  return {SecretId::v2_key, SecretSource::Kind::command, text, {}, "key_command of profile shop"};
}

/// Waits for a file that another process writes; empty after a long while.
std::string wait_for_file(const ConfigFolder& folder, const std::string& name) {
  for (int i = 0; i < 1000; ++i) {
    auto text = folder.read(name);
    if (!text.empty() && text.back() == '\n') return text;
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
  return {};
}

bool ends_soon(pid_t pid) {
  for (int i = 0; i < 1000; ++i) {
    if (::kill(pid, 0) != 0) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
  return false;
}

class StopNow final : public wxpay::Stop {
 public:
  bool requested() const noexcept override { return true; }
};

}  // namespace

TEST_CASE("a key comes from the file in clear, a variable, a file or a command") {
  ConfigFolder folder;
  folder.variables["SHOP_KEY"] = key;
  folder.write("lf.key", key + "\n");
  folder.write("crlf.key", key + "\r\n");
  folder.write("bare.key", key, 0640);
  folder.write("read_only.key", key + "\n", 0400);
  const std::string good[] = {
      "key = \"" + key + "\"",
      "key_env = \"SHOP_KEY\"",
      "key_file = \"lf.key\"",  // relative to the configuration
      "key_file = \"./crlf.key\"",
      "key_file = \"~/bare.key\"",
      "key_file = \"" + folder.path("read_only.key").string() + "\"",
      "key_command = \"echo " + key + "\"",
      "key_command = \"printf '" + key + "\\\\nsecond line\\\\n'\"",
      "key_command = \"printf '" + key + "\\\\r\\\\n'\"",
      "key_command = \"printf " + key + "\"",
      "key_command = \"test -z $(cat) && echo " + key + "\"",  // nothing on standard input
  };
  for (const auto& line : good) {
    CAPTURE(line);
    CHECK(load(folder, line) == key);
  }
}

TEST_CASE("a key that cannot be had is an error that says why and never what it is") {
  ConfigFolder folder;
  folder.variables["EMPTY"] = "";
  folder.variables["SHORT"] = "sssss-secret";
  folder.variables["BLANK"] = "sssss-secret lmnopqrstuvwxyz0123";
  folder.variables["WIDE"] = "sssss-secret密密lmnopqrstuvwxy";
  folder.write("empty.key", "\n");
  folder.write("two.key", key + "\n\n");
  folder.write("large.key", std::string(4097, 's'));
  struct Row {
    std::string line, message;
  };
  const Row rows[] = {
      {"", "the profile has no key"},
      {"key = \"sssss-secret\"", "the key from key of profile shop has 12 bytes"},
      {"key_env = \"UNSET\"", "key_env UNSET: the environment variable is not set or empty"},
      {"key_env = \"EMPTY\"", "key_env EMPTY: the environment variable is not set or empty"},
      {"key_env = \"SHORT\"", "the key from key_env SHORT has 12 bytes; a v2 key has exactly 32"},
      {"key_env = \"BLANK\"", "has a blank, a control or a non-ASCII character"},
      {"key_env = \"WIDE\"", "has a blank, a control or a non-ASCII character"},
      {"key_file = \"missing.key\"", "missing.key cannot be opened: No such file"},
      {"key_file = \"empty.key\"", "empty.key is empty"},
      {"key_file = \"two.key\"", "two.key has 33 bytes"},
      {"key_file = \"large.key\"", "large.key is larger than 4096 bytes"},
      {"key_file = \".\"", "is not a regular file"},
      {"key_command = \"echo sssss-secret; exit 7\"", "key_command of profile shop ended with exit status 7"},
      {"key_command = \"exec ./not-there-at-all 2>/dev/null\"", "ended with exit status 127"},
      {"key_command = \"kill -9 $$\"", "was ended by signal 9"},
      {"key_command = \"true\"", "printed nothing"},
      {"key_command = \"echo; echo " + key + "\"", "printed nothing"},
      {"key_command = \"echo sssss-secret\"", "the key from key_command of profile shop has 12 bytes"},
      {"key_command = \"yes sssss-secret\"", "printed more than 4096 bytes and was stopped"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.line);
    const auto error = error_of([&] { load(folder, row.line); });
    CAPTURE(error.what());
    CHECK((error.kind() == ErrorKind::key));
    CHECK(std::string{error.what()}.find(row.message) != std::string::npos);
    CHECK(std::string{error.what()}.find("sssss") == std::string::npos);
    CHECK(error.hint().find("sssss") == std::string::npos);
  }
  CHECK(error_of([&] { load(folder, ""); }).hint() ==
        "name one of key_file, key_env, key_command or key in its [profiles.…] table");
}

TEST_CASE("a key written where its place belongs is not repeated") {
  const ConfigFolder folder;
  for (const auto& line : {"key_env = \"" + key + "\"", "key_file = \"" + key + "\""}) {
    CAPTURE(line);
    const auto error = error_of([&] { load(folder, line); });
    CHECK((error.kind() == ErrorKind::key));
    CHECK(std::string{error.what()}.find(key) == std::string::npos);
    CHECK(error.hint().find(key) == std::string::npos);
  }
}

TEST_CASE("a key file that others may read or write, or its group may write, is refused with the chmod") {
  struct Row {
    mode_t mode;
    bool good;
  };
  const Row rows[] = {
      {0600, true},  {0400, true},  {0640, true},  {0440, true},  {0644, false},
      {0604, false}, {0602, false}, {0620, false}, {0660, false}, {0666, false},
  };
  const ConfigFolder folder;
  for (const auto& row : rows) {
    CAPTURE(row.mode);
    const auto file = folder.write("shop.key", key + "\n", row.mode);
    const auto error = error_of([&] { load(folder, "key_file = \"shop.key\""); });
    CHECK((error.kind() == (row.good ? ErrorKind::internal : ErrorKind::key)));
    if (!row.good) CHECK(error.hint() == "run: chmod 600 " + file.string());
  }
}

TEST_CASE("a key file of another user is refused" * doctest::skip(::geteuid() != 0)) {
  const ConfigFolder folder;
  const auto file = folder.write("shop.key", key + "\n");
  REQUIRE(::chown(file.c_str(), 65534, 65534) == 0);
  const auto error = error_of([&] { load(folder, "key_file = \"shop.key\""); });
  CHECK((error.kind() == ErrorKind::key));
  CHECK(std::string{error.what()}.find("belongs to another user (uid 65534)") != std::string::npos);
}

TEST_CASE("a symbolic link to a key file is followed") {
  const ConfigFolder folder;
  std::filesystem::create_symlink(folder.write("real.key", key + "\n"), folder.path("link.key"));
  CHECK(load(folder, "key_file = \"link.key\"") == key);
  folder.write("real.key", key + "\n", 0644);
  CHECK((error_of([&] { load(folder, "key_file = \"link.key\""); }).kind() == ErrorKind::key));
}

TEST_CASE("a key command that hangs is killed with everything it started") {
  const ConfigFolder folder;
  const auto pids = folder.path("pids").string();
  // Both processes ignore the gentle signals.
  const auto hanging = command("trap '' TERM INT HUP; sleep 600 & echo \"$$ $!\" > " + pids + "; wait");
  CommandLimits limits;
  limits.time = std::chrono::milliseconds{300};
  const auto error = error_of([&] { wxpay::cli::load_secret(hanging, folder.environment(), limits); });
  CHECK((error.kind() == ErrorKind::key));
  CHECK(std::string{error.what()}.find("did not end within 300 ms and was stopped") != std::string::npos);
  const auto text = wait_for_file(folder, "pids");
  REQUIRE_FALSE(text.empty());
  const auto blank = text.find(' ');
  CHECK(ends_soon(std::stoi(text.substr(0, blank))));
  CHECK(ends_soon(std::stoi(text.substr(blank + 1))));
}

TEST_CASE("a key command that closes its output and hangs is killed too") {
  const ConfigFolder folder;
  CommandLimits limits;
  limits.time = std::chrono::milliseconds{200};
  const auto error = error_of(
      [&] { wxpay::cli::load_secret(command("echo x; exec >&-; sleep 600"), folder.environment(), limits); });
  CHECK(std::string{error.what()}.find("did not end within 200 ms") != std::string::npos);
}

TEST_CASE("a key command may leave a process behind that keeps its output open") {
  const ConfigFolder folder;
  const auto pids = folder.path("pids").string();
  const auto secret = wxpay::cli::load_secret(command("sleep 600 & echo $! > " + pids + "; echo the-secret"),
                                              folder.environment(), {});
  CHECK(secret.reveal() == "the-secret");
  const pid_t left = std::stoi(wait_for_file(folder, "pids"));
  CHECK(::kill(left, SIGKILL) == 0);
}

TEST_CASE("a wait for a key command ends when the program is asked to stop") {
  const ConfigFolder folder;
  const StopNow stop;
  wxpay::cli::Profile profile;
  profile.secrets = {command("sleep 600")};
  const auto error =
      error_of([&] { wxpay::cli::load_secret(profile, SecretId::v2_key, folder.environment(), &stop); });
  CHECK((error.kind() == ErrorKind::interrupted));
}
