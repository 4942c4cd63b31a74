#include <doctest/doctest.h>
#include <sys/stat.h>

#include "support/v3_platform.hpp"

// The platform certificates of API v3: what is not believed of them, what is kept, and what is told.
using namespace wxpay::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* other_serial = "50062CE505775F070CAB06E697F1BBD1AD4F4D87";

/// A query and a creation end with this code for this reason, each after one fetch, and nothing is kept.
void check_no_trust(const CertificateCase& at, int code, const std::string& error_code,
                    const std::string& why) {
  const auto fetches = at.gateway.fetches();
  const auto asked = at.shop.run({"query", "20261123-1", "--json"});
  CAPTURE(asked.err);
  CHECK(asked.code == code);
  CHECK(asked.out.empty());
  auto error = Json::parse(lines_of(asked.err).back())["error"];
  CHECK(error["code"] == error_code);
  CHECK(contains(error["message"].get<std::string>(), why));
  static int number = 0;
  const auto fresh = "FRESH-" + std::to_string(++number);
  const auto created = at.shop.run(create(fresh, {"--json"}));
  CAPTURE(created.out);
  CHECK(created.code == code);
  CHECK(json_line(created.out)["ledgerState"] == "CREATING");
  CHECK(at.gateway.fetches() == fetches + 2);
  CHECK_FALSE(std::filesystem::exists(at.cache()));
  CHECK(at.shop.run({"ledger", "check"}).code == 0);
}

/// The right answers are believed again.
void check_trust(const CertificateCase& at, int fetches) {
  const auto before = at.gateway.fetches();
  const auto asked = at.shop.run({"query", "20261123-1", "--json"});
  CAPTURE(asked.err);
  CHECK(asked.code == 0);
  CHECK(json_line(asked.out)["tradeState"] == "SUCCESS");
  CHECK(at.gateway.fetches() == before + fetches);
  struct stat about {};
  REQUIRE(::stat(at.cache().c_str(), &about) == 0);
  CHECK((about.st_mode & 0777U) == 0600);
}

}  // namespace

TEST_CASE("a list of certificates is believed only as WeChat Pay signs and seals it: exit 5") {
  CertificateCase at;
  const Platform other{other_serial};
  const Platform ended{at.platform.serial, -1h};
  const auto& mine = at.platform;
  const auto pem = mine.certificate.to_pem();
  const auto good = v3_list({v3_listed(mine)});
  const auto list = [](const Json& entry) { return v3_list({entry}); };
  auto no_cipher = v3_listed(mine);
  no_cipher["encrypt_certificate"]["algorithm"] = "AEAD_SM4_GCM";
  auto short_nonce = v3_listed(mine);
  short_nonce["encrypt_certificate"]["nonce"] = "61f9c719728";
  auto other_data = v3_listed(mine);
  other_data["encrypt_certificate"]["associated_data"] = "transaction";
  auto no_dates = v3_listed(mine);
  no_dates.erase("expire_time");
  auto later = v3_listed(mine);
  later["effective_time"] = wxpay::format_rfc3339(v3_now() + 24h);
  struct Row {
    std::string why;
    V3Reply reply;
  };
  const Row rows[] = {
      {"is not signed", {200, good}},
      {"a signature that does not hold", {200, good + " ", mine.signature(good)}},
      {"a signature that does not hold",
       {200, good, Platform{mine.serial}.signature(good)}},  // another key under its number
      {"this machine's clock", {200, good, mine.signature(good, 6min)}},
      {"this machine's clock", {200, good, mine.signature(good, -6min)}},
      {"not trusted here", other.sign({200, good})},
      {"has no certificates", mine.sign({200, R"({"data":[]})"})},
      {"has no certificates", mine.sign({200, "{}"})},
      {"has no certificates", mine.sign({200, R"({"data":null})"})},
      {"has no certificates", mine.sign({200, v3_list(std::vector<Json>(17, v3_listed(mine)))})},
      {"unreadable", mine.sign({200, R"({"data":[],"data":[]})"})},
      {"unreadable", {200, "<html>Please sign in</html>"}},
      {"unreadable", mine.sign({200, ""})},
      {"cannot be opened with the APIv3 key",
       mine.sign({200, list(v3_listed(mine.serial, pem, "ANOTHERapiV3key0123456789ABCDEFG"))})},
      {"cannot be opened", mine.sign({200, list(short_nonce)})},
      {"cannot be opened", mine.sign({200, list(other_data)})},
      {"not encrypted as it should be", mine.sign({200, list(no_cipher)})},
      {"not encrypted as it should be", mine.sign({200, R"({"data":[{}]})"})},
      {"not encrypted as it should be", mine.sign({200, R"({"data":["certificate"]})"})},
      {"another serial number", mine.sign({200, list(v3_listed(other_serial, pem))})},
      {"not trusted here", mine.sign({200, list(v3_listed(mine.serial, pem, v3_apiv3_key, -1h))})},
      {"not trusted here", mine.sign({200, list(later)})},
      {"not trusted here", ended.sign({200, list(v3_listed(ended))})},
      {"no effective_time or expire_time", mine.sign({200, list(no_dates)})},
      {"is no PEM text", mine.sign({200, list(v3_listed(mine.serial, "junk"))})},
      {"is cut off", mine.sign({200, list(v3_listed(mine.serial, pem.substr(0, 400)))})},
      {"holds", mine.sign({200, list(v3_listed(mine.serial, v3_key_file("merchant_pub.pem")))})},
      // One bad entry spoils the list, as nobody knows what else is wrong with it.
      {"is no PEM text", mine.sign({200, v3_list({v3_listed(mine), v3_listed(other_serial, "junk")})})},
      {"set public_key_id and public_key_file",
       v3_error(404, "RESOURCE_NOT_EXISTS", "无可用的平台证书，请在商户平台申请使用微信支付公钥")},
  };
  for (const auto& row : rows) {
    CAPTURE(row.why);
    CAPTURE(row.reply.body);
    at.answer(row.reply);
    check_no_trust(at, 5, "UNTRUSTED", row.why);
  }
  at.well();
  check_trust(at, 1);
  check_trust(at, 0);
}

TEST_CASE("certificates that cannot be had now are no sign of a forgery: exit 4") {
  CertificateCase at;
  at.answer({503, "<html>busy</html>"});
  const auto asked = at.shop.run({"query", "20261123-1", "--json", "--timeout", "2"});
  CHECK(asked.code == 4);
  CHECK(contains(asked.err, "could not be fetched"));
  at.answer(v3_error(429, "FREQUENCY_LIMITED", "频率限制"));
  CHECK(at.shop.run({"query", "20261123-1", "--timeout", "2"}).code == 4);
  auto order = json_line(at.shop.run(create("20261123-2", {"--json", "--timeout", "2"})).out);
  CHECK(order["resultCode"] == "UNKNOWN");
  CHECK(order["ledgerState"] == "CREATING");
  at.well();
  check_trust(at, 1);
}

TEST_CASE("a second certificate that signs is fetched once, and one that never comes makes no loop") {
  CertificateCase at;
  check_trust(at, 1);
  const Platform next{other_serial};
  at.gateway.spoil([&](Peer& peer, const std::string& request) {
    const bool about_certificates = request.starts_with("GET /v3/certificates");
    peer.send((about_certificates ? at.platform.sign({200, v3_list({v3_listed(at.platform)})})
                                  : next.sign(v3_right_reply(request)))
                  .bytes());
  });
  std::string batch{"outTradeNo,openid,totalFee\n"};
  for (int i = 0; i < 10; ++i) batch += "BATCH-" + std::to_string(i) + ",oUser,1000\n";
  at.shop.write("batch", batch);
  const auto before = at.gateway.fetches();
  CHECK(at.shop.run({"create-order", "--batch", "batch"}).code == 5);
  CHECK(at.gateway.fetches() == before + 1);
  CHECK(at.shop.run({"reconcile", "--older-than", "0s"}).code == 5);
  CHECK(at.gateway.fetches() == before + 2);
  at.gateway.spoil([&](Peer& peer, const std::string& request) {
    const bool about_certificates = request.starts_with("GET /v3/certificates");
    const auto right = about_certificates ? V3Reply{200, v3_list({v3_listed(at.platform), v3_listed(next)})}
                                          : v3_right_reply(request);
    peer.send(next.sign(right).bytes());
  });
  CHECK(at.shop.run({"create-order", "--batch", "batch"}).code == 0);
  CHECK(at.gateway.fetches() == before + 3);
  CHECK(at.shop.run({"query", "BATCH-1"}).code == 0);
  CHECK(at.gateway.fetches() == before + 3);
}

TEST_CASE("a kept list that was damaged, or that others may change, is not used and is fetched anew") {
  CertificateCase at;
  check_trust(at, 1);
  const auto good = at.cached();
  const auto changed = [&good](std::size_t place) {
    auto bytes = good;
    bytes[place] = static_cast<char>(bytes[place] ^ 1);
    return bytes;
  };
  const Platform forged{at.platform.serial};
  const auto forged_list = v3_list({v3_listed(forged)});
  std::string forged_file;
  for (const auto& [name, value] : forged.signature(forged_list)) forged_file += name + ": " + value + "\r\n";
  const std::string rows[] = {"",
                              "junk",
                              "\r\n\r\n",
                              "\r\n\r\n{}",
                              std::string(5000, '\0'),
                              std::string(400'000, '{'),
                              good.substr(0, good.size() / 2),
                              good + " ",
                              changed(30),
                              changed(good.size() / 2),
                              changed(good.size() - 3)};
  for (const auto& bytes : rows) {
    CAPTURE(bytes.substr(0, 60));
    at.shop.write("state/wxpayctl/platform-certificates-1900000109", bytes);
    check_trust(at, 1);
    CHECK(at.cached().size() > 1000);
    check_trust(at, 0);
  }
  for (const mode_t mode : {0666U, 0620U, 0602U}) {
    CAPTURE(mode);
    at.shop.write("state/wxpayctl/platform-certificates-1900000109", forged_file + "\r\n" + forged_list,
                  mode);
    check_trust(at, 1);
  }
  // Where it cannot be kept it is fetched each time, and nothing else is lost.
  std::filesystem::remove(at.cache());
  std::filesystem::create_directory(at.cache());
  for (int i = 0; i < 2; ++i) {
    const auto asked = at.shop.run({"query", "20261123-1"});
    CHECK(asked.code == 0);
    CHECK(contains(asked.err, "the platform certificates are not kept"));
  }
}

TEST_CASE("an output is not written over the kept certificates") {
  CertificateCase at;
  check_trust(at, 1);
  const auto good = at.cached();
  const auto path = at.cache().string();
  at.shop.write("batch", "outTradeNo,openid,totalFee\n");
  for (const auto& arguments :
       {std::vector<std::string>{"api", "GET", "/v3/certificates", "--out", path},
        std::vector<std::string>{"create-order", "--batch", "batch", "--failed", path},
        std::vector<std::string>{"orders", "list", "--log-file", path}}) {
    CAPTURE(arguments.front());
    const auto refused = at.shop.run(arguments);
    CAPTURE(refused.err);
    CHECK(refused.code == 2);
    CHECK(contains(refused.err, "names the platform certificates of merchant 1900000109"));
    CHECK(at.cached() == good);
  }
}

TEST_CASE("a notification whose certificate cannot be fetched is not called forged: exit 4") {
  CertificateCase at;
  at.shop.write("orders", R"({"outTradeNo":"20261123-1","totalFee":1000,"appId":"wx8888888888888888"})");
  REQUIRE(at.shop.run({"orders", "import", "orders", "-q"}).code == 0);
  const auto body = v3_envelope("TRANSACTION.SUCCESS", v3_paid("20261123-1").dump());
  at.shop.write("paid.http", v3_dump(at.platform.signature(body), body));
  at.shop.write("unsigned.http", v3_dump({{"Content-Type", "application/json"}}, body));
  const auto replay = [&at](int code, const std::string& file = "paid.http") {
    const auto result = at.shop.run({"replay-notify", file, "--json", "--reply", "--timeout", "1"});
    CAPTURE(result.err);
    CHECK(result.code == code);
    return json_line(result.out);
  };
  at.configure("http://127.0.0.1:9");
  auto unverified = replay(4);
  CHECK(unverified["outcome"] == "UNVERIFIED");
  CHECK(contains(unverified["reason"].get<std::string>(), "could not be fetched"));
  CHECK(Json::parse(unverified["reply"].get<std::string>())["code"] == "FAIL");
  CHECK(replay(5, "unsigned.http")["outcome"] == "BAD_SIGNATURE");
  const auto shown = json_line(at.shop.run({"orders", "show", "20261123-1", "--json"}).out);
  CHECK(shown.at("state") == "NOTPAY");
  CHECK(contains(at.shop.run({"replay-notify", "paid.http", "--timeout", "1"}).err, "1 UNVERIFIED\n"));

  at.configure(at.gateway.server().url(""));
  at.answer(at.platform.sign({200, v3_list({v3_listed(at.platform.serial, at.platform.certificate.to_pem(),
                                                      "ANOTHERapiV3key0123456789ABCDEFG")})}));
  auto other_key = replay(5);
  CHECK(contains(other_key["reason"].get<std::string>(), "cannot be opened with the APIv3 key"));
  at.well();
  CHECK(replay(0)["outcome"] == "APPLIED");
  // What was kept is enough from then on.
  at.configure("http://127.0.0.1:9");
  CHECK(replay(0)["outcome"] == "ALREADY_APPLIED");
  CHECK(at.shop.run({"ledger", "check"}).code == 0);
}

TEST_CASE("by WeChat Pay's public key notifications are verified without a network or a cache") {
  Shop shop;
  shop.configure("http://127.0.0.1:9", {}, api_named("v3"));
  shop.write("orders", R"({"outTradeNo":"20261123-1","totalFee":1000,"appId":"wx8888888888888888"})");
  REQUIRE(shop.run({"orders", "import", "orders", "-q", "--ledger", "shop.db"}).code == 0);
  const auto body = v3_envelope("TRANSACTION.SUCCESS", v3_paid("20261123-1").dump());
  shop.write("paid.http", v3_dump(v3_signature(body), body));
  const auto result = shop.run({"replay-notify", "paid.http", "--json", "--ledger", "shop.db"});
  CHECK(result.code == 0);
  CHECK(json_line(result.out)["outcome"] == "APPLIED");
  CHECK_FALSE(std::filesystem::exists(shop.path("state")));
}
