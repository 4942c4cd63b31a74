// One signature must not serve for two documents: a customer's remark would pay another order without the
// key.
#include <doctest/doctest.h>
#include <sqlite3.h>

#include "support/replay_case.hpp"
#include "support/resplit.hpp"

using namespace wxpay::test;

namespace {

std::string forged_from(const std::string& number, int fee, const std::string& victim, const std::string& key,
                        const char* sign_type) {
  WireFields changes{{"total_fee", std::to_string(fee)}, {"attach", forging_attach(victim, "100000")}};
  if (std::string{sign_type} != "MD5") changes["sign_type"] = sign_type;
  wxpay::Fields genuine;
  for (const auto& [name, value] : payment_fields(number, changes)) genuine.add(name, value);
  const auto type = *wxpay::parse_sign_type(sign_type);
  genuine.add("sign", wxpay::sign_fields(genuine, type, wxpay::Secret{key}));
  WireFields forged;
  for (const auto& [name, value] : resplit(genuine)) forged[name] = value;
  return v2_xml(forged);
}

}  // namespace

TEST_CASE("a payment that is cut from another one's signed text pays nothing and goes nowhere") {
  for (const auto* sign_type : {"MD5", "HMAC-SHA256"}) {
    CAPTURE(std::string{sign_type});
    const ReplayCase at{std::string{"sign_type = \""} + sign_type + "\"\n"};
    at.import(
        "{\"outTradeNo\":\"VICTIM0001\",\"totalFee\":100000}\n{\"outTradeNo\":\"BAIT000001\",\"totalFee\":1}"
        "\n");
    const auto forged = forged_from("BAIT000001", 1, "VICTIM0001", shop_key, sign_type);
    // Nobody listens there: sending it on would be told as not taken.
    const auto result = at.one(forged, 5, {"--to", "http://127.0.0.1:9/notify", "--reply"});
    CHECK(result["outcome"] == "BAD_SIGNATURE");
    CHECK(contains(result["reason"].get<std::string>(), "ambiguous"));
    CHECK_FALSE(result.contains("forwarded"));
    CHECK(contains(result["reply"].get<std::string>(), "FAIL"));
    CHECK(at.shown("VICTIM0001")["state"] == "NOTPAY");
    const auto verified = at.shop.run({"sign", "--verify", "-", "--explain", "--json"}, forged);
    CHECK(verified.code == 5);
    CHECK(contains(verified.out, "ambiguous"));
  }
}

TEST_CASE("an order with such a text is not made, however it is given") {
  Shop shop;
  const Sandbox sandbox{shop};
  const auto attach = forging_attach("VICTIM0001", "100000");
  const auto single = shop.run(create("BAIT000001", {"--attach", attach, "--json"}));
  CHECK(single.code == 2);
  CHECK(contains(single.err, "attach holds &mch_id="));
  const Json record{
      {"outTradeNo", "BAIT000001"}, {"openId", "oTrainee"}, {"totalFee", 1}, {"attach", attach}};
  CHECK(shop.run({"create-order", "--request", "-"}, record.dump()).code == 2);
  const auto batch = shop.run({"create-order", "--batch", "-", "--json"}, record.dump() + "\n");
  CHECK(batch.code == 1);
  CHECK(json_line(batch.out)["errCode"] == "PARAM_ERROR");
  CHECK(sandbox.orders().empty());
}

TEST_CASE("notifications of a merchant's apps are each applied by the order's own app") {
  const ReplayCase at;
  at.import(R"({"outTradeNo":"MINI000001","totalFee":1000,"appId":"wx8888888888888888"})"
            "\n"
            R"({"outTradeNo":"APPS000001","totalFee":1000,"appId":"wxaaaaaaaaaaaaaaaa"})"
            "\n"
            R"({"outTradeNo":"OPEN000001","totalFee":1000})"
            "\n");
  const WireFields app{{"appid", "wxaaaaaaaaaaaaaaaa"}};
  CHECK(at.one(payment("MINI000001"), 0)["outcome"] == "APPLIED");
  CHECK(at.one(payment("APPS000001", app), 0)["outcome"] == "APPLIED");
  CHECK(at.one(payment("OPEN000001", app), 0)["outcome"] == "APPLIED");
  // The number is this merchant's, and the ledger has it under another app: that does not agree.
  CHECK(at.one(payment("MINI000001", app), 5)["outcome"] == "WRONG_MERCHANT");
  const auto unknown = at.one(payment("ELSE000001", app), 0, {"--reply"});
  CHECK(unknown["outcome"] == "OTHER_APP");
  CHECK(contains(unknown["reason"].get<std::string>(), "wxaaaaaaaaaaaaaaaa"));
  CHECK(contains(unknown["reply"].get<std::string>(), "SUCCESS"));
  CHECK(at.one(payment("ELSE000001"), 1)["outcome"] == "UNKNOWN_ORDER");
  CHECK(at.one(payment("APPS000002", {{"appid", app.at("appid")}, {"total_fee", "1"}}), 0)["outcome"] ==
        "OTHER_APP");
}

TEST_CASE("an order that an earlier version stored with such a text is asked about, and not sent again") {
  Shop shop;
  const Sandbox sandbox{shop};
  sandbox.fault("drop", 20, Operation::create);
  const std::string number{"BAIT2026112300000001"};
  REQUIRE(shop.run(create(number)).code == 4);
  sqlite3* opened = nullptr;
  REQUIRE(sqlite3_open(shop.ledger().c_str(), &opened) == SQLITE_OK);
  REQUIRE(sqlite3_exec(opened, "UPDATE orders SET body = 'x&out_trade_no=VICTIM0001'", nullptr, nullptr,
                       nullptr) == SQLITE_OK);
  sqlite3_close(opened);
  const auto before = sandbox.requests(Operation::create);
  const auto batch = "outTradeNo,openid,totalFee\n" + number + ",oUpF8uMuAJO_M2pxb1Q9zNjWeS6o,1000\n";
  for (const bool dry : {true, false}) {
    std::vector<std::string> arguments{"create-order", "--batch", "-", "--json"};
    if (dry) arguments.emplace_back("--dry-run");
    const auto result = shop.run(arguments, batch);
    CHECK(result.code == 1);
    auto line = json_line(result.out);
    CHECK(line["errCode"] == "PARAM_ERROR");
    CHECK(line["ledgerState"] == "CREATING");
  }
  CHECK(sandbox.requests(Operation::create) == before);
  CHECK(shop.run({"query", number}).code <= 1);
}
