#include <doctest/doctest.h>
#include <unistd.h>

#include <fstream>

#include "cli/config/config_keys.hpp"
#include "cli/config/settings.hpp"
#include "support/config_folder.hpp"

using wxpay::Error;
using wxpay::ErrorKind;
using wxpay::cli::SettingOptions;
using wxpay::test::ConfigFolder;
using wxpay::test::error_of;

namespace {

const std::string shop = "[profiles.shop]\nmch_id = \"1900000109\"\napp_id = \"wxd678efh567hg6787\"\n";

Error error_in(const ConfigFolder& folder, const std::string& text) {
  SettingOptions options;
  options.config = folder.write("c.toml", text).string();
  return error_of([&] { wxpay::cli::resolve_profile(options, folder.environment()); });
}

}  // namespace

TEST_CASE("every fault of the file names file and line, and what to do") {
  struct Row {
    std::string text, message, hint;
  };
  const Row rows[] = {
      {shop + "key = 12345678901234567890123456789012\n", "4: a number has too many digits", ""},
      {shop + "body = \"x\"\nbody = \"y\"\n",
       "5: malformed key-value pair: cannot redefine existing string 'body'", ""},
      // Unknown names.
      {shop + "sign_typ = \"MD5\"\n", "4: unknown key `sign_typ`", "did you mean `sign_type`?"},
      {shop + "mchid = \"1\"\n", "4: unknown key `mchid`", "did you mean `mch_id`?"},
      {shop + "colour = \"red\"\n", "4: unknown key `colour`", ""},
      {"[profiles.a]\nnotifyurl = 1\n" + shop, "2: unknown key `notifyurl`", "did you mean `notify_url`?"},
      {"default_profil = \"shop\"\n" + shop, "1: unknown key `default_profil`",
       "did you mean `default_profile`?"},
      {shop + "[profile.b]\n", "4: unknown table `profile`", "did you mean `profiles`?"},
      {shop + "\n[shop]\nmch_id = \"1\"\n", "5: unknown table `shop`", "under [profiles.NAME]"},
      {"mch_id = \"1\"\n" + shop, "1: unknown key `mch_id`", "under [profiles.NAME]"},
      // Wrong types.
      {"[profiles.shop]\nmch_id = 1900000109\n", "2: mch_id is an integer, it must be a string in quotes",
       "write mch_id = \"1900000109\""},
      {shop + "rate = \"50\"\n", "4: rate is a string, it must be an integer without quotes",
       "write rate = 50"},
      {shop + "jobs = 1.5\n", "4: jobs is a decimal number", "write jobs = 16"},
      {shop + "body = true\n", "4: body is a boolean", "write body = \"…\""},
      {shop + "body = [\"a\"]\n", "4: body is an array", ""},
      {shop + "[profiles.shop.body]\n", "4: body is a table", ""},
      {"default_profile = 1\n" + shop, "1: default_profile is an integer", ""},
      {"profiles = 1\n", "1: profiles is an integer, it must be a table", ""},
      {"[[profiles]]\nmch_id = \"1\"\n", "1: profiles is an array, it must be a table", "[profiles.NAME]"},
      {"[profiles]\nmch_id = \"1\"\n", "2: profiles.mch_id is a string, it must be a table",
       "[profiles.NAME]"},
      {"[profiles.\"a/b\"]\n", "1: profile name `a/b` has a blank, `/`", ""},
      {"[profiles.\"\"]\n", "1: profile name `` is empty", ""},
      // No TOML.
      {shop + "mch_id = \"2\"\n", "4: malformed key-value pair: cannot redefine existing string 'mch_id'",
       ""},
      {shop + shop, "4: malformed table header: cannot redefine existing table 'profiles.shop'", ""},
      {shop + "body = \"no end\n", "4: malformed string", ""},
      {shop + "body = \"\xff\"\n", "4: encountered invalid utf-8", ""},
      {shop + "body\n", "4: malformed", ""},
      // Values.
      {shop + "api = \"v4\"\n", "4: api `v4` is not \"v2\" or \"v3\"", ""},
      {shop + "serial_no = \"5A:0D\"\n", "4: serial_no `5A:0D` is not the serial number", ""},
      {shop + "public_key_id = \"5A0D\"\n", "4: public_key_id `5A0D` is not PUB_KEY_ID_", ""},
      {shop + "cert_key_file = \"key.pem\\n\"\n", "4: cert_key_file has a control character", ""},
      {shop + "sign_type = \"md5\"\n", "4: sign_type `md5` is not one of MD5 and HMAC-SHA256", ""},
      {shop + "trade_type = \"MICROPAY\"\n",
       "4: trade_type `MICROPAY` is not one of JSAPI, NATIVE, APP and H5", ""},
      {shop + "rate = 0\n", "4: rate must be at least 1, not 0", ""},
      {shop + "rate = -5\n", "4: rate must be at least 1, not -5", ""},
      {shop + "jobs = 257\n", "4: jobs must be at most 256, not 257", ""},
      {shop + "notify_url = \"https://a.example.com/n?x=1\"\n",
       "4: notify_url `https://a.example.com/n?x=1` has a query string", ""},
      {shop + "base_url = \"http://a.example.com\"\n", "4: base_url `http://a.example.com` is plain http",
       ""},
      {shop + "fallback_base_url = \"http://a.example.com\"\n", "4: fallback_base_url ", ""},
      {shop + "ledger = \"postgresql://db/pay\"\n", "4: ledger ", ""},
      {"[profiles.shop]\napp_id = \"wx1\"\n", "1: profile shop has no mch_id", "add mch_id = "},
      {"\n[profiles.shop]\nmch_id = \"1\"\n", "2: profile shop has no app_id", "add app_id = "},
      // Two secrets.
      {shop + "key_env = \"K\"\nkey_file = \"f\"\n", "5: profile shop has two secrets: key_env and key_file",
       "keep one"},
      {shop + "key_command = \"c\"\nkey = \"k\"\n", "5: profile shop has two secrets: key and key_command",
       ""},
  };
  const ConfigFolder folder;
  for (const auto& row : rows) {
    const auto error = error_in(folder, row.text);
    CAPTURE(row.text);
    CAPTURE(error.what());
    CAPTURE(error.hint());
    CHECK((error.kind() == ErrorKind::config));
    CHECK(std::string{error.what()}.find(folder.path("c.toml").string() + ":" + row.message) == 0);
    CHECK(error.hint().find(row.hint) != std::string::npos);
    if (row.hint.empty() && row.message.find("unknown") != std::string::npos) CHECK(error.hint().empty());
  }
}

TEST_CASE("no configuration takes more stack than there is: keys have few parts, wherever they stand") {
  const auto key = [](std::size_t dots) {
    std::string name = "a";
    for (std::size_t i = 0; i < dots; ++i) name += i % 3 == 0 ? ".b" : i % 3 == 1 ? " . \"c.d\"" : ".'e'";
    return name;
  };
  const auto repeated = [](int times, const std::string& text) {
    std::string all;
    for (int i = 0; i < times; ++i) all += text;
    return all;
  };
  struct Row {
    std::string text;
    int line;  ///< of the refusal; 0: for another reason
  };
  const Row rows[] = {
      {key(16) + " = 1\n", 0},
      {key(17) + " = 1\n", 1},
      {key(10'000) + " = 1\n", 1},
      {"[" + key(16) + "]\n", 0},
      {"\n[" + key(17) + "]\n", 2},
      {"[[" + key(10'000) + "]]\n", 1},
      {shop + "body = {" + key(17) + " = 1}\n", 4},
      {shop + "body = [1, {x = 1, " + key(17) + " = 1}]\n", 4},
      {shop + "body = [\n  {\n" + key(17) + " = 1}]\n", 6},
      // What looks as if a text went on, and what does.
      {"x = [\"\"\"a\"\"\"\", {" + key(17) + " = 1}]\n", 1},
      {"x = [\"\"\"\n'\"\"\", {" + key(17) + " = 1}]\n", 2},
      {"x = [\"\\\"\", {" + key(17) + " = 1}]\n", 1},
      {"x = ['\\', {" + key(17) + " = 1}]\n", 1},
      {"x = ['''\n'''', {" + key(17) + " = 1}]\n", 2},
      {"# '\n" + key(17) + " = 1\n", 2},
      {"x = \"no end\n" + key(17) + " = 1\n", 2},
      {shop + "# ..................\nbody = \"....................\"\nzzz = 1\n", 0},
      {shop + "body = \"\"\"\n....................\n....................\"\"\"\nzzz = 1\n", 0},
      {shop + "body = [" + repeated(20, "1.0, ") + "]\n", 0},
      // What the parser itself limits.
      {"a = " + repeated(30'000, "["), 0},
      {"a = " + repeated(15'000, "{a="), 0},
      {"a = " + repeated(250, "{" + key(16) + " = ") + "1" + repeated(250, "}"), 0},
  };
  const ConfigFolder folder;
  for (const auto& row : rows) {
    CAPTURE(row.text.substr(0, 200));
    const auto error = error_in(folder, row.text);
    CAPTURE(error.what());
    CHECK((error.kind() == ErrorKind::config));
    const auto refusal = ":" + std::to_string(row.line) + ": a key has more than 16 dots";
    const bool refused = std::string{error.what()}.find(refusal) != std::string::npos;
    CHECK(refused == (row.line != 0));
  }
}

TEST_CASE("the first of several faults is the one that is told, and a byte-order mark is none") {
  const ConfigFolder folder;
  const auto error = error_in(folder, "[profiles.shop]\nzzz = 1\naaa = 2\n");
  CHECK(std::string{error.what()}.find(":2: ") != std::string::npos);
  CHECK((error_in(folder, "\xEF\xBB\xBF" + shop).kind() == ErrorKind::internal));
}

TEST_CASE("values keep to the limits of the wire") {
  struct Row {
    std::string key, value;
    bool good;
  };
  const std::string long_path(256 - std::string{"https://a.cn/"}.size(), 'x');
  const Row rows[] = {
      {"mch_id", "1", true},
      {"mch_id", std::string(32, '1'), true},
      {"mch_id", std::string(33, '1'), false},
      {"mch_id", "19000001x9", false},
      {"mch_id", "１９", false},
      {"app_id", "wxd678efh567hg6787", true},
      {"app_id", std::string(33, 'w'), false},
      {"app_id", "wx 1", false},
      {"app_id", "微信", false},
      {"sub_mch_id", "x", false},
      {"sign_type", "HMAC-SHA256", true},
      {"trade_type", "NATIVE", true},
      {"trade_type", "MWEB", true},
      {"trade_type", "jsapi", false},
      {"body", std::string(127, 'x'), true},
      {"body", std::string(128, 'x'), false},
      {"body", "票票票票票票票票票票票票票票票票票票票票票票票票票票票票票票票票票票票票票票票票票票", true},
      {"body", "a\nb", false},
      {"body", "\xff", false},
      {"notify_url", "https://a.cn/" + long_path, true},
      {"notify_url", "https://a.cn/" + long_path + "x", false},
      {"notify_url", "http://a.cn/n", true},
      {"notify_url", "/n", false},
      {"notify_url", "https://a.cn/n#x", false},
      {"notify_url", "https://a.cn/n?", false},
      {"notify_url", "https://a.cn/支付", false},
      {"notify_url", "http://u:pw@a.cn/n", false},
      {"notify_url", "HTTPS://a.cn/n", false},
      {"body", " goods", false},
      {"client_ip", "123.12.12.123", true},
      {"client_ip", "::1", true},
      {"client_ip", "123.12.12", false},
      {"client_ip", "256.1.1.1", false},
      {"client_ip", "localhost", false},
      {"client_ip", std::string{"1.2.3.4\0x", 9}, false},
      {"key_env", "SHOP_KEY", true},
      {"key_env", "1X", false},
      {"key_env", "A-B", false},
      {"key_file", "a\nb", false},
      {"colour", "red", false},
  };
  for (const auto& row : rows) {
    CAPTURE(row.key);
    CAPTURE(row.value);
    CHECK(wxpay::cli::value_fault(row.key, row.value).empty() == row.good);
  }
}

TEST_CASE("every key is read as its type says") {
  using wxpay::cli::KeyType;
  for (const auto& key : wxpay::cli::config_keys()) {
    const std::string name{key.name};
    CAPTURE(name);
    CHECK(wxpay::cli::find_key(name) == &key);
    const ConfigFolder folder;
    const auto text = error_in(folder, "[profiles.a]\n" + name + " = \"x\\u0001\"\n");
    const auto number = error_in(folder, "[profiles.a]\n" + name + " = 0\n");
    const std::string text_said = text.what();
    const std::string number_said = number.what();
    if (key.type == KeyType::number) {
      CHECK(text.hint() == "write " + name + " = " + key.sample);
      CHECK(number_said.ends_with("2: " + name + " must be at least 1, not 0"));
    } else {
      CHECK(number_said.ends_with("2: " + name + " is an integer, it must be a string in quotes"));
      // The secret itself is judged when it is needed.
      if (key.fault != nullptr) CHECK(text_said.find("2: " + name) != std::string::npos);
    }
  }
}

TEST_CASE("no message repeats what may be a secret") {
  const std::string secret = "19200625012345678901234567890123";
  const std::string texts[] = {
      shop + "key = " + secret + "\n",
      shop + "key = \"" + secret + "\n",
      shop + "key = 1920062501\n",
      shop + "key = [\"" + secret + "\"]\n",
      shop + secret + " = \"\"\n",
      shop + "key_env = \"" + secret + "\"\n",
      // As it is copied from a page or a file: with a blank, a line end, a character that nobody sees.
      shop + "key_env = \"" + secret + " \"\n",
      shop + "api = \"\"\"\n" + secret + "\u200B\"\"\"\n",
      shop + "sign_type = \"" + secret + "\u00A0\"\n",
      shop + "\"" + secret + " \" = \"\"\n",
      shop + secret + " = 1\n" + secret + " = 2\n",
      "[" + secret + "]\n[" + secret + "]\n",
      shop + "key = \"" + secret + "\"\nkey_env = \"X\"\n",
      shop + "base_url = \"https://me:" + secret + "@example.com\"\n",
      shop + "ledger = \"mysql://me:" + secret + "@db/pay\"\n",
  };
  const ConfigFolder folder;
  for (const auto& text : texts) {
    CAPTURE(text);
    const auto error = error_in(folder, text);
    CHECK((error.kind() == ErrorKind::config));
    CHECK(std::string{error.what()}.find("19200625") == std::string::npos);
    CHECK(error.hint().find("19200625") == std::string::npos);
  }
}

TEST_CASE("a configuration that others may change, or that shows them a secret, is refused with the chmod") {
  struct Row {
    mode_t mode;
    bool in_clear;
    std::string chmod;  // empty: taken
  };
  const Row rows[] = {
      {0600, true, ""},
      {0640, true, ""},
      {0644, true, "chmod o-rwx "},
      {0644, false, ""},
      {0400, false, ""},
      {0664, false, "chmod go-w "},
      {0646, false, "chmod go-w "},
      {0620, true, "chmod go-w "},
      {0604, true, "chmod o-rwx "},
  };
  const ConfigFolder folder;
  for (const auto& row : rows) {
    CAPTURE(row.mode);
    CAPTURE(row.in_clear);
    SettingOptions options;
    const auto text = shop + (row.in_clear ? "key = \"x\"\n" : "key_env = \"X\"\n");
    const auto file = folder.write("c.toml", text, row.mode);
    options.config = file.string();
    const auto error = error_of([&] { wxpay::cli::resolve_profile(options, folder.environment()); });
    if (row.chmod.empty()) {
      CHECK((error.kind() == ErrorKind::internal));
    } else {
      CHECK((error.kind() == ErrorKind::config));
      CHECK(error.hint() == "run: " + row.chmod + file.string());
    }
  }
}

TEST_CASE("a secret in clear of any profile closes the file to others") {
  const ConfigFolder folder;
  SettingOptions options;
  options.profile = "shop";
  options.config = folder.write("c.toml", shop + "[profiles.b]\nkey = \"x\"\n", 0644).string();
  CHECK((error_of([&] { wxpay::cli::resolve_profile(options, folder.environment()); }).kind() ==
         ErrorKind::config));
}

TEST_CASE("a configuration of another user is refused, one of root's or one's own is taken" *
          doctest::skip(::geteuid() != 0)) {
  const ConfigFolder folder;
  SettingOptions options;
  const auto file = folder.write("c.toml", shop);
  options.config = file.string();
  REQUIRE(::chown(file.c_str(), 65534, 65534) == 0);
  const auto error = error_of([&] { wxpay::cli::resolve_profile(options, folder.environment()); });
  CHECK((error.kind() == ErrorKind::config));
  CHECK(std::string{error.what()}.find("belongs to another user (uid 65534)") != std::string::npos);
  // The owner is judged on the file itself, not on the link to it.
  std::filesystem::create_symlink(file, folder.path("link.toml"));
  options.config = folder.path("link.toml").string();
  CHECK((error_of([&] { wxpay::cli::resolve_profile(options, folder.environment()); }).kind() ==
         ErrorKind::config));
  REQUIRE(::chown(file.c_str(), 0, 0) == 0);
  CHECK(wxpay::cli::resolve_profile(options, folder.environment()).name == "shop");
}

TEST_CASE("a configuration that is too large or a FIFO is refused without waiting") {
  const ConfigFolder folder;
  CHECK(std::string{error_in(folder, shop + std::string(std::size_t{64} * 1024, '#')).what()}.find(
            "is larger than") != std::string::npos);
  SettingOptions options;
  options.config = folder.path("fifo").string();
  REQUIRE(::mkfifo(options.config->c_str(), 0600) == 0);
  const auto error = error_of([&] { wxpay::cli::resolve_profile(options, folder.environment()); });
  CHECK(std::string{error.what()}.find("not a regular file") != std::string::npos);
}
