#include <doctest/doctest.h>

#include "support/replay_case.hpp"
#include "support/slow_input.hpp"

using namespace wxpay::test;

namespace {

using Names = std::vector<std::string>;

Names kept_of(const ReplayCase& at, const std::string& number) {
  Names outcomes;
  auto order = at.shown(number);
  if (!order.contains("notifications")) return outcomes;
  for (const auto& one : order["notifications"]) outcomes.push_back(one["outcome"]);
  return outcomes;
}

}  // namespace

TEST_CASE("a forged notification puts no formula into the CSV of the staff, and neither does a file's name") {
  const ReplayCase at;
  at.shop.make_ledger();
  at.shop.write("=cmd|x\x1b[31m\xC2\x9B.xml",
                "<xml><return_code>SUCCESS</return_code><out_trade_no>=HYPERLINK(\"http://e.il/\",\"ok\")"
                "</out_trade_no><transaction_id>@SUM(A1)</transaction_id><sign>A</sign></xml>");
  const auto result = at.shop.run({"replay-notify", "--dir", ".", "-o", "csv"});
  CHECK(result.code == 5);
  const auto lines = lines_of(result.out);
  const auto row = std::find_if(lines.begin(), lines.end(),
                                [](const auto& line) { return contains(line, "BAD_SIGNATURE"); });
  REQUIRE(row != lines.end());
  CHECK(contains(*row, "=cmd|x [31m  .xml:1,payment,,,BAD_SIGNATURE,"));
  const auto by_name = at.shop.run({"replay-notify", "=cmd|x\x1b[31m\xC2\x9B.xml", "-o", "csv"});
  CHECK(contains(by_name.out, "\n'=cmd|x [31m  .xml:1,payment,,,BAD_SIGNATURE,"));
}

TEST_CASE("what never ends hides no notification that was saved after it") {
  const ReplayCase at;
  for (const auto* number : {"ORDER-1", "ORDER-2", "ORDER-3"}) at.order(number);
  const auto payments = payment("ORDER-1") + payment("ORDER-2") + "\n" + payment("ORDER-3");
  const auto other = payment("OTHER-1");
  const std::pair<const char*, std::string> rows[] = {
      {"a comment", "<xml><!--</xml>\n"},
      {"a comment before any root", "<!--"},
      {"CDATA", "<xml><a><![CDATA["},
      {"CDATA that the next message would end", "<xml><appid><![CDATA["},
      {"a message cut off in CDATA", other.substr(0, other.find("1900000109") + 3)},
      {"a message cut off in a name", other.substr(0, other.find("<openid>") + 4)},
      {"a message cut off in its last tag", other.substr(0, other.size() - 1) + "\n"},
      {"a DOCTYPE", "<!DOCTYPE xml>"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.first);
    const auto result = at.replay({"-", "--dry-run"}, row.second + payments);
    CHECK(result.code == 1);
    CHECK(outcomes_of(result.out) == Names{"MALFORMED", "APPLIED", "APPLIED", "APPLIED"});
    CHECK(json_lines(result.out).back()["source"] == "-:4");
  }
}

TEST_CASE("a signed notification stays whole, whatever its texts hold") {
  for (const std::string attach :
       {"<xml>", "</xml>", "<xml><a><![CDATA[1</a></xml>", "<?xml version=\"1.0\"?>", "<xml><!--"}) {
    CAPTURE(attach);
    const ReplayCase at;
    at.order("ORDER-1");
    at.order("ORDER-2");
    const auto document = payment("ORDER-1", {{"attach", attach}});
    const auto result = at.replay({"-"}, "<xml><appid><![CDATA[" + document + document + payment("ORDER-2"));
    CHECK(outcomes_of(result.out) == Names{"MALFORMED", "APPLIED", "ALREADY_APPLIED", "APPLIED"});
    // One that was changed is no reason to believe what it holds.
    const auto changed = at.replay({"-"}, replaced(document, "[1000]", "[1]"));
    CHECK(changed.code != 0);
    CHECK_FALSE(contains(changed.out, "APPLIED"));
  }
}

TEST_CASE("what is malformed and names an order is kept with it, and other junk is not") {
  const ReplayCase at;
  at.order("ORDER-1");
  const auto document = payment("ORDER-1");
  const auto cut_off = document.substr(0, document.find("<sign>"));
  const std::string rows[] = {
      cut_off,
      payment("ORDER-1", {{"total_fee", "+1000"}}),
      v2_xml({{"return_code", "FAIL"}, {"out_trade_no", "ORDER-1"}}),
      replaced(document, "CFT", "CF\xFF"),
  };
  std::size_t count = 0;
  for (const auto& row : rows) {
    CAPTURE(row);
    for (int i = 0; i < 2; ++i) CHECK(at.one(row, 1)["outcome"] == "MALFORMED");
    CHECK(at.one(row, 1)["outTradeNo"] == "ORDER-1");
    CHECK(kept_of(at, "ORDER-1") == Names(++count, "MALFORMED"));
  }
  const auto kept = at.shown("ORDER-1")["notifications"];
  for (const auto* junk : {"<xml><out_trade_no><![CDATA[ORDER-1", "<xml>", "?", "<out_trade_no>ORDER 1<",
                           "<xml><out_trade_no>ORDER-1ORDER-1ORDER-1ORDER-1ORDER-1</out_trade_no>"}) {
    CHECK_FALSE(at.one(junk, 1).contains("outTradeNo"));
  }
  CHECK(at.replay({"-", "--dry-run"}, cut_off + " ").code == 1);
  CHECK(at.shown("ORDER-1")["notifications"] == kept);
  CHECK(at.shown("ORDER-1")["state"] == "NOTPAY");
  CHECK(at.check()["ok"] == true);
}

TEST_CASE(
    "output that cannot be written is exit 8, unless something does not agree, and there is a summary") {
  const ReplayCase at;
  at.order("ORDER-1");
  at.shop.write("good.xml", payment("ORDER-1"));
  at.shop.write("forged.xml", replaced(payment("ORDER-1"), "[1000]", "[1]"));
  for (const std::string format : {"text", "json", "csv"}) {
    CAPTURE(format);
    const auto replay = [&](const std::string& file) {
      auto command = at.shop.command({"replay-notify", file, "-o", format});
      command.output = "/dev/full";
      return run(command);
    };
    const auto good = replay("good.xml");
    CHECK(good.code == 8);
    CHECK(contains(good.err, "cannot write standard output"));
    CHECK(contains(good.err, "run the same command again"));
    if (format == "csv") continue;  // its header failed already
    CHECK(contains(good.err, "wxpayctl: 1 notification: 1 "));
    const auto forged = replay("forged.xml");
    CHECK(forged.code == 5);
    CHECK(contains(forged.err, "cannot write standard output"));
    CHECK(contains(forged.err, "wxpayctl: 1 notification: 1 BAD_SIGNATURE\n"));
  }
  CHECK(at.shown("ORDER-1")["state"] == "SUCCESS");
}

TEST_CASE("a replay whose output nobody reads any more stops, and what it found is its exit code") {
  const ReplayCase at;
  at.shop.make_ledger();
  std::string input;
  for (int i = 0; i < 3'000; ++i) input += payment("ORDER-" + std::to_string(i));
  at.shop.write("many.xml", input);
  Process process{at.shop.command({"replay-notify", "many.xml", "--json"})};
  process.close_output();
  const auto result = process.wait();
  CHECK(result.code == 1);
  CHECK(contains(result.err, " UNKNOWN_ORDER\n"));
  CHECK(contains(result.err, "run the same command again"));
  CHECK_FALSE(contains(result.err, "error"));
}

TEST_CASE("on a terminal a replay shows how far it is") {
  const ReplayCase at;
  at.order("ORDER-1");
  const std::vector<std::string> pieces(40, payment("ORDER-1"));
  const auto shown = [&](const std::string& pipe, std::vector<std::string> more) {
    const SlowInput input{at.shop.path(pipe), pieces};
    more.insert(more.begin(), {"replay-notify", pipe});
    TerminalProcess replay{at.shop.command(std::move(more))};
    auto result = replay.wait();
    CHECK(result.code == 0);
    CHECK(contains(result.out, "wxpayctl: 40 notifications: "));
    return result.out;
  };
  CHECK(contains(shown("first", {}), "/s\r\x1b[K"));
  CHECK_FALSE(contains(shown("second", {"--no-progress"}), "/s"));
}
