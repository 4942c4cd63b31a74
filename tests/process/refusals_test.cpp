#include <doctest/doctest.h>

#include "support/batch_market.hpp"
#include "support/raw_server.hpp"
#include "support/reconcile_market.hpp"

using namespace wxpay::test;

namespace {

constexpr const char* unknown_words = "请求失败，请联系客服";

struct RefusalMarket : ReconcileMarket {
  /// The next requests are refused in these words, unsigned.
  void refuse(const std::string& words, int count = 1, Operation operation = Operation::create) const {
    const auto set = shop.run({"sandbox", "fault", "refusal", "--words", words, "--count",
                               std::to_string(count), "--match", tested_api().path(operation)});
    CHECK(set.code == 0);
  }
  /// Writes a configuration in which the profile has a key that is not the merchant's.
  std::string wrong_key() const {
    shop.write("wrong.key", shop_key);
    return shop.write("wrong.toml", "[profiles.sandbox]\nkey_file = \"wrong.key\"\n").string();
  }
};

constexpr const char* way_out =
    "the key or the sign_type is not the merchant's: compare both with the merchant platform; "
    "'wxpayctl doctor' checks them";

std::string url_host(const std::string& url) { return url.substr(url.find("://") + 3); }

}  // namespace

TEST_CASE("a refusal in words that are said before an order is made frees the number at once") {
  struct Row {
    std::string words;
    std::string err_code;
  };
  const Row rows[] = {{"商户号该产品权限未开通，请前往商户平台>产品中心检查后重试", "NOAUTH"},
                      {"openid is invalid", "PARAM_ERROR"},
                      {"appid和mch_id不匹配，请检查后再试", "APPID_MCHID_NOT_MATCH"},
                      {"商户号mch_id或sub_mch_id不存在", "MCHID_NOT_EXIST"},
                      {"此商家的收款功能已被限制，暂无法支付。", "NOAUTH"},
                      {"spbill_create_ip参数长度有误", "PARAM_ERROR"}};
  const RefusalMarket market;
  int count = 0;
  for (const auto& row : rows) {
    CAPTURE(row.words);
    const auto number = numbered("REFUSED-", ++count);
    market.refuse(row.words);
    auto no = market.json(create(number), 1);
    CHECK(no["returnCode"] == "FAIL");
    CHECK(no["resultCode"] == "FAIL");
    CHECK(no["errCode"] == row.err_code);
    CHECK(no["errCodeDes"] == row.words);
    CHECK(no["ledgerState"] == "FAILED");
    CHECK_FALSE(no.contains("hint"));
    CHECK(market.json(create(number, {"--attach", "other"}))["ledger"] == "CREATED");
  }
  CHECK(market.sandbox.requests(Operation::query) == 0);
  market.check_ledger();
}

TEST_CASE(
    "after a refusal in other words WeChat Pay is asked, and a signed 'no such order' frees the number") {
  const RefusalMarket market;
  market.refuse(unknown_words);
  auto no = market.json(create("WORDS-1"), 1);
  CHECK(no["returnCode"] == "FAIL");
  CHECK(no["returnMsg"] == unknown_words);
  CHECK(no["resultCode"] == "FAIL");
  CHECK(no["errCode"] == "REFUSED");
  CHECK(no["errCodeDes"] == unknown_words);
  CHECK(no["ledgerState"] == "FAILED");
  CHECK(market.sandbox.requests(Operation::query) == 1);
  CHECK(market.json({"orders", "show", "WORDS-1"})["history"].back()["reason"] == unknown_words);
  CHECK(market.json(create("WORDS-1", {"--attach", "other"}))["ledger"] == "CREATED");
  market.check_ledger();
}

TEST_CASE("where WeChat Pay cannot be asked the order stays CREATING, and the hint names the way out") {
  const RefusalMarket market;
  market.refuse(unknown_words, 2, Operation::any);
  auto no = market.json(create("WORDS-2"), 4);
  CHECK(no["resultCode"] == "UNKNOWN");
  CHECK(no["errCode"] == "GATEWAY");
  CHECK(no["errCodeDes"] == unknown_words);
  CHECK(no["ledgerState"] == "CREATING");
  CHECK(contains(no.value("hint", ""), "'wxpayctl query WORDS-2'"));
  for (const auto* format : {"text", "csv"}) {
    market.refuse(unknown_words, 2, Operation::any);
    const auto shown = market.shop.run(create("WORDS-2", {"-o", format}));
    CHECK(shown.code == 4);
    CHECK(contains(shown.out, "'wxpayctl query WORDS-2'"));
  }

  // What nobody knows stays so for the ledger; the same command goes on.
  auto asked = market.json({"query", "WORDS-2"}, 1);
  CHECK(asked["resultMsg"] == "NO_SUCH_PAYMENT_ORDER_IN_WECHAT");
  CHECK(asked["ledgerState"] == "CREATING");
  CHECK(counts(market.reconcile()) == Counts{{"checked", 1}, {"stillOpen", 1}});
  CHECK(market.json(create("WORDS-2"))["ledger"] == "CREATED");
  // Nothing is there that could be paid, so that it can be closed as well.
  market.refuse(unknown_words, 2, Operation::any);
  market.json(create("WORDS-3"), 4);
  CHECK(market.json({"close", "WORDS-3", "--yes"})["ledgerState"] == "CLOSED");
  market.check_ledger();
}

TEST_CASE("a refusal in other words of an order that is there settles what is there") {
  const RefusalMarket market;
  for (const auto* number : {"THERE-1", "THERE-2"}) {
    market.sandbox.fault("lost-reply", 1, Operation::create);
    market.json(create(number), 4);
  }
  market.sandbox.pay("THERE-2");
  market.refuse(unknown_words, 2);
  auto open = market.json(create("THERE-1"), 1);
  CHECK(open["errCodeDes"] == unknown_words);
  CHECK(open["ledgerState"] == "NOTPAY");
  CHECK(contains(open.value("hint", ""), "the same command again"));
  auto paid = market.json(create("THERE-2"), 1);
  CHECK(paid["ledgerState"] == "SUCCESS");
  CHECK(market.json(create("THERE-1"))["prepayId"] == market.sandbox.order("THERE-1")["prepayId"]);
  market.check_ledger();
}

TEST_CASE("a refusal in known words after a lost reply is asked about, since that one may be there") {
  const RefusalMarket market;
  market.sandbox.fault("lost-reply", 1, Operation::create);
  market.json(create("LOST-1"), 4);
  market.refuse("商户号该产品权限未开通");
  auto no = market.json(create("LOST-1"), 1);
  CHECK(no["errCode"] == "NOAUTH");
  CHECK(no["ledgerState"] == "NOTPAY");
}

TEST_CASE("a batch asks about refusals in other words as well, and goes on") {
  const RefusalMarket market;
  const auto run = [&](std::vector<std::string> more, int code) {
    std::vector<std::string> arguments{"create-order", "--batch", "batch", "--json",   "--rate",
                                       "10000",        "--jobs",  "1",     "--failed", "again"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto result = market.shop.run(arguments);
    CAPTURE(result.err);
    CHECK(result.code == code);
    return json_lines(result.out);
  };
  market.shop.write("batch", rows("BATCH-", 3));
  market.refuse(unknown_words);
  auto results = run({}, 1);
  REQUIRE(results.size() == 3);
  CHECK(results[0]["errCode"] == "REFUSED");
  CHECK(results[0]["errCodeDes"] == unknown_words);
  CHECK(results[0]["ledgerState"] == "FAILED");
  CHECK(results[1]["ledger"] == "CREATED");
  CHECK(market.shop.read("again") == header + row("BATCH-0"));

  market.shop.write("batch", rows("UNKNOWN-", 2));
  market.refuse(unknown_words, 2, Operation::any);
  results = run({}, 4);
  REQUIRE(results.size() == 2);
  CHECK(results[0]["resultCode"] == "UNKNOWN");
  CHECK(results[0]["ledgerState"] == "CREATING");
  CHECK(contains(results[0].value("hint", ""), "'wxpayctl query UNKNOWN-0'"));
  CHECK(results[1]["ledger"] == "CREATED");
  CHECK(run({}, 0)[0]["ledger"] == "CREATED");
  market.check_ledger();
}

TEST_CASE("WeChat Pay's word that our signature is wrong is exit 3 in every command, with the way out") {
  const RefusalMarket market;
  market.order("GOOD-ORDER-1");
  const std::string config = market.wrong_key();
  const auto run = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--config", config, "--json"});
    return market.shop.run(arguments);
  };

  const auto creation = run(create("WRONG-KEY-1"));
  CHECK(creation.code == 3);
  auto no = json_line(creation.out);
  CHECK(no["errCode"] == "SIGNERROR");
  CHECK(no["ledgerState"] == "FAILED");
  CHECK(no["hint"] == way_out);
  CHECK(creation.err.empty());

  for (const auto& arguments :
       {std::vector<std::string>{"query", "GOOD-ORDER-1"},
        std::vector<std::string>{"query", "GOOD-ORDER-1", "WRONG-KEY-1"},
        std::vector<std::string>{"query", "GOOD-ORDER-1", "--watch", "--for", "10m"}}) {
    const auto asked = run(arguments);
    CHECK(asked.code == 3);
    CHECK(asked.out.empty());
    auto error = json_lines(asked.err).front()["error"];
    CHECK(error["code"] == "SIGNERROR");
    CHECK(error["hint"] == way_out);
  }

  const auto closing = run({"close", "GOOD-ORDER-1", "--yes"});
  CHECK(closing.code == 3);
  auto closed = json_line(closing.out);
  CHECK(closed["errCode"] == "SIGNERROR");
  CHECK(closed["ledgerState"] == "NOTPAY");
  CHECK(contains(closed.value("hint", ""), "wxpayctl doctor"));

  const auto reconciled = run({"reconcile", "--older-than", "0s"});
  CHECK(reconciled.code == 3);
  CHECK(counts(json_line(reconciled.out)) == Counts{{"checked", 1}, {"failed", 1}});
  CHECK(contains(reconciled.err, "wxpayctl doctor"));

  CHECK(run({"doctor"}).code == 3);

  // Nothing was changed, and the right key goes on.
  CHECK(market.state("GOOD-ORDER-1") == "NOTPAY");
  CHECK(market.json(create("WRONG-KEY-1"))["ledger"] == "CREATED");
  market.check_ledger();
}

TEST_CASE("a refusal to close is exit 1 in known words, and 4 in others") {
  const RefusalMarket market;
  market.order("CLOSING-1");
  market.refuse("商户号该产品权限未开通", 1, Operation::close);
  auto no = market.json({"close", "CLOSING-1", "--yes"}, 1);
  CHECK(no["errCode"] == "NOAUTH");
  CHECK(no["ledgerState"] == "NOTPAY");
  market.refuse(unknown_words, 1, Operation::close);
  no = market.json({"close", "CLOSING-1", "--yes"}, 4);
  CHECK(no["resultCode"] == "UNKNOWN");
  CHECK(no["ledgerState"] == "NOTPAY");
  CHECK(market.json({"close", "CLOSING-1", "--yes"})["ledgerState"] == "CLOSED");
}

TEST_CASE("a wrong key ends a batch and a reconcile after a few, with exit 3") {
  const RefusalMarket market;
  const std::string config = market.wrong_key();
  market.shop.write("batch", rows("WRONGKEY-", 60));
  const auto batch = market.shop.run({"create-order", "--batch", "batch", "--json", "--rate", "10000",
                                      "--max-errors", "3", "--jobs", "1", "--config", config});
  CHECK(batch.code == 3);
  CHECK(contains(batch.err, way_out));
  const auto sent = json_lines(batch.out).size();
  CHECK(sent >= 3);
  CHECK(sent < 20);

  market.shop.write("batch", rows("RIGHTKEY-", 60));
  CHECK(market.shop.run({"create-order", "--batch", "batch", "--rate", "10000"}).code == 0);
  const auto before = market.sandbox.requests(Operation::query);
  const auto reconciled = market.shop.run(
      {"reconcile", "--older-than", "0s", "--rate", "10000", "--jobs", "1", "--json", "--config", config});
  CHECK(reconciled.code == 3);
  CHECK(contains(reconciled.err, "too many in a row"));
  CHECK(market.sandbox.requests(Operation::query) - before < 40);
}

TEST_CASE("an answer whose own signature does not hold is still another matter, exit 5") {
  const RefusalMarket market;
  market.sandbox.fault("wrong-sign", 1, Operation::create);
  auto forged = market.json(create("FORGED-1"), 5);
  CHECK(forged["errCode"] == "UNTRUSTED");
  CHECK(forged["ledgerState"] == "CREATING");
}

TEST_CASE("messages name the host that spoke, and not WeChat Pay") {
  const RefusalMarket market;
  const auto host = url_host(market.sandbox.url());
  market.sandbox.fault("redirect", 2);
  CHECK(market.json(create("HOST-1"), 4)["errCodeDes"] == host + " answered HTTP 302");
  auto error = market.shop.run({"query", "HOST-1", "--json"});
  CHECK(json_line(error.err)["error"]["message"] == host + " answered HTTP 302");
  market.refuse("权限未开通", 1, Operation::query);
  error = market.shop.run({"query", "HOST-1", "--json"});
  CHECK(error.code == 1);
  CHECK(json_line(error.err)["error"]["code"] == "NOAUTH");
  CHECK(json_line(error.err)["error"]["message"] == host + " refused the query: 权限未开通");
  market.refuse(unknown_words, 1, Operation::query);
  error = market.shop.run({"query", "HOST-1", "--json"});
  CHECK(error.code == 4);
  CHECK(json_line(error.err)["error"]["message"] == host + " did not take the request: " + unknown_words);
  CHECK(json_line(error.err)["error"].contains("hint"));
}

TEST_CASE("a proxy that refuses is named with its variable, and its password nowhere") {
  struct Row {
    int status;
    std::string words;
  };
  const Row answers[] = {{407, "HTTP 407; it wants a user"}, {403, "HTTP 403"}, {502, "HTTP 502"}};
  for (const auto& answer : answers) {
    CAPTURE(answer.status);
    Shop shop;
    shop.configure("https://pay.example.com");
    RawServer proxy{[&](Peer& peer) {
      if (peer.read_request()) peer.send(http_answer("", answer.status));
    }};
    const auto place = url_host(proxy.url(""));
    shop.environment["https_proxy"] = "http://buyer:hunter2secret@" + place;
    // The last try has time for its answer: the pauses before it grow.
    const auto result = shop.run(create("PROXY-1", {"--json", "--timeout", "3"}));
    CHECK(result.code == 4);
    auto unknown = json_line(result.out);
    CHECK(unknown["ledgerState"] == "CREATING");
    const auto words = unknown.value("errCodeDes", "");
    CHECK(contains(words, "the proxy " + place +
                              " (https_proxy) refused the connection to "
                              "pay.example.com:443: " +
                              answer.words));
    CHECK_FALSE(contains(result.out + result.err, "hunter2secret"));
    CHECK_FALSE(contains(result.out + result.err, "buyer"));
  }
}
