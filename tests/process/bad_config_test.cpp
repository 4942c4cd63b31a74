#include <doctest/doctest.h>
#include <unistd.h>

#include <csignal>

#include "support/raw_server.hpp"
#include "support/shop.hpp"

using namespace wxpay::test;

namespace {

constexpr const char* file_name = "config/wxpayctl/config.toml";

/// A shop whose gateway must never be asked and whose ledger must never be made.
struct Untouched {
  Untouched() { shop.write("shop.key", shop_key); }
  Untouched(const Untouched&) = delete;
  Untouched& operator=(const Untouched&) = delete;
  Untouched(Untouched&&) = delete;
  Untouched& operator=(Untouched&&) = delete;
  ~Untouched() {
    CHECK(gateway.connections() == 0);
    CHECK_FALSE(std::filesystem::exists(shop.path("state")));
  }

  std::string profile(const std::string& lines) const {
    return "[profiles.shop]\nmch_id = \"1900000109\"\napp_id = \"wx8888888888888888\"\nbase_url = \"" +
           gateway.url("") + "\"\nbody = \"goods\"\nnotify_url = \"https://pay.example.com/n\"\n" + lines;
  }
  std::string with_key_file(const std::string& lines = {}) const {
    return profile("key_file = \"" + shop.path("shop.key").string() + "\"\n" + lines);
  }

  /// Both a command that reads and one that creates end with 3 and this error.
  void refused(const std::string& code, const std::string& about, const std::string& hint,
               const std::vector<std::string>& more = {}) const {
    for (auto arguments : {std::vector<std::string>{"query", "20261123-1"}, create("20261123-1")}) {
      arguments.insert(arguments.end(), more.begin(), more.end());
      arguments.emplace_back("--json");
      const auto result = shop.run(arguments);
      CAPTURE(result.err);
      CHECK(result.code == 3);
      CHECK(result.out.empty());
      // Before it there may be what a key_command had to say.
      REQUIRE_FALSE(result.err.empty());
      auto error = Json::parse(lines_of(result.err).back())["error"];
      CHECK(error["code"] == code);
      CHECK(contains(error.value("message", ""), about));
      CHECK(contains(error.value("hint", ""), hint));
      CHECK(error.contains("hint") == !hint.empty());
      CHECK_FALSE(contains(result.err, shop_key));
    }
  }
  void refused_file(const std::string& text, const std::string& about, const std::string& hint = {},
                    const std::string& code = "CONFIG") const {
    CAPTURE(text);
    shop.write(file_name, text);
    refused(code, about, hint);
  }

  Shop shop;
  RawServer gateway{answering({http_answer("<xml/>")})};
};

}  // namespace

TEST_CASE("without a configuration the hint says how to get one, and that the sandbox needs none") {
  const Untouched at;
  at.refused("CONFIG", "no configuration file", "wxpayctl init");
  at.refused("CONFIG", "no configuration file", "-p sandbox", {"-p", "shop"});
}

TEST_CASE("a configuration that is named must be there and readable") {
  const Untouched at;
  const auto missing = at.shop.path("missing.toml").string();
  const auto result = at.shop.run({"query", "20261123-1", "--config", missing});
  CHECK(result.code == 3);
  CHECK(contains(result.err, missing));
  CHECK(lines_of(result.err)[0].ends_with("(CONFIG)"));
  CHECK(at.shop.run({"query", "20261123-1", "--config", at.shop.path().string()}).code == 3);
}

TEST_CASE("an unknown profile is an error that suggests the nearest known one") {
  const Untouched at;
  at.shop.write(file_name, at.with_key_file());
  at.refused("CONFIG", "unknown profile", "did you mean `shop`?", {"-p", "shpo"});
  at.refused("CONFIG", "unknown profile", "shop", {"-p", "nothing-like-it"});
  at.refused_file("default_profile = \"shpo\"\n" + at.with_key_file(), "config.toml:1", "shop");
}

TEST_CASE("an unknown key is an error with its line that suggests the nearest known one") {
  const Untouched at;
  at.refused_file(at.with_key_file("notfy_url = \"x\"\n"), "config.toml:8", "did you mean `notify_url`?");
  at.refused_file("defalt_profile = \"shop\"\n" + at.with_key_file(), "config.toml:1",
                  "did you mean `default_profile`?");
}

TEST_CASE("values of the wrong type, values that cannot be and broken TOML are named with their line") {
  const Untouched at;
  struct Row {
    std::string line;
    std::string about;
  };
  const Row rows[] = {{"rate = \"50\"", "rate"},
                      {"rate = 0", "rate"},
                      {"jobs = 1.5", "jobs"},
                      {"sign_type = \"SHA1\"", "sign_type"},
                      {"trade_type = 5", "trade_type"},
                      {"trade_type = \"SCAN\"", "trade_type"},
                      {"client_ip = \"here\"", "client_ip"},
                      {"api = \"v4\"", "api"},
                      {"ledger = \"postgresql://db/x\"", "ledger"},
                      {"ledger = \"oracle:x\"", "ledger"},
                      {"rate = ", ""},
                      {"rate = 1\nrate = 2", ""}};
  for (const auto& row : rows) {
    CAPTURE(row.line);
    at.shop.write(file_name, at.with_key_file(row.line + "\n"));
    const auto result = at.shop.run({"query", "20261123-1", "--json"});
    CHECK(result.code == 3);
    auto error = json_line(result.err)["error"];
    CHECK(error["code"] == "CONFIG");
    CHECK(contains(error.value("message", ""), "config.toml:"));
    CHECK(contains(error.value("message", ""), row.about));
  }
}

TEST_CASE("a profile has exactly one secret") {
  const Untouched at;
  at.refused_file(at.with_key_file("key_env = \"SHOP_KEY\"\n"), "two secrets", "keep one");
  at.refused_file(at.profile(""), "no key", "key_file", "KEY");
}

TEST_CASE("a file that other users may change, or a secret they may read, is refused with the chmod") {
  const Untouched at;
  const auto key = at.shop.path("shop.key").string();
  for (const int mode : {0604, 0640 + 04, 0660, 0602, 0666}) {
    CAPTURE(mode);
    at.shop.write(file_name, at.with_key_file());
    at.shop.write("shop.key", shop_key, static_cast<mode_t>(mode));
    at.refused("KEY", key, "chmod 600 ");
  }
  at.shop.write("shop.key", shop_key);
  for (const int mode : {0660, 0602, 0666}) {
    CAPTURE(mode);
    at.shop.write(file_name, at.with_key_file(), static_cast<mode_t>(mode));
    at.refused("CONFIG", "config.toml", "chmod ");
  }
  at.shop.write(file_name, at.profile("key = \"" + std::string{shop_key} + "\"\n"), 0644);
  at.refused("CONFIG", "config.toml", "chmod ");
}

TEST_CASE("a configuration without a secret may be read by all, and a key by the group of staff and cron") {
  Shop shop;
  RawServer gateway{answering({http_answer("<xml/>")})};
  shop.configure(gateway.url(""));
  shop.write("shop.key", shop_key, 0640);
  shop.write(file_name, shop.read(file_name), 0644);
  CHECK(shop.run({"query", "20261123-1"}).code == 4);  // it was sent
  CHECK(gateway.requests() == 1);
}

TEST_CASE("a file of another user is refused") {
  if (::geteuid() != 0) return;  // it takes root to give a file away
  const Untouched at;
  at.shop.write(file_name, at.with_key_file());
  REQUIRE(::chown(at.shop.path("shop.key").c_str(), 12345, 12345) == 0);
  at.refused("KEY", "belongs to another user", "chown");
  REQUIRE(::chown(at.shop.path("shop.key").c_str(), 0, 0) == 0);
  REQUIRE(::chown(at.shop.path(file_name).c_str(), 12345, 12345) == 0);
  at.refused("CONFIG", "belongs to another user", "chown");
}

TEST_CASE("a key_command that fails or prints nothing is refused, with what to do") {
  const Untouched at;
  at.refused_file(at.profile("key_command = \"exit 3\"\n"), "exit status 3", "by hand", "KEY");
  at.refused_file(at.profile("key_command = \"true\"\n"), "printed nothing", "first line", "KEY");
  at.refused_file(at.profile("key_command = \"/does/not/exist\"\n"), "exit status 127", "by hand", "KEY");
  at.refused_file(at.profile("key_command = \"kill -9 $$\"\n"), "signal 9", "by hand", "KEY");
}

TEST_CASE("a key_command that hangs is stopped, with all it started") {
  const Untouched at;
  at.shop.write(file_name, at.profile("key_command = \"echo $$ > pid; sleep 987; echo x\"\n"));
  const auto result = at.shop.run({"query", "20261123-1", "--json"});
  CHECK(result.code == 3);
  CHECK(contains(json_line(result.err)["error"].value("message", ""), "did not end within"));
  const auto shell = std::stoi(at.shop.read("pid"));
  CHECK(::kill(shell, 0) != 0);
}

TEST_CASE("a v2 key has exactly 32 visible characters, wherever it comes from") {
  Untouched at;
  at.shop.write("short.key", "0123456789abcdef0123456789abcde\n");
  at.shop.write("long.key", "0123456789abcdef0123456789abcdef0\n");
  at.shop.write("blank.key", "0123456789abcdef 123456789abcdef\n");
  at.shop.write("empty.key", "");
  for (const std::string name : {"short.key", "long.key", "blank.key", "empty.key", "missing.key"}) {
    CAPTURE(name);
    at.shop.write(file_name, at.profile("key_file = \"" + at.shop.path(name).string() + "\"\n"));
    const auto result = at.shop.run({"query", "20261123-1", "--json"});
    CHECK(result.code == 3);
    CHECK(json_line(result.err)["error"]["code"] == "KEY");
    CHECK_FALSE(contains(result.err, "0123456789abcdef"));
  }
  at.refused_file(at.profile("key = \"short\"\n"), "has 5 bytes", "API v2 key", "KEY");
  at.refused_file(at.profile("key_command = \"echo short\"\n"), "has 5 bytes", "API v2 key", "KEY");
  at.refused_file(at.profile("key_env = \"SHOP_KEY\"\n"), "not set or empty", "set it", "KEY");
  at.shop.environment["SHOP_KEY"] = "";
  at.refused_file(at.profile("key_env = \"SHOP_KEY\"\n"), "not set or empty", "set it", "KEY");
  at.shop.environment["SHOP_KEY"] = "short";
  at.refused_file(at.profile("key_env = \"SHOP_KEY\"\n"), "has 5 bytes", "API v2 key", "KEY");
}

TEST_CASE("the four ways to give a secret all sign alike") {
  Shop shop;
  const auto answer = [](Peer& peer) { peer.read_request(); };
  RawServer gateway{answer};
  shop.configure(gateway.url(""));
  const auto sign = [&] {
    const auto result = shop.run({"sign", "--params", "-", "--json"}, R"({"a":"1"})");
    CAPTURE(result.err);
    CHECK(result.code == 0);
    return result.out;
  };
  const auto by_file = sign();
  const auto text = shop.read(file_name);
  const auto base = text.substr(0, text.find("key_file"));
  shop.write(file_name, base + "key = \"" + shop_key + "\"\n");
  CHECK(sign() == by_file);
  shop.write(file_name, base + "key_command = \"cat '" + shop.path("shop.key").string() + "'; echo more\"\n");
  CHECK(sign() == by_file);
  shop.environment["SHOP_KEY"] = shop_key;
  shop.write(file_name, base + "key_env = \"SHOP_KEY\"\n");
  CHECK(sign() == by_file);
}

TEST_CASE("plain http is refused on a host that is not loopback, wherever the URL comes from") {
  Untouched at;
  const std::string plain = "base_url = \"http://pay.example.com\"\n";
  auto text = at.with_key_file();
  const auto line = text.find("base_url");
  text.replace(line, text.find('\n', line) - line + 1, plain);
  at.refused_file(text, "plain http", "");

  at.shop.write(file_name, at.with_key_file());
  for (const std::string url : {"http://pay.example.com", "http://127.0.0.1.example.com/", "ftp://127.0.0.1",
                                "http://127.0.0.1@example.com/", "pay.example.com", "http://0.0.0.0:1"}) {
    CAPTURE(url);
    at.refused("CONFIG", "--base-url", "https://", {"--base-url", url});
  }
  at.shop.environment["WXPAYCTL_BASE_URL"] = "http://pay.example.com";
  at.refused("CONFIG", "WXPAYCTL_BASE_URL", "https://");
}
