#include <doctest/doctest.h>

#include <csignal>
#include <fstream>
#include <sstream>

#include "support/scripted_gateway.hpp"
#include "support/v2_wire.hpp"

using namespace wxpay::test;

namespace {

using Texts = std::vector<std::string>;

struct Market {
  Shop shop;
  Sandbox sandbox{shop};
};

std::vector<std::string> native(const std::string& number, std::vector<std::string> more = {}) {
  more.insert(more.end(), {"--trade-type", "NATIVE", "--product-id", "7"});
  return create(number, more);
}

std::string bytes_of(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream{file, std::ios::binary}.rdbuf();
  return text.str();
}

/// The full block and the half blocks that QR codes on terminals are made of.
bool shows_qr_code(const std::string& text) {
  return contains(text, "█") || contains(text, "▀") || contains(text, "▄");
}

constexpr const char* escape = "\x1b[";
constexpr const char* openid = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o";

}  // namespace

TEST_CASE("a closed pipe on standard output ends a command that found nothing wrong without a word: exit 0") {
  const Market market;
  for (int i = 1; i <= 3; ++i) REQUIRE(market.shop.run(create("ORDER-" + std::to_string(i))).code == 0);
  for (const auto& arguments :
       {Texts{"orders", "list"}, Texts{"orders", "list", "--json"}, Texts{"orders", "show", "ORDER-1"},
        Texts{"query", "ORDER-1", "--json"}, Texts{"--help"}, Texts{"--version"}, create("ORDER-4")}) {
    CAPTURE(arguments);
    Process process{market.shop.command(arguments)};
    process.close_output();
    const auto result = process.wait();
    CHECK(result.code == 0);
    CHECK(result.signal == 0);
    CHECK(result.err.empty());
  }
  CHECK(market.sandbox.order("ORDER-4")["tradeState"] == "NOTPAY");
}

TEST_CASE("standard output that cannot be written is exit 8, and what was done stays done") {
  const Market market;
  for (const auto& arguments : {create("ORDER-1"), Texts{"query", "ORDER-1", "--json"},
                                Texts{"orders", "list"}, Texts{"--version"}, Texts{"sign", "--help"}}) {
    CAPTURE(arguments);
    auto command = market.shop.command(arguments);
    command.output = "/dev/full";
    const auto result = run(command);
    CHECK(result.code == 8);
    CHECK(contains(result.err, "(FILE)") != contains(result.err, "\"code\":\"FILE\""));
  }
  CHECK(json_line(market.shop.run(create("ORDER-1", {"--json"})).out)["ledger"] == "REUSED");
}

TEST_CASE("an error is one line with its code, then a hint, or one JSON object; nothing on standard output") {
  const Shop shop;
  const auto text = shop.run({"query", "X"});
  CHECK(text.code == 3);
  CHECK(text.out.empty());
  const auto lines = lines_of(text.err);
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].starts_with("wxpayctl: error: "));
  CHECK(lines[0].ends_with(" (CONFIG)"));
  CHECK(lines[1].starts_with("hint: "));

  const Texts asked_as_json[] = {{"query", "X", "--json"},
                                 {"--json", "query", "X"},
                                 {"query", "X", "-o", "json"},
                                 {"--output=json", "query", "X"},
                                 {"query", "-ojson", "X"}};
  for (const auto& arguments : asked_as_json) {
    const auto result = shop.run(arguments);
    CHECK(result.code == 3);
    CHECK(result.out.empty());
    auto error = json_line(result.err);
    CHECK(keys_of(error) == Texts{"error"});
    CHECK(keys_of(error["error"]) == Texts{"code", "message", "hint"});
    CHECK("wxpayctl: error: " + error["error"]["message"].get<std::string>() + " (CONFIG)" == lines[0]);
    CHECK("hint: " + error["error"]["hint"].get<std::string>() == lines[1]);
  }
}

TEST_CASE("an error is one line whatever it quotes, and nothing in it that a terminal would follow") {
  const Shop shop;
  const std::string forged =
      "\x1b[31mX\r\nwxpayctl: warning: all is well\x07\xC2\x9B"
      "2J\xE2\x80\xAE\xE2\x80\xA8";
  const Texts rows[] = {{forged},
                        {"--" + forged},
                        {"orders", "import", forged},
                        {"create-order", "--batch", forged},
                        {"create-order", "--request", forged},
                        {"ledger", "backup", forged},
                        {"orders", "list", "--state", forged},
                        {"query", "X", "-p", forged},
                        {"query", "X", "--config", forged},
                        {"sandbox", "fault", forged},
                        {"sandbox", "fault", "html", "--count", forged},
                        {"doctor", forged}};
  for (auto arguments : rows) {
    CAPTURE(arguments);
    const auto text = shop.run(arguments);
    CHECK(text.code != 0);
    CHECK(lines_of(text.err).size() <= 2);
    CHECK(text.err.starts_with("wxpayctl: error: "));
    arguments.insert(arguments.begin(), "--json");
    const auto json = shop.run(arguments);
    CHECK(json.code == text.code);
    json_line(json.err);
    for (const auto* part : {"\x1b", "\r", "\x07", "\xC2\x9B", "\xE2\x80\xAE", "\xE2\x80\xA8"}) {
      CHECK_FALSE(contains(text.err + text.out, part));
      CHECK_FALSE(contains(json.err + json.out, part));
    }
  }
}

TEST_CASE("a name of a million letters is cut in the error that it makes, and found unknown at once") {
  const Shop shop;
  shop.write("h.csv", std::string(1'000'000, 'x') + "\n1\n");
  shop.write("k.json", "{\"" + std::string(60'000, 'x') + "\":\"1\"}");
  for (const auto& arguments :
       {Texts{"-p", tested_api().profile, "create-order", "--batch", "h.csv"},
        Texts{"-p", tested_api().profile, "orders", "import", "h.csv"},
        Texts{"-p", tested_api().profile, "create-order", "--request", "k.json"},
        Texts{std::string(100'000, 'x')}, Texts{"query", "--" + std::string(100'000, 'x')},
        Texts{"orders", "list", "--state", std::string(100'000, 'x')},
        Texts{"sandbox", "fault", std::string(100'000, 'x')}}) {
    CAPTURE(arguments.front().substr(0, 9));
    const auto begin = std::chrono::steady_clock::now();
    const auto result = shop.run(arguments);
    CHECK(result.code == 2);
    CHECK(result.err.size() < 500);
    CHECK(contains(result.err, "xxx…"));
    CHECK((std::chrono::steady_clock::now() - begin < std::chrono::seconds{10}));
  }
}

TEST_CASE("global options are taken before and after the command") {
  const Market market;
  const auto ledger = market.shop.path("mine.db").string();
  REQUIRE(market.shop.run(create("ORDER-1", {"--ledger", ledger})).code == 0);
  for (const auto& arguments : {Texts{"--ledger", ledger, "--json", "orders", "list"},
                                Texts{"orders", "--ledger", ledger, "list", "--json"},
                                Texts{"orders", "list", "--ledger", ledger, "--json"},
                                Texts{"--json", "orders", "list", "--ledger=" + ledger}}) {
    const auto result = market.shop.run(arguments);
    CHECK(result.code == 0);
    CHECK(json_line(result.out)["outTradeNo"] == "ORDER-1");
  }
}

TEST_CASE("an option goes before the environment, that before the profile; an empty variable is none") {
  Market market;
  auto& environment = market.shop.environment;
  const auto by_option = market.shop.path("option.db");
  const auto by_environment = market.shop.path("environment.db");
  const auto by_profile = market.shop.path("profile.db");

  REQUIRE(market.shop.run(create("DEFAULT-1")).code == 0);
  CHECK(std::filesystem::exists(market.shop.ledger()));
  market.shop.write("config/wxpayctl/config.toml",
                    "[profiles.sandbox]\nledger = \"" + by_profile.string() + "\"\n");
  environment["WXPAYCTL_LEDGER"] = "";
  REQUIRE(market.shop.run(create("PROFILE-1")).code == 0);
  CHECK(std::filesystem::exists(by_profile));
  environment["WXPAYCTL_LEDGER"] = by_environment.string();
  REQUIRE(market.shop.run(create("ENVIRONMENT-1")).code == 0);
  CHECK(std::filesystem::exists(by_environment));
  REQUIRE(market.shop.run(create("OPTION-1", {"--ledger", by_option.string()})).code == 0);
  CHECK(std::filesystem::exists(by_option));

  environment["WXPAYCTL_OUTPUT"] = "csv";
  CHECK(market.shop.run({"orders", "list"}).out.starts_with("outTradeNo,state,"));
  CHECK(market.shop.run({"orders", "list", "--json"}).out.starts_with("{"));
  CHECK(market.shop.run({"orders", "list", "-o", "text"}).out.starts_with("outTradeNo "));
  environment["WXPAYCTL_OUTPUT"] = "";
  CHECK(market.shop.run({"orders", "list"}).out.starts_with("outTradeNo "));
  environment["WXPAYCTL_OUTPUT"] = "yaml";
  CHECK(market.shop.run({"orders", "list"}).code == 2);
  environment["WXPAYCTL_OUTPUT"] = "json";
  CHECK(json_line(market.shop.run({"orders", "lst"}).err)["error"]["code"] == "USAGE");
  environment.erase("WXPAYCTL_OUTPUT");

  environment["WXPAYCTL_PROFILE"] = "nobody";
  CHECK(market.shop.run({"orders", "list"}).code == 3);
  CHECK(market.shop.run({"orders", "list", "-p", "sandbox"}).code == 0);
  environment["WXPAYCTL_PROFILE"] = "sandbox";
  environment["WXPAYCTL_CONFIG"] = "/missing.toml";
  CHECK(market.shop.run({"orders", "list"}).code == 3);
  CHECK(market.shop
            .run({"orders", "list", "--config", market.shop.path("config/wxpayctl/config.toml").string()})
            .code == 0);
  environment["WXPAYCTL_CONFIG"] = "";
  CHECK(market.shop.run({"orders", "list"}).code == 0);

  const auto real = environment["WXPAYCTL_BASE_URL"];
  environment["WXPAYCTL_BASE_URL"] = "http://127.0.0.1:1";
  CHECK(market.shop.run({"query", "OPTION-1", "--timeout", "1"}).code == 4);
  CHECK(market.shop.run({"query", "OPTION-1", "--base-url", real}).code == 0);
}

TEST_CASE("an empty option is wrong usage: a script's unset variable leads to no other profile or ledger") {
  const Market market;
  for (const auto* option : {"--ledger", "--profile", "-p", "--config", "--base-url", "--output", "--color",
                             "--log-level", "--log-file", "--timeout"}) {
    CAPTURE(option);
    CHECK(market.shop.run({"query", "ORDER-1", option, ""}).code == 2);
  }
  CHECK(market.shop.run({"orders", "list", "--state", ""}).code == 2);
  CHECK(market.sandbox.requests() == 0);
  CHECK_FALSE(std::filesystem::exists(market.shop.ledger()));
}

TEST_CASE("--timeout is a duration or a bare number of seconds, of a second at least") {
  const Market market;
  REQUIRE(market.shop.run(create("ORDER-1")).code == 0);
  for (const auto* good : {"5", "5s", "1m"}) {
    CHECK(market.shop.run({"query", "ORDER-1", "--timeout", good}).code == 0);
  }
  for (const auto* bad : {"0", "0s", "-1", "1.5", "soon", "5x", "99999999999999999999"}) {
    CAPTURE(bad);
    CHECK(market.shop.run({"query", "ORDER-1", "--timeout", bad}).code == 2);
  }
}

TEST_CASE("colour is for terminals, unless it is asked for or NO_COLOR is set") {
  Market market;
  REQUIRE(market.shop.run(create("ORDER-1")).code == 0);
  const auto listed = [&](const Texts& more) {
    Texts arguments{"orders", "list"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return market.shop.command(arguments);
  };
  CHECK_FALSE(contains(run(listed({})).out, escape));
  CHECK(contains(run(listed({"--color", "always"})).out, escape));
  CHECK(contains(TerminalProcess{listed({})}.wait().out, escape));
  CHECK_FALSE(contains(TerminalProcess{listed({"--color", "never"})}.wait().out, escape));
  CHECK_FALSE(contains(TerminalProcess{listed({"--json"})}.wait().out, escape));
  market.shop.environment["NO_COLOR"] = "1";
  CHECK_FALSE(contains(TerminalProcess{listed({})}.wait().out, escape));
  CHECK(contains(TerminalProcess{listed({"--color", "always"})}.wait().out, escape));
  market.shop.environment["NO_COLOR"] = "";
  CHECK(contains(TerminalProcess{listed({})}.wait().out, escape));
}

TEST_CASE("the QR code of a NATIVE order is shown on a terminal only") {
  const Market market;
  const auto piped = market.shop.run(native("ORDER-1"));
  CHECK_FALSE(shows_qr_code(piped.out));
  CHECK(contains(piped.out, "weixin://"));
  const auto shown = TerminalProcess{market.shop.command(native("ORDER-1"))}.wait();
  CHECK(shown.code == 0);
  CHECK(shows_qr_code(shown.out));
  CHECK(contains(shown.out, "weixin://"));
  CHECK_FALSE(shows_qr_code(TerminalProcess{market.shop.command(native("ORDER-1", {"--json"}))}.wait().out));
  CHECK_FALSE(shows_qr_code(TerminalProcess{market.shop.command(create("ORDER-2"))}.wait().out));
}

TEST_CASE("progress of --watch is for terminals, and leaves nothing behind on the line") {
  const Market market;
  REQUIRE(market.shop.run(create("ORDER-1")).code == 0);
  const Texts watching{"query", "ORDER-1", "--watch", "--for", "1s"};
  CHECK(market.shop.run(watching).err.empty());
  CHECK(contains(TerminalProcess{market.shop.command(watching)}.wait().out, "waiting for 1 order"));
  auto quietly = watching;
  quietly.emplace_back("--no-progress");
  CHECK_FALSE(contains(TerminalProcess{market.shop.command(quietly)}.wait().out, "waiting"));
}

TEST_CASE("logging goes to standard error or the file, never to standard output") {
  const Market market;
  REQUIRE(market.shop.run(create("ORDER-1")).code == 0);
  const auto quiet = market.shop.run({"query", "ORDER-1", "--json"});
  const auto loud = market.shop.run({"query", "ORDER-1", "--json", "-vv"});
  CHECK(quiet.err.empty());
  CHECK_FALSE(loud.err.empty());
  CHECK(loud.out == quiet.out);
  CHECK(contains(loud.err, tested_api().path(Operation::query)));

  const auto log = market.shop.path("wxpayctl.log").string();
  const auto filed =
      market.shop.run({"query", "ORDER-1", "--json", "--log-level", "debug", "--log-file", log});
  CHECK(filed.err.empty());
  CHECK(filed.out == quiet.out);
  CHECK(contains(market.shop.read("wxpayctl.log"), tested_api().path(Operation::query)));
  CHECK(market.shop.run({"query", "ORDER-1", "--log-level", "loud"}).code == 2);
  // A log that cannot be written is told before anything is asked of WeChat Pay, also where nothing would be
  // logged.
  for (const auto& loudness : {Texts{}, Texts{"-vv"}}) {
    auto closing = Texts{"close", "ORDER-1", "--yes", "--log-file", market.shop.path().string()};
    closing.insert(closing.end(), loudness.begin(), loudness.end());
    CHECK(market.shop.run(closing).code == 8);
    CHECK(market.shop.run({"query", "ORDER-1", "--json"}).out == quiet.out);
  }
}

TEST_CASE("a secret never appears in output, logs, errors or the ledger, and an openid in no log") {
  ScriptedGateway gateway;
  Shop shop;
  shop.configure(gateway.server().url(""));
  const auto configuration = shop.read("config/wxpayctl/config.toml");
  const auto without_key = configuration.substr(0, configuration.find("key_file"));
  const auto key_file = shop.path("shop.key").string();
  shop.environment["SHOP_KEY"] = shop_key;
  const std::string ways[] = {"key_file = \"" + key_file + "\"\n",
                              "key = \"" + std::string{shop_key} + "\"\n", "key_env = \"SHOP_KEY\"\n",
                              "key_command = \"cat '" + key_file + "'\"\n"};
  const auto log = shop.path("wxpayctl.log").string();
  int number = 0;
  std::string printed;
  for (const auto& way : ways) {
    shop.write("config/wxpayctl/config.toml", without_key + way);
    const auto order = "SECRET-" + std::to_string(++number);
    gateway.spoil({});
    shop.write("set.json", R"({"body":"b","openid":")" + std::string{openid} + "\"}");
    shop.write("message.xml", v2_signed_xml({{"a", "1"}}, "Another7heticKey0123456789abcdef"));
    for (const auto& arguments :
         {create(order), Texts{"query", order}, Texts{"orders", "show", order}, Texts{"close", order},
          Texts{"doctor"}, Texts{"sign", "--prepay-id", "wx1", "--explain"},
          Texts{"sign", "--params", "set.json", "--explain"},
          Texts{"sign", "--verify", "message.xml", "--explain"}, Texts{"ledger", "check"}}) {
      for (const auto& more : {Texts{"-vvv"}, Texts{"-vvv", "--json"}, Texts{"-vvv", "--log-file", log}}) {
        auto all = arguments;
        all.insert(all.end(), more.begin(), more.end());
        const auto result = shop.run(all);
        CHECK(result.code != 70);
        CHECK_FALSE(contains(result.err, openid));
        printed += result.out + result.err;
      }
    }
    // What is refused and what fails is told no less carefully.
    gateway.change({{"mch_id", "1900000108"}});
    printed += shop.run({"query", order, "-vvv"}).err;
    printed += shop.run(create("REFUSED-" + order, {"-vvv"})).err;
    shop.write("config/wxpayctl/config.toml", without_key + way + "key_fil = \"x\"\n");
    printed += shop.run({"query", order, "-vvv"}).err;
    shop.write("config/wxpayctl/config.toml", without_key + way + "mch_id = 7\n");
    printed += shop.run({"query", order, "-vvv"}).err;
  }
  const auto logged = shop.read("wxpayctl.log");
  CHECK(contains(logged, tested_api().path(Operation::query)));
  CHECK_FALSE(contains(printed, shop_key));
  CHECK_FALSE(contains(logged, shop_key));
  CHECK_FALSE(contains(logged, openid));
  for (const auto* file : {"", "-wal", "-shm"}) {
    CHECK_FALSE(contains(bytes_of(shop.ledger("shop").string() + file), shop_key));
  }
  for (const auto& request : gateway.server().received()) CHECK_FALSE(contains(request, shop_key));
}

TEST_CASE("no option takes a secret") {
  const Shop shop;
  for (const auto* option : {"--key", "--api-key", "--password", "--secret"}) {
    for (const auto& command : {Texts{"sign", "--prepay-id", "wx1"}, Texts{"query", "X"}, Texts{"init"}}) {
      auto arguments = command;
      arguments.insert(arguments.end(), {option, "Syn7heticTestKey0123456789abcdef", "-p", "sandbox"});
      const auto result = shop.run(arguments);
      CHECK(result.code == 2);
      CHECK_FALSE(contains(result.err, "Syn7hetic"));
    }
  }
}
