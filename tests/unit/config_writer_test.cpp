#include "cli/config/config_writer.hpp"

#include <doctest/doctest.h>

#include <deque>

#include "base/system.hpp"
#include "cli/config/init_dialogue.hpp"
#include "support/config_folder.hpp"

using wxpay::ErrorKind;
using wxpay::NeverStop;
using wxpay::Secret;
using wxpay::cli::FirstConfig;
using wxpay::cli::SettingOptions;
using wxpay::test::ConfigFolder;
using wxpay::test::error_of;

namespace {

const std::string key = "abcdefghijklmnopqrstuvwxyz012345";
const NeverStop never;

FirstConfig shop() { return {"shop", {{"mch_id", "1900000109"}, {"app_id", "wxd678efh567hg6787"}}}; }

void write(const ConfigFolder& folder, const FirstConfig& config, const Secret* secret = nullptr,
           const wxpay::Stop& stop = never) {
  wxpay::cli::write_first_config(folder.path("deep/er/config.toml"), config, secret, folder.environment(),
                                 stop);
}

wxpay::cli::Profile load(const ConfigFolder& folder) {
  SettingOptions options;
  options.config = folder.path("deep/er/config.toml").string();
  return wxpay::cli::resolve_profile(options, folder.environment());
}

/// The files of a folder and all below, by name.
std::vector<std::string> files(const ConfigFolder& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::recursive_directory_iterator{folder.path()}) {
    if (!entry.is_directory()) names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

unsigned mode(const std::filesystem::path& path) {
  return static_cast<unsigned>(std::filesystem::status(path).permissions());
}

/// Gives prepared answers; every one must be used.
class ScriptedPrompter final : public wxpay::cli::Prompter {
 public:
  explicit ScriptedPrompter(std::deque<std::string> answers) : answers_{std::move(answers)} {}
  std::string ask(const std::string& question) override {
    questions.push_back(question);
    return next();
  }
  Secret ask_hidden(const std::string& question) override {
    hidden.push_back(question);
    return Secret{next()};
  }
  void tell(const std::string& remark) override { remarks.push_back(remark); }
  bool done() const { return answers_.empty(); }

  std::vector<std::string> questions, hidden, remarks;

 private:
  std::string next() {
    if (answers_.empty()) throw wxpay::Error{ErrorKind::interrupted, "no more answers"};
    auto answer = std::move(answers_.front());
    answers_.pop_front();
    return answer;
  }
  std::deque<std::string> answers_;
};

class StopNow final : public wxpay::Stop {
 public:
  bool requested() const noexcept override { return true; }
};

}  // namespace

TEST_CASE("a first configuration is for its owner alone and loads again") {
  const ConfigFolder folder;
  auto config = shop();
  config.values["sub_mch_id"] = "1900000110";
  config.values["sub_app_id"] = "wxsub";
  config.values["sign_type"] = "HMAC-SHA256";
  config.values["notify_url"] = "https://pay.example.com/n";
  config.values["trade_type"] = "NATIVE";
  config.values["body"] = "a \"quoted\" \\ 门票 # no comment";
  config.values["key_command"] = "pass show \"wx\\pay\" | head -1";
  write(folder, config);
  const auto profile = load(folder);
  CHECK(profile.name == "shop");
  CHECK(profile.merchant.sub_mch_id.text() == "1900000110");
  CHECK(profile.merchant.sub_app_id.text() == "wxsub");
  CHECK((profile.sign_type == wxpay::SignType::hmac_sha256));
  CHECK(profile.notify_url == "https://pay.example.com/n");
  CHECK((profile.trade_type == wxpay::TradeType::native));
  CHECK(profile.body == config.values["body"]);
  CHECK(profile.secrets.at(0).argument == config.values["key_command"]);
  CHECK(mode(folder.path("deep/er/config.toml")) == 0600);
  CHECK(mode(folder.path("deep/er")) == 0700);
  CHECK(mode(folder.path("deep")) == 0700);
  CHECK(files(folder) == std::vector<std::string>{"config.toml"});
}

TEST_CASE("a first configuration with nothing but the merchant loads, with any profile name") {
  for (const std::string name : {"shop", "小店", "a.b", "sandbox"}) {
    CAPTURE(name);
    const ConfigFolder folder;
    auto config = shop();
    config.profile = name;
    write(folder, config);
    CHECK(load(folder).name == name);
  }
  const ConfigFolder folder;
  write(folder, {"sandbox", {}});
  CHECK(load(folder).sandbox);
}

TEST_CASE("the environment's settings do not hide a fault of what is written") {
  ConfigFolder folder;
  folder.variables["WXPAYCTL_PROFILE"] = "elsewhere";
  folder.variables["WXPAYCTL_BASE_URL"] = "http://not-loopback.example.com";
  folder.variables["WXPAYCTL_CONFIG"] = "/nowhere";
  CHECK_NOTHROW(write(folder, shop()));
}

TEST_CASE("a key that was typed in goes into a file of its own, for its owner alone") {
  const ConfigFolder folder;
  auto config = shop();
  config.values["key_file"] =
      wxpay::cli::key_file_beside(folder.path("deep/er/config.toml"), "shop").string();
  const Secret secret{key};
  write(folder, config, &secret);
  CHECK(folder.read("deep/er/shop.key") == key + "\n");
  CHECK(mode(folder.path("deep/er/shop.key")) == 0600);
  CHECK(folder.read("deep/er/config.toml").find(key) == std::string::npos);
  CHECK(wxpay::cli::load_secret(load(folder), wxpay::cli::SecretId::v2_key, folder.environment()).reveal() ==
        key);
  CHECK(files(folder) == std::vector<std::string>{"config.toml", "shop.key"});
}

TEST_CASE("nothing is overwritten and nothing is left behind by a failure") {
  const Secret secret{key};
  auto config = shop();
  {
    const ConfigFolder folder;
    config.values["key_file"] = folder.path("deep/er/shop.key").string();
    folder.write("deep/er/config.toml", "old");
    const auto error = error_of([&] { write(folder, config, &secret); });
    CHECK((error.kind() == ErrorKind::file));
    CHECK(std::string{error.what()}.find("config.toml is there already") != std::string::npos);
    CHECK(folder.read("deep/er/config.toml") == "old");
    CHECK(files(folder) == std::vector<std::string>{"config.toml"});
  }
  {
    const ConfigFolder folder;
    config.values["key_file"] = folder.path("deep/er/shop.key").string();
    folder.write("deep/er/shop.key", "old");
    CHECK((error_of([&] { write(folder, config, &secret); }).kind() == ErrorKind::file));
    CHECK(folder.read("deep/er/shop.key") == "old");
    CHECK(files(folder) == std::vector<std::string>{"shop.key"});
  }
  {
    const ConfigFolder folder;
    CHECK((error_of([&] { write(folder, config, &secret, StopNow{}); }).kind() == ErrorKind::interrupted));
    CHECK(files(folder).empty());
  }
  {
    const ConfigFolder folder;
    config.values["notify_url"] = "nowhere";  // would not load
    CHECK((error_of([&] { write(folder, config, &secret); }).kind() == ErrorKind::config));
    CHECK(files(folder).empty());
  }
  {
    const ConfigFolder folder;
    folder.write("deep", "a file where a folder should be");
    CHECK((error_of([&] { write(folder, shop()); }).kind() == ErrorKind::file));
  }
}

TEST_CASE("refuse_existing sees a dangling link too") {
  const ConfigFolder folder;
  CHECK_NOTHROW(wxpay::cli::refuse_existing(folder.path("config.toml")));
  std::filesystem::create_symlink("nowhere", folder.path("config.toml"));
  CHECK(
      (error_of([&] { wxpay::cli::refuse_existing(folder.path("config.toml")); }).kind() == ErrorKind::file));
}

TEST_CASE("the options of init keep to the rules of the file") {
  struct Row {
    FirstConfig config;
    std::string message;  // empty: taken
  };
  const auto with = [](const std::string& name, const std::string& value) {
    auto config = shop();
    config.values[name] = value;
    return config;
  };
  auto two = with("key_env", "K");
  two.values["key_file"] = "/k";
  const Row rows[] = {
      {shop(), ""},
      {with("notify_url", ""), ""},
      {{"sandbox", {}}, ""},
      {{"shop", {{"mch_id", "1"}}}, "--app-id is missing"},
      {{"shop", {{"app_id", "wx1"}}}, "--mch-id is missing"},
      {{"a/b", shop().values}, "profile name `a/b` has a blank"},
      {{"", shop().values}, "profile name `` is empty"},
      {with("mch_id", "x"), "--mch-id `x` is not a number"},
      {with("notify_url", "x"), "--notify-url `x` is not an absolute"},
      {with("trade_type", "x"), "--trade-type `x` is not one of"},
      {with("body", "\xff"), "--body of 1 bytes is not UTF-8"},
      {with("key_env", key + "-"), "--key-env is not the name"},
      {two, "--key-env and --key-file exclude each other"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.message);
    const auto error = error_of([&] { wxpay::cli::check_first_config(row.config); });
    CAPTURE(error.what());
    CHECK((error.kind() == (row.message.empty() ? ErrorKind::internal : ErrorKind::usage)));
    if (!row.message.empty()) CHECK(std::string{error.what()}.find(row.message) == 0);
    CHECK(std::string{error.what()}.find(key) == std::string::npos);
  }
}

TEST_CASE("toml_string escapes what a TOML string may not hold") {
  CHECK(wxpay::cli::toml_string("a\"b\\c\n\x7f门") == "\"a\\\"b\\\\c\\u000a\\u007f门\"");
}

TEST_CASE("init asks for what is missing, again where an answer cannot be") {
  FirstConfig config{"shop", {{"app_id", "wx1"}}};
  ScriptedPrompter prompter{{"x", " 1900000109 ", "", "bad", "https://pay.example.com/n", "short", key}};
  const auto secret = wxpay::cli::complete_by_asking(config, prompter);
  CHECK(prompter.done());
  CHECK(config.values["mch_id"] == "1900000109");
  CHECK_FALSE(config.has("sign_type"));
  CHECK(config.values["notify_url"] == "https://pay.example.com/n");
  REQUIRE(secret.has_value());
  CHECK(secret->reveal() == key);
  CHECK(prompter.questions.size() == 5);  // none about the app id
  CHECK(prompter.hidden.size() == 2);
  REQUIRE(prompter.remarks.size() == 3);
  CHECK(prompter.remarks[0].find("mch_id is not a number") != std::string::npos);
  CHECK(prompter.remarks[2].find("the key has 5 bytes") != std::string::npos);
  for (const auto& entry : config.values) CHECK(entry.second != key);
}

TEST_CASE("init asks for no key where an option names one, and for no merchant of the sandbox") {
  auto config = shop();
  config.values["key_env"] = "K";
  ScriptedPrompter two_questions{{"HMAC-SHA256", ""}};
  CHECK_FALSE(wxpay::cli::complete_by_asking(config, two_questions).has_value());
  CHECK(two_questions.done());
  CHECK(config.values["sign_type"] == "HMAC-SHA256");
  FirstConfig sandbox{"sandbox", {}};
  ScriptedPrompter for_sandbox{{"", ""}};
  CHECK_FALSE(wxpay::cli::complete_by_asking(sandbox, for_sandbox).has_value());
  CHECK(for_sandbox.done());
}

TEST_CASE("init gives up after five answers that cannot be") {
  FirstConfig config{"shop", {}};
  ScriptedPrompter prompter{{"", "a", "b", "c", "d"}};
  CHECK((error_of([&] { wxpay::cli::complete_by_asking(config, prompter); }).kind() == ErrorKind::usage));
  CHECK(prompter.done());
}
