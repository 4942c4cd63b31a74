#include "cli/config/settings.hpp"

#include <doctest/doctest.h>

#include "cli/config/sandbox_v3_keys.hpp"
#include "support/config_folder.hpp"

using wxpay::ErrorKind;
using wxpay::cli::Profile;
using wxpay::cli::SettingOptions;
using wxpay::test::ConfigFolder;
using wxpay::test::error_of;

namespace {

const std::string shop = "mch_id = \"1900000109\"\napp_id = \"wxd678efh567hg6787\"\n";
const std::string shop_file = "[profiles.shop]\n" + shop;

Profile resolve(const ConfigFolder& folder, const SettingOptions& options = {}) {
  return wxpay::cli::resolve_profile(options, folder.environment());
}

/// Resolves the only profile of a file.
Profile resolve_text(const ConfigFolder& folder, const std::string& text) {
  SettingOptions options;
  options.config = folder.write("config.toml", text).string();
  return resolve(folder, options);
}

using Urls = std::vector<std::string>;

}  // namespace

TEST_CASE("a profile takes every key of the file") {
  const ConfigFolder folder;
  const auto profile = resolve_text(folder, R"(default_profile = "shop"
[profiles.other]
mch_id = "1"
app_id = "wx1"
[profiles.shop]
api = "v2"
mch_id = "1900000109"
app_id = "wxd678efh567hg6787"
sub_mch_id = "1900000110"
sub_app_id = "wxsub"
sign_type = "HMAC-SHA256"
notify_url = "https://pay.example.com/notify/order"
body = "门票"
trade_type = "H5"
client_ip = "2001:db8::1"
base_url = "https://gateway.example.com/pay/"
ledger = "sqlite:books/shop.db"
rate = 7
jobs = 256
ca_file = "ca.pem"
key_env = "SHOP_KEY"
)");
  CHECK(profile.name == "shop");
  CHECK(profile.config_file == folder.path("config.toml"));
  CHECK_FALSE(profile.sandbox);
  CHECK(profile.merchant.mch_id.text() == "1900000109");
  CHECK(profile.merchant.app_id.text() == "wxd678efh567hg6787");
  CHECK(profile.merchant.sub_mch_id.text() == "1900000110");
  CHECK(profile.merchant.sub_app_id.text() == "wxsub");
  CHECK((profile.sign_type == wxpay::SignType::hmac_sha256));
  CHECK(profile.notify_url == "https://pay.example.com/notify/order");
  CHECK(profile.body == "门票");
  CHECK((profile.trade_type == wxpay::TradeType::mweb));
  CHECK(profile.client_ip == "2001:db8::1");
  CHECK(profile.base_urls == Urls{"https://gateway.example.com/pay"});
  CHECK(profile.ledger.file() == folder.path("books/shop.db"));
  CHECK_FALSE(profile.default_ledger);
  CHECK(profile.rate == 7);
  CHECK(profile.jobs == 256);
  CHECK(profile.ca_file == folder.path("ca.pem").string());
  const auto* key = profile.find_secret(wxpay::cli::SecretId::v2_key);
  REQUIRE(key != nullptr);
  CHECK((key->kind == wxpay::cli::SecretSource::Kind::environment));
  CHECK(key->argument == "SHOP_KEY");
}

TEST_CASE("a profile with the two required keys gets the defaults, and empty texts count as left out") {
  const ConfigFolder folder;
  for (const auto& extra :
       {"", "sub_mch_id = \"\"\nca_file = \"\"\nsign_type = \"\"\nbody = \"\"\nkey = \"\"\n"}) {
    const auto profile = resolve_text(folder, shop_file + extra);
    CHECK(profile.name == "shop");
    CHECK(profile.merchant.sub_mch_id.empty());
    CHECK((profile.sign_type == wxpay::SignType::md5));
    CHECK((profile.trade_type == wxpay::TradeType::jsapi));
    CHECK(profile.client_ip == "127.0.0.1");
    CHECK(profile.rate == 50);
    CHECK(profile.jobs == 16);
    CHECK(profile.ca_file.empty());
    CHECK(profile.secrets.empty());
    CHECK(profile.base_urls == Urls{"https://api.mch.weixin.qq.com", "https://api2.mch.weixin.qq.com"});
    CHECK(profile.ledger.file() == folder.path(".local/state/wxpayctl/shop.db"));
    CHECK(profile.default_ledger);
  }
}

TEST_CASE(
    "an option goes before the environment, the environment before the profile, an empty variable is unset") {
  ConfigFolder folder;
  const auto file = folder.write("file.toml", "default_profile = \"a\"\n[profiles.a]\n" + shop +
                                                  "ledger = \"/a.db\"\nbase_url = \"https://a.example.com\"\n"
                                                  "[profiles.b]\n" +
                                                  shop + "[profiles.c]\n" + shop);
  folder.variables["WXPAYCTL_CONFIG"] = file.string();
  CHECK(resolve(folder).name == "a");
  CHECK(resolve(folder).ledger.file() == "/a.db");
  CHECK(resolve(folder).base_urls == Urls{"https://a.example.com"});

  folder.variables["WXPAYCTL_PROFILE"] = "b";
  CHECK(resolve(folder).name == "b");
  folder.variables["WXPAYCTL_PROFILE"] = "";
  CHECK(resolve(folder).name == "a");
  folder.variables["WXPAYCTL_PROFILE"] = "b";
  SettingOptions options;
  options.profile = "c";
  CHECK(resolve(folder, options).name == "c");

  folder.variables["WXPAYCTL_PROFILE"] = "a";
  folder.variables["WXPAYCTL_LEDGER"] = "sqlite:/env.db";
  folder.variables["WXPAYCTL_BASE_URL"] = "https://env.example.com/";
  CHECK(resolve(folder).ledger.file() == "/env.db");
  CHECK(resolve(folder).base_urls == Urls{"https://env.example.com"});
  options = {};
  options.ledger = "/option.db";
  options.base_url = "https://option.example.com";
  CHECK(resolve(folder, options).ledger.file() == "/option.db");
  CHECK(resolve(folder, options).base_urls == Urls{"https://option.example.com"});

  options = {};
  options.config = folder.write("other.toml", "[profiles.a]\nmch_id = \"2\"\napp_id = \"wx2\"\n").string();
  CHECK(resolve(folder, options).merchant.mch_id.text() == "2");
}

TEST_CASE("the default configuration is looked for in XDG_CONFIG_HOME, then in ~/.config") {
  ConfigFolder folder;
  folder.write(".config/wxpayctl/config.toml", "[profiles.home]\n" + shop);
  folder.write("xdg/wxpayctl/config.toml", "[profiles.xdg]\n" + shop);
  CHECK(resolve(folder).name == "home");
  folder.variables["XDG_CONFIG_HOME"] = folder.path("xdg").string();
  CHECK(resolve(folder).name == "xdg");
  CHECK(wxpay::cli::default_config_path(folder.environment()) == folder.path("xdg/wxpayctl/config.toml"));
  folder.variables["XDG_CONFIG_HOME"] = "relative";  // invalid by the specification, so ignored
  CHECK(resolve(folder).name == "home");
  folder.variables["XDG_STATE_HOME"] = folder.path("state").string();
  CHECK(resolve(folder).ledger.file() == folder.path("state/wxpayctl/home.db"));
}

TEST_CASE("the profile is the default one, or the only one") {
  const ConfigFolder folder;
  const auto two = "[profiles.a]\n" + shop + "[profiles.b]\n" + shop;
  CHECK(resolve_text(folder, "default_profile = \"b\"\n" + two).name == "b");
  CHECK(resolve_text(folder, "default_profile = \"sandbox\"\n" + two).sandbox);
  CHECK(resolve_text(folder, "[profiles.a]\n" + shop).name == "a");

  struct Row {
    std::string text, message, hint;
  };
  const Row rows[] = {
      {two, " has several profiles and no default_profile", "name one with -p"},
      {"", " has no profile", "[profiles.NAME]"},
      {"\ndefault_profile = \"c\"\n" + two, ":2: unknown profile `c` in ", "did you mean `a`?"},
      {"default_profile = \"elsewhere\"\n" + two, ":1: unknown profile `elsewhere` in ",
       "there is: a, b, sandbox"},
  };
  for (const auto& row : rows) {
    const auto error = error_of([&] { resolve_text(folder, row.text); });
    CAPTURE(error.what());
    CAPTURE(error.hint());
    CHECK((error.kind() == ErrorKind::config));
    CHECK(std::string{error.what()}.find(row.message) != std::string::npos);
    CHECK(error.hint().find(row.hint) != std::string::npos);
  }
}

TEST_CASE("a configuration that is not there is an error unless the sandbox is asked for") {
  ConfigFolder folder;
  SettingOptions options;
  auto error = error_of([&] { resolve(folder); });
  CHECK((error.kind() == ErrorKind::config));
  CHECK(error.hint().find("wxpayctl init") != std::string::npos);
  CHECK(error.hint().find("-p sandbox") != std::string::npos);
  options.profile = "shop";
  CHECK((error_of([&] { resolve(folder, options); }).kind() == ErrorKind::config));
  options.profile = "sandbox";
  CHECK(resolve(folder, options).sandbox);
  options.config = folder.path("missing.toml").string();
  error = error_of([&] { resolve(folder, options); });
  CHECK((error.kind() == ErrorKind::config));
  CHECK(std::string{error.what()}.find("missing.toml") != std::string::npos);
  options.config = folder.path().string();
  CHECK(std::string{error_of([&] { resolve(folder, options); }).what()}.find("not a regular file") !=
        std::string::npos);
  options.config = "";
  CHECK((error_of([&] { resolve(folder, options); }).kind() == ErrorKind::usage));
}

TEST_CASE("the sandbox of API v3 is built in beside that of API v2, with keys that are public") {
  ConfigFolder folder;
  folder.variables["WXPAYCTL_PROFILE"] = "sandbox-v3";
  auto profile = resolve(folder);
  CHECK(profile.sandbox);
  CHECK((profile.api == wxpay::cli::Api::v3));
  CHECK(profile.merchant.mch_id.text() == wxpay::cli::sandbox_mch_id);
  CHECK(profile.base_urls == Urls{wxpay::cli::sandbox_base_url});
  CHECK(profile.ledger.file() == folder.path(".local/state/wxpayctl/sandbox-v3.db"));
  CHECK(profile.serial_no == wxpay::cli::sandbox_serial_no);
  for (const auto id :
       {wxpay::cli::SecretId::private_key, wxpay::cli::SecretId::apiv3_key, wxpay::cli::SecretId::v2_key}) {
    CHECK(wxpay::cli::is_public(id, wxpay::cli::load_secret(profile, id, folder.environment())));
  }

  // A key of one's own has a number of its own.
  profile = resolve_text(folder, "[profiles.sandbox-v3]\nprivate_key_env = \"K\"\n");
  CHECK(profile.serial_no.empty());
  profile = resolve_text(folder, "[profiles.sandbox-v3]\ncert_p12_file = \"mine.p12\"\n");
  CHECK(profile.find_secret(wxpay::cli::SecretId::private_key) == nullptr);
}

TEST_CASE("the sandbox is built in, and the file adds to it") {
  ConfigFolder folder;
  folder.variables["WXPAYCTL_PROFILE"] = "sandbox";
  auto profile = resolve(folder);
  CHECK(profile.sandbox);
  CHECK(profile.config_file.empty());
  CHECK(profile.merchant.mch_id.text() == wxpay::cli::sandbox_mch_id);
  CHECK(profile.merchant.app_id.text() == wxpay::cli::sandbox_app_id);
  CHECK(profile.base_urls == Urls{wxpay::cli::sandbox_base_url});
  CHECK(profile.ledger.file() == folder.path(".local/state/wxpayctl/sandbox.db"));
  const auto key = wxpay::cli::load_secret(profile, wxpay::cli::SecretId::v2_key, folder.environment());
  CHECK(key.reveal() == wxpay::cli::sandbox_key);

  profile =
      resolve_text(folder, "[profiles.sandbox]\nnotify_url = \"http://127.0.0.1/n\"\nkey_env = \"K\"\n");
  CHECK(profile.sandbox);
  CHECK(profile.notify_url == "http://127.0.0.1/n");
  CHECK(profile.merchant.mch_id.text() == wxpay::cli::sandbox_mch_id);
  CHECK(profile.secrets.at(0).argument == "K");
}

TEST_CASE("the fallback host belongs to WeChat Pay's own gateway in the profile and to nothing else") {
  struct Row {
    std::string text;
    Urls expected;
  };
  const std::string wechat = "https://api.mch.weixin.qq.com";
  const std::string backup = "https://api2.mch.weixin.qq.com";
  const Row rows[] = {
      {"", {wechat, backup}},
      {"base_url = \"https://API.mch.weixin.qq.com/\"\n", {"https://API.mch.weixin.qq.com", backup}},
      {"fallback_base_url = \"https://backup.example.com/\"\n", {wechat, "https://backup.example.com"}},
      {"fallback_base_url = \"\"\n", {wechat}},
      {"base_url = \"https://proxy.example.com\"\n", {"https://proxy.example.com"}},
      {"base_url = \"https://proxy.example.com\"\nfallback_base_url = \"https://b.example.com\"\n",
       {"https://proxy.example.com"}},
      // A path is a sandbox of WeChat Pay's; what is sent there must not reach the real gateway.
      {"base_url = \"https://api.mch.weixin.qq.com/xdc/apiv2sandbox\"\n", {wechat + "/xdc/apiv2sandbox"}},
      {"base_url = \"https://api.mch.weixin.qq.com:8443\"\n", {wechat + ":8443"}},
      {"base_url = \"http://localhost:8971//\"\n", {"http://localhost:8971"}},
  };
  ConfigFolder folder;
  for (const auto& row : rows) {
    CAPTURE(row.text);
    CHECK(resolve_text(folder, shop_file + row.text).base_urls == row.expected);
  }
  folder.variables["WXPAYCTL_BASE_URL"] = wechat;
  CHECK(resolve_text(folder, shop_file).base_urls == Urls{wechat});
}

TEST_CASE("a base URL is https, or http on loopback, wherever it comes from, and is never repeated") {
  struct Row {
    std::string url;
    bool good;
  };
  const Row rows[] = {
      {"https://gateway.example.com", true},
      {"http://127.0.0.1:8971", true},
      {"http://127.9.9.9", true},
      {"http://localhost:1", true},
      {"http://[::1]:8971", true},
      {"HTTP://LOCALHOST", true},
      {"http://gateway.example.com", false},
      {"http://192.168.0.1", false},
      {"http://localhost.example.com", false},
      {"http://127.0.0.1@example.com", false},
      {"https://user:hunter2@example.com", false},
      {"https://example.com/?hunter2=1", false},
      {"https://example.com/#hunter2", false},
      {"https://", false},
      {"https://:443", false},
      {"https://example.com:0", false},
      {"https://example.com:65536", false},
      {"https://example.com:x", false},
      {"https://exa mple.com", false},
      {"https://例子.example.com", false},
      {"https://example.com\\@127.0.0.1", false},
      {"http://[::2]", false},
      {"http://[::1", false},
      {"ftp://127.0.0.1", false},
      {"gateway.example.com", false},
  };
  ConfigFolder folder;
  folder.variables["WXPAYCTL_PROFILE"] = "sandbox";
  for (const auto& row : rows) {
    CAPTURE(row.url);
    SettingOptions options;
    options.base_url = row.url;
    auto error = error_of([&] { resolve(folder, options); });
    CHECK((error.kind() == (row.good ? ErrorKind::internal : ErrorKind::config)));
    CHECK(std::string{error.what()}.find("hunter2") == std::string::npos);
    if (!row.good) CHECK(std::string{error.what()}.find("--base-url ") == 0);

    folder.variables["WXPAYCTL_BASE_URL"] = row.url;
    error = error_of([&] { resolve(folder); });
    CHECK((error.kind() == (row.good ? ErrorKind::internal : ErrorKind::config)));
    folder.variables.erase("WXPAYCTL_BASE_URL");
  }
}

TEST_CASE("a ledger is a path or sqlite:PATH; from option or environment it needs no profile") {
  struct Row {
    std::string uri;
    std::string expected;  // empty: refused
  };
  const Row rows[] = {
      {"/var/lib/a.db", "/var/lib/a.db"},
      {"sqlite:/var/lib/a.db", "/var/lib/a.db"},
      {"SQLite:a.db", "a.db"},
      {"books/a:b.db", "books/a:b.db"},
      {"./a:b.db", "./a:b.db"},
      {"sqlite:", ""},
      {"sqlite::memory:", ""},
      {":memory:", ""},
      {"postgresql://user:hunter2@db/pay", ""},
      {"postgres://db/pay", ""},
      {"mysql://user:hunter2@db/pay", ""},
      {"file:a.db", ""},
  };
  ConfigFolder folder;
  for (const auto& row : rows) {
    CAPTURE(row.uri);
    SettingOptions options;
    options.ledger = row.uri;
    if (row.expected.empty()) {
      const auto error = error_of([&] { wxpay::cli::resolve_ledger(options, folder.environment()); });
      CHECK((error.kind() == ErrorKind::usage));
      CHECK(std::string{error.what()}.find("hunter2") == std::string::npos);
    } else {
      const auto place = wxpay::cli::resolve_ledger(options, folder.environment());
      CHECK(place.address.file() == row.expected);
      CHECK_FALSE(place.default_place);
    }
  }
  const auto error = error_of([&] {
    SettingOptions options;
    options.ledger = "postgresql://db/pay";
    wxpay::cli::resolve_ledger(options, folder.environment());
  });
  CHECK(std::string{error.what()}.find("not supported yet") != std::string::npos);

  folder.variables["WXPAYCTL_LEDGER"] = "/env.db";
  CHECK(wxpay::cli::resolve_ledger({}, folder.environment()).address.file() == "/env.db");
  folder.variables.clear();
  folder.variables["HOME"] = folder.path().string();
  CHECK(
      (error_of([&] { wxpay::cli::resolve_ledger({}, folder.environment()); }).kind() == ErrorKind::config));
}

TEST_CASE("the ledger of a profile needs no merchant, and its path is relative to the configuration") {
  const ConfigFolder folder;
  SettingOptions options;
  options.config = folder.write("etc/config.toml", "[profiles.shop]\nledger = \"../books/a.db\"\n").string();
  CHECK(wxpay::cli::resolve_ledger(options, folder.environment()).address.file() ==
        folder.path("books/a.db"));
  folder.write("etc/config.toml", "[profiles.shop]\nledger = \"~/a.db\"\n");
  CHECK(wxpay::cli::resolve_ledger(options, folder.environment()).address.file() == folder.path("a.db"));
  folder.write("etc/config.toml", "[profiles.shop]\n");
  const auto place = wxpay::cli::resolve_ledger(options, folder.environment());
  CHECK(place.address.file() == folder.path(".local/state/wxpayctl/shop.db"));
  CHECK(place.default_place);
}
