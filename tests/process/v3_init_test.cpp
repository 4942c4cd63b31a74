#include <doctest/doctest.h>

#include "support/shop.hpp"
#include "support/v3_keys.hpp"

using namespace wxpay::test;

namespace {

using Texts = std::vector<std::string>;
constexpr const char* file_name = "config/wxpayctl/config.toml";
constexpr const char* typed_key_name = "config/wxpayctl/shop-apiv3.key";
constexpr const char* apiv3_key = "THROWAWAYapiV3key0123456789ABCDE";
constexpr const char* serial_no = "3C6F1A52E7B04D98A1C2D3E4F5061728394A5B6C";
constexpr const char* public_key_id = "PUB_KEY_ID_0116571234562024052000123400000000";

unsigned mode_of(const std::filesystem::path& file) {
  return static_cast<unsigned>(std::filesystem::status(file).permissions());
}

/// What the merchant platform gives, in a folder, and what does not belong there.
struct Downloads {
  Downloads() {
    shop.write("apiclient_key.pem", data_file("keys-v3/merchant_key.pem"));
    shop.write("apiclient_cert.pem", data_file("keys-v3/merchant_cert.pem"), 0644);
    shop.write("apiclient_cert.p12", data_file("key_files/merchant.p12"));
    shop.write("pub_key.pem", data_file("keys-v3/wxpay_pubkey_mode_pub.pem"), 0644);
    shop.write("apiv3.key", apiv3_key);
    shop.write("short.key", "THROWAWAYapiV3key0123456789ABCD");
    shop.write("platform_key.pem", data_file("keys-v3/platform_key.pem"));
    shop.write("encrypted.pem", data_file("key_files/encrypted.pem"));
    shop.write("password", "tool-password\n");
    shop.write("junk.pem", "no key\n");
    shop.write("open.pem", data_file("keys-v3/merchant_key.pem"), 0644);
  }

  Result init(Texts more) const {
    Texts arguments{"init", "--api", "v3", "--mch-id", shop_mch_id, "--app-id", shop_app_id, "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return shop.run(arguments);
  }

  bool is_written() const { return std::filesystem::exists(shop.path(file_name)); }

  Shop shop;
};

const Texts keys{"--private-key-file", "apiclient_key.pem", "--cert-file",
                 "apiclient_cert.pem", "--apiv3-key-file",  "apiv3.key"};

}  // namespace

TEST_CASE("init writes a profile of API v3 with the sandbox's keys, and doctor finds nothing wrong with it") {
  Shop shop;
  const Sandbox sandbox{shop};
  const auto made = json_line(shop.run({"sandbox", "keys", "keys", "--json"}).out);
  const auto result = shop.run(
      {"init", "--api", "v3", "--mch-id", made.at("mchId"), "--app-id", made.at("appId"),
       "--private-key-file", "keys/apiclient_key.pem", "--serial-no", made.at("serialNo"), "--apiv3-key-file",
       "keys/apiv3.key", "--body", "tea", "--notify-url", "https://pay.example.com/notify/order", "--json"});
  CHECK(result.code == 0);
  CHECK(result.err.empty());
  CHECK(json_line(result.out)["config"] == shop.path(file_name).string());
  CHECK(mode_of(shop.path(file_name)) == 0600U);
  CHECK_FALSE(contains(shop.read(file_name), "wxpayctlSandboxApiV3Key"));

  const auto doctor = shop.run({"doctor", "--json"});
  CHECK(doctor.code == 0);
  CHECK_FALSE(contains(doctor.out, "FAIL"));
  CHECK(shop.run(create("ORDER-2026112300001")).code == 0);
}

TEST_CASE(
    "init takes a key with its certificate in one file, an encrypted key, and WeChat Pay's public key") {
  const Texts ways[] = {
      {"--cert-p12-file", "apiclient_cert.p12", "--apiv3-key-file", "apiv3.key"},
      {"--private-key-file", "encrypted.pem", "--private-key-password-file", "password", "--serial-no",
       serial_no, "--apiv3-key-file", "apiv3.key"},
      {"--private-key-file", "apiclient_key.pem", "--serial-no", serial_no, "--public-key-id", public_key_id,
       "--public-key-file", "pub_key.pem", "--apiv3-key-env", "NOT_SET_YET"}};
  for (const auto& way : ways) {
    CAPTURE(way.front());
    const Downloads at;
    const auto result = at.init(way);
    CAPTURE(result.err);
    CHECK(result.code == 0);
    CHECK(result.err.empty());
    auto environment = at.shop.command({"sign", "--prepay-id", "wx1", "--json"});
    environment.environment["NOT_SET_YET"] = apiv3_key;
    const auto sign = run(environment);
    CHECK(sign.code == 0);
    CHECK(json_line(sign.out)["signType"] == "RSA");
  }
}

TEST_CASE("init names each key of API v3 that is still to come") {
  const Downloads at;
  const auto result = at.init({});
  CHECK(result.code == 0);
  for (const auto* missing : {"add private_key_file or cert_p12_file", "add cert_file or serial_no",
                              "add apiv3_key_file, apiv3_key_env or apiv3_key_command"}) {
    CAPTURE(std::string{missing});
    CHECK(contains(result.err, missing));
  }
  // The file shows where they go, and loads as it is.
  CHECK(contains(at.shop.read(file_name), "# private_key_file = "));
  CHECK(contains(at.shop.read(file_name), "# public_key_id = "));
  CHECK(at.shop.run({"sign", "--prepay-id", "wx1"}).code == 3);
}

TEST_CASE("init writes nothing where a key of API v3 cannot be used, or does not fit: exit 3") {
  struct Row {
    Texts options;
    const char* why;
  };
  const Row rows[] = {
      {{"--private-key-file", "missing.pem"}, "missing.pem cannot be opened"},
      {{"--private-key-file", "junk.pem"}, "no PEM text"},
      {{"--private-key-file", "open.pem"}, "chmod 600"},
      {{"--private-key-file", "encrypted.pem"}, "no password is given"},
      {{"--private-key-file", "encrypted.pem", "--private-key-password-file", "apiv3.key"},
       "cannot be decrypted"},
      {{"--private-key-file", "platform_key.pem", "--cert-file", "apiclient_cert.pem"},
       "not the certificate of the private key"},
      {{"--private-key-file", "apiclient_key.pem", "--cert-file", "pub_key.pem"}, "holds a public key"},
      {{"--cert-file", "apiclient_cert.pem", "--serial-no", "5157F09EFDC096DE15EBE81A47057A7232F1B8E1",
        "--private-key-file", "apiclient_key.pem"},
       "leave serial_no out"},
      {{"--cert-p12-file", "apiclient_cert.p12", "--cert-p12-password-file", "password"}, "does not open"},
      {{"--cert-p12-file", "apiclient_cert.p12", "--private-key-file", "apiclient_key.pem"},
       "two private keys"},
      {{"--apiv3-key-file", "short.key"}, "has 31 bytes"},
      {{"--public-key-id", public_key_id}, "public_key_id and public_key_file belong together"},
      {{"--public-key-file", "pub_key.pem"}, "public_key_id and public_key_file belong together"},
      {{"--public-key-id", public_key_id, "--public-key-file", "apiclient_cert.pem"}, "certificate"},
  };
  const Downloads at;
  for (const auto& row : rows) {
    CAPTURE(row.why);
    const auto result = at.init(row.options);
    CAPTURE(result.err);
    CHECK(result.code == 3);
    CHECK(json_line(result.err)["error"]["code"] == "KEY");
    CHECK(contains(result.err, row.why));
    CHECK_FALSE(at.is_written());
  }
}

TEST_CASE("init refuses options of API v3 that no file may hold, or that lack --api v3: exit 2") {
  const Downloads at;
  for (const auto& wrong :
       {Texts{"--serial-no", "my certificate"}, Texts{"--public-key-id", "PUBKEY"},
        Texts{"--apiv3-key-env", "1X"}, Texts{"--apiv3-key-env", "X", "--apiv3-key-file", "apiv3.key"}}) {
    CAPTURE(wrong.front());
    CHECK(at.init(wrong).code == 2);
  }
  const auto without_api = at.shop.run({"init", "--mch-id", shop_mch_id, "--app-id", shop_app_id,
                                        "--private-key-file", "apiclient_key.pem", "--json"});
  CHECK(without_api.code == 2);
  CHECK(json_line(without_api.err)["error"]["hint"] == "add --api v3");
  CHECK(at.shop.run({"init", "--api", "v4", "--mch-id", shop_mch_id, "--app-id", shop_app_id}).code == 2);
  CHECK_FALSE(at.is_written());
}

TEST_CASE("init takes nothing's place with a profile of API v3") {
  const Downloads at;
  at.shop.write(file_name, "# mine\n");
  CHECK(at.init(keys).code == 8);
  CHECK(at.shop.read(file_name) == "# mine\n");
  // Nor that of a key which it reads.
  auto over_key = keys;
  over_key.insert(over_key.end(), {"--config", "apiclient_cert.pem"});
  CHECK(at.init(over_key).code == 8);
}

TEST_CASE("init asks for the keys of API v3, again where a file cannot be used; the APIv3 key stays unseen") {
  const Downloads at;
  TerminalProcess asking{at.shop.command({"init"})};
  asking.read_until("(Enter for v3): ");
  asking.type("four\n");
  asking.read_until("api is not");
  asking.type("\n");
  asking.read_until("(mch_id): ");
  asking.type(std::string{shop_mch_id} + "\n");
  asking.read_until("(app_id, wx…): ");
  asking.type(std::string{shop_app_id} + "\n");
  asking.read_until("apiclient_cert.p12 (Enter to set it later): ");
  asking.type("missing.pem\n");
  asking.read_until("missing.pem cannot be opened");
  asking.type("open.pem\n");
  asking.read_until("chmod 600");
  asking.type("apiclient_key.pem\n");
  asking.read_until("apiclient_cert.pem): ");
  asking.type("5157F09EFDC096DE15EBE81A47057A7232F1B8EX\n");
  asking.read_until("5157F09EFDC096DE15EBE81A47057A7232F1B8EX cannot be opened");
  asking.type("\n");  // the one beside the key
  asking.read_until("APIv3 key");
  asking.type("short\n");
  // Asked again; what is typed before the question is thrown away.
  asking.read_until("the key has 5 bytes; an APIv3 key has exactly 32\r\nAPIv3 key");
  asking.type(std::string{apiv3_key} + "\n");
  asking.read_until("account has certificates): ");
  asking.type(std::string{public_key_id} + "\n");
  asking.read_until("(pub_key.pem): ");
  asking.type("no_key.pem\n");
  asking.read_until("public_key_file");
  asking.type("pub_key.pem\n");
  asking.read_until("(Enter for none): ");
  asking.type("\n");
  const auto result = asking.wait();
  CHECK(result.code == 0);
  CHECK_FALSE(contains(result.out, apiv3_key));
  CHECK(mode_of(at.shop.path(file_name)) == 0600U);
  CHECK(mode_of(at.shop.path(typed_key_name)) == 0600U);
  CHECK(at.shop.read(typed_key_name) == std::string{apiv3_key} + "\n");
  CHECK_FALSE(contains(at.shop.read(file_name), apiv3_key));
  CHECK(contains(at.shop.read(file_name), at.shop.path("apiclient_cert.pem").string()));
  CHECK(at.shop.run({"sign", "--prepay-id", "wx1"}).code == 0);
}

TEST_CASE("init lets the keys of API v3 be set later, and asks for none that an option names") {
  const Downloads at;
  TerminalProcess asking{at.shop.command({"init", "--api", "v3", "--mch-id", shop_mch_id, "--app-id",
                                          shop_app_id, "--apiv3-key-file", "apiv3.key"})};
  asking.read_until("apiclient_cert.p12 (Enter to set it later): ");
  asking.type("apiclient_cert.p12\n");  // which has the certificate too
  asking.read_until("account has certificates): ");
  asking.type("\n");
  asking.read_until("(Enter for none): ");
  asking.type("\n");
  CHECK(asking.wait().code == 0);
  CHECK(at.shop.run({"sign", "--prepay-id", "wx1"}).code == 0);
}

TEST_CASE("init of the sandbox of API v3 needs neither merchant nor key") {
  Shop shop;
  const Sandbox sandbox{shop};
  const auto result = shop.run({"init", "-p", "sandbox-v3", "--json"});
  CHECK(result.code == 0);
  CHECK(result.err.empty());
  CHECK(shop.run({"-p", "sandbox-v3", "doctor"}).code == 0);
  shop.environment.erase("WXPAYCTL_PROFILE");  // The file names its own.
  CHECK(json_line(shop.run({"sign", "--prepay-id", "wx1", "--json"}).out)["signType"] == "RSA");
}
