#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <random>
#include <thread>

#include "support/raw_server.hpp"
#include "support/replay_case.hpp"

using namespace wxpay::test;

namespace {

constexpr long most_memory_kib = 64L * 1024;

using Keys = std::vector<std::string>;
using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a notification of the sandbox is applied, and found applied ever after") {
  Shop shop;
  const Sandbox sandbox{shop};
  REQUIRE(shop.run(create("20261123-1")).code == 0);
  sandbox.pay("20261123-1");
  const auto file = shop.path("a.xml").string();
  REQUIRE(shop.run({"sandbox", "notify", "20261123-1", "--out", file}).code == 0);

  auto applied = json_line(shop.run({"replay-notify", file, "--json"}).out);
  CHECK(keys_of(applied) == Keys{"source", "kind", "outTradeNo", "transactionId", "outcome"});
  CHECK(applied["source"] == file + ":1");
  CHECK(applied["kind"] == "payment");
  CHECK(applied["outTradeNo"] == "20261123-1");
  CHECK(applied["transactionId"] == sandbox.order("20261123-1")["transactionId"]);
  CHECK(applied["outcome"] == "APPLIED");
  auto order = json_line(shop.run({"orders", "show", "20261123-1", "--json"}).out);
  CHECK(order["state"] == "SUCCESS");
  CHECK(order["paidAt"] == sandbox.order("20261123-1")["timeEnd"]);
  CHECK(order["history"].back()["source"] == "notify");
  REQUIRE(order["notifications"].size() == 1);
  CHECK(order["notifications"][0]["outcome"] == "APPLIED");
  CHECK(order["notifications"][0]["digest"] == order["history"].back()["digest"]);

  const auto again = shop.run({"replay-notify", file, "--json"});
  CHECK(again.code == 0);
  CHECK(json_line(again.out)["outcome"] == "ALREADY_APPLIED");
  CHECK(again.err == "wxpayctl: 1 notification: 1 already applied\n");
  CHECK(shop.run({"replay-notify", file, "-q"}).err.empty());
  CHECK(json_line(shop.run({"orders", "show", "20261123-1", "--json"}).out).dump() == order.dump());
}

TEST_CASE("what does not agree with the order is refused with its own exit code, and nothing is applied") {
  const ReplayCase at;
  at.order("ORDER-1");
  struct Row {
    const char* what;
    std::string document;
    const char* outcome;
    int code;
    bool is_refused;
  };
  const Row rows[] = {
      {"another amount", payment("ORDER-1", {{"total_fee", "999"}}), "AMOUNT_MISMATCH", 5, true},
      {"another currency", payment("ORDER-1", {{"fee_type", "USD"}}), "AMOUNT_MISMATCH", 5, true},
      {"another merchant", payment("ORDER-1", {{"mch_id", "1900000999"}}), "WRONG_MERCHANT", 5, true},
      {"another app", payment("ORDER-1", {{"appid", "wxother"}}), "WRONG_MERCHANT", 5, true},
      {"an unknown order", payment("ORDER-9"), "UNKNOWN_ORDER", 1, true},
      {"result_code FAIL", payment("ORDER-1", {{"result_code", "FAIL"}}), "NOT_PAID", 0, false},
      {"a refund that cannot be opened",
       v2_xml({{"return_code", "SUCCESS"},
               {"appid", shop_app_id},
               {"mch_id", shop_mch_id},
               {"nonce_str", "x"},
               {"req_info", "c2VjcmV0"}}),
       "BAD_SIGNATURE", 5, false},
      {"a refund of another merchant",
       v2_xml({{"return_code", "SUCCESS"},
               {"appid", shop_app_id},
               {"mch_id", "1900000999"},
               {"req_info", "c2"}}),
       "WRONG_MERCHANT", 5, true},
      {"a changed amount", replaced(payment("ORDER-1"), "[1000]", "[1]"), "BAD_SIGNATURE", 5, true},
      {"no sign", v2_xml(payment_fields("ORDER-1")), "BAD_SIGNATURE", 5, true},
      {"another key", v2_signed_xml(payment_fields("ORDER-1"), "Another0Key0of0thirty0two0bytes0"),
       "BAD_SIGNATURE", 5, true},
      {"another sign type", v2_signed_xml(payment_fields("ORDER-1"), shop_key, "HMAC-SHA256"),
       "BAD_SIGNATURE", 5, true},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    const auto before = at.check()["head"];
    auto result = at.one(row.document, row.code, {"--reply"});
    CHECK(result["outcome"] == row.outcome);
    CHECK_FALSE(result["reason"].get<std::string>().empty());
    CHECK(v2_element(result["reply"].get<std::string>(), "return_code") ==
          (row.code == 0 ? "SUCCESS" : "FAIL"));
    CHECK(at.check()["head"] == before);
    CHECK(at.shown("ORDER-1")["state"] == "NOTPAY");
  }
  auto order = at.shown("ORDER-1");
  std::string kept;
  for (const auto& one : order["notifications"]) kept += one["outcome"].get<std::string>() + " ";
  CHECK(kept ==
        "AMOUNT_MISMATCH AMOUNT_MISMATCH WRONG_MERCHANT WRONG_MERCHANT "
        "BAD_SIGNATURE BAD_SIGNATURE BAD_SIGNATURE BAD_SIGNATURE ");
  CHECK(at.one(payment("ORDER-1"), 0)["outcome"] == "APPLIED");
}

TEST_CASE("what is no plain, flat, UTF-8 <xml> is MALFORMED: exit 1") {
  const ReplayCase at;
  at.order("ORDER-1");
  const auto good = payment("ORDER-1");
  std::string nested = "<xml>";
  for (int i = 0; i < 10'000; ++i) nested += "<a>";
  for (int i = 0; i < 10'000; ++i) nested += "</a>";
  nested += "</xml>";
  const std::pair<const char*, std::string> rows[] = {
      {"a DTD", replaced(good, "<xml>", "<xml><!DOCTYPE xml [<!ENTITY e \"SUCCESS\">]>")},
      {"an entity that a DTD would define", replaced(good, "<![CDATA[CFT]]>", "&e;")},
      {"nested elements", nested},
      {"a duplicated element", replaced(good, "<total_fee>", "<total_fee>1</total_fee><total_fee>")},
      {"an amount with a sign", payment("ORDER-1", {{"total_fee", "+1000"}})},
      {"an amount with decimals", payment("ORDER-1", {{"total_fee", "1000.00"}})},
      {"no transaction", payment("ORDER-1", {{"transaction_id", ""}})},
      {"non-UTF-8", replaced(good, "CFT", "CF\xFF")},
      {"NUL", replaced(good, "CFT", std::string{"C\0T", 3})},
      {"nothing", ""},
      {"a page", "<!DOCTYPE html><html><head></head><body>502</body></html>"},
      {"JSON", R"({"out_trade_no":"ORDER-1"})"},
      {"gzip", "\x1f\x8b\x08garbage"},
      {"cut off", good.substr(0, good.size() - 20)},
      {"an error message", v2_xml({{"return_code", "FAIL"}, {"return_msg", "signature error"}})},
      {"2 MB", replaced(good, "CFT", std::string(2'000'000, 'x'))},
      {"2 MB of markup", "<xml>" + std::string(2'000'000, '<')},
  };
  for (const auto& row : rows) {
    CAPTURE(row.first);
    const auto result = at.replay({"-"}, row.second);
    CHECK(result.code == 1);
    auto line = json_line(result.out);
    CHECK(line["source"] == "-:1");
    CHECK(line["outcome"] == "MALFORMED");
    CHECK_FALSE(line["reason"].get<std::string>().empty());
    if (measures_memory) CHECK(result.peak_rss_kib < most_memory_kib);
  }
  CHECK(at.shown("ORDER-1")["state"] == "NOTPAY");
  CHECK(at.check()["ok"] == true);
  const auto text_after = at.replay({"-"}, good + "text");
  CHECK(text_after.code == 1);
  CHECK(outcomes_of(text_after.out) == Names{"APPLIED", "MALFORMED"});
}

TEST_CASE("a DTD is refused by itself: the message after it has nothing of it") {
  const ReplayCase at;
  at.order("ORDER-1");
  const auto good = payment("ORDER-1");
  for (const std::string entity : {"\"CFT\"", "SYSTEM \"file:///etc/passwd\""}) {
    const auto dtd = "<!DOCTYPE xml [<!ENTITY e " + entity + ">]>";
    const auto used = at.replay({"-"}, dtd + replaced(good, "<![CDATA[CFT]]>", "&e;"));
    CHECK(used.code == 1);
    CHECK(outcomes_of(used.out) == Names{"MALFORMED", "MALFORMED"});
    CHECK(at.shown("ORDER-1")["state"] == "NOTPAY");
  }
  const auto unused = at.replay({"-"}, "<!DOCTYPE xml [<!ENTITY e \"SUCCESS\">]>" + good);
  CHECK(unused.code == 1);
  CHECK(outcomes_of(unused.out) == Names{"MALFORMED", "APPLIED"});
}

TEST_CASE("another transaction for a paid order is refused, an old message after a refund changes nothing") {
  const ReplayCase at;
  at.order("PAID-1", "SUCCESS");
  at.order("REFUNDED-1", "REFUND");
  auto second = at.one(payment("PAID-1", {{"transaction_id", transaction_of("PAID-1", "43")}}), 5);
  CHECK(second["outcome"] == "TRANSACTION_MISMATCH");
  CHECK(contains(second["reason"].get<std::string>(), "42PAID1"));
  CHECK(at.shown("PAID-1")["transactionId"] == "42PAID1");
  for (int time = 0; time < 2; ++time) {
    CHECK(at.one(payment("REFUNDED-1"), 0)["outcome"] == "ALREADY_APPLIED");
    CHECK(at.shown("REFUNDED-1")["state"] == "REFUND");
  }
  CHECK(at.check()["ok"] == true);
}

TEST_CASE("what an import said is undone by hand before its notification came, and never after it") {
  const ReplayCase at;
  const auto undo = [&at](const std::string& number) {
    return at.shop
        .run({"orders", "mark", number, "--state", "NOTPAY", "--reason", "the other system was wrong",
              "--yes"})
        .code;
  };
  at.order("PAID-1", "SUCCESS");
  CHECK(undo("PAID-1") == 0);
  CHECK(at.one(payment("PAID-1", {{"transaction_id", transaction_of("PAID-1", "43")}}), 0)["outcome"] ==
        "APPLIED");
  CHECK(at.shown("PAID-1")["transactionId"] == "43PAID1");
  CHECK(undo("PAID-1") == 1);

  at.order("PAID-2", "SUCCESS");
  CHECK(at.one(payment("PAID-2"), 0)["outcome"] == "ALREADY_APPLIED");
  CHECK(undo("PAID-2") == 1);
  const auto shown = at.shown("PAID-2");
  CHECK(shown["paidAt"] == "2026-11-23T10:00:00+08:00");
  CHECK(shown["history"].size() == 2);
  CHECK(shown["notifications"].size() == 1);
  CHECK(at.check()["ok"] == true);
}

TEST_CASE("a payment for a CLOSED order is applied with a note and a warning") {
  const ReplayCase at;
  at.order("CLOSED-1", "CLOSED");
  const auto result = at.replay({"-"}, payment("CLOSED-1"));
  CHECK(result.code == 0);
  auto line = json_line(result.out);
  CHECK(line["outcome"] == "APPLIED");
  CHECK(line["note"] == "PAID_AFTER_CLOSE");
  CHECK(contains(result.err, "wxpayctl: warning: order CLOSED-1 was paid after it was closed\n"));
  CHECK(at.shown("CLOSED-1")["state"] == "SUCCESS");
}

TEST_CASE("repeated a thousand times in one run, a notification is applied once") {
  const ReplayCase at;
  at.order("ORDER-1");
  std::string input;
  for (int i = 0; i < 1000; ++i) input += payment("ORDER-1") + "\n";
  const auto result = at.replay({"-"}, input);
  CHECK(result.code == 0);
  const auto outcomes = outcomes_of(result.out);
  REQUIRE(outcomes.size() == 1000);
  CHECK(outcomes.front() == "APPLIED");
  CHECK(std::count(outcomes.begin(), outcomes.end(), "ALREADY_APPLIED") == 999);
  CHECK(at.shown("ORDER-1")["history"].size() == 2);
  CHECK(at.shown("ORDER-1")["notifications"].size() == 1);
}

TEST_CASE("files, folders among them and files that cannot be read: the others go on, exit 8") {
  const ReplayCase at;
  at.order("ORDER-1");
  at.order("ORDER-2");
  at.order("ORDER-3");
  at.shop.write("first.xml", "\xEF\xBB\xBF<?xml version=\"1.0\"?>\n" + payment("ORDER-1") + "\n<!-- -->\n" +
                                 payment("ORDER-2") + "\n");
  at.shop.write("last.xml", payment("ORDER-3"));
  at.shop.write("empty.xml", "");
  std::filesystem::create_directory(at.shop.path("folder"));
  const auto result = at.replay({"first.xml", "folder", "gone.xml", "empty.xml", "last.xml"});
  CHECK(result.code == 8);
  std::string shown;
  for (const auto& line : json_lines(result.out)) {
    shown += line.at("source").get<std::string>() + " " + line.at("outcome").get<std::string>() + "\n";
  }
  CHECK(shown ==
        "first.xml:1 APPLIED\nfirst.xml:2 APPLIED\nfolder:1 UNREADABLE\ngone.xml:1 UNREADABLE\n"
        "empty.xml:1 MALFORMED\nlast.xml:1 APPLIED\n");
  CHECK(contains(result.err, "6 notifications: 3 applied, 1 MALFORMED, 2 UNREADABLE\n"));
  // The first that does not agree is graver than a file.
  CHECK(at.replay({"gone.xml", "-"}, replaced(payment("ORDER-1"), "[1000]", "[1]")).code == 5);
}

TEST_CASE("a file that another user may not read is UNREADABLE" * doctest::skip(::geteuid() != 0)) {
  const ReplayCase at;
  // The other user's own configuration and ledger, so that only the notification is out of reach.
  at.shop.make_ledger();
  const auto nobody = [&at](std::vector<std::string> arguments) {
    auto command = at.shop.command(std::move(arguments));
    command.user = 65'534;
    return run(command);
  };
  for (const auto& entry : std::filesystem::recursive_directory_iterator{at.shop.path()}) {
    REQUIRE(::chown(entry.path().c_str(), 65'534, 65'534) == 0);
  }
  REQUIRE(::chown(at.shop.path().c_str(), 65'534, 65'534) == 0);
  at.shop.write("secret.xml", payment("ORDER-1"), 0600);
  const auto result = nobody({"replay-notify", "secret.xml", "--json"});
  CAPTURE(result.err);
  CHECK(result.code == 8);
  auto line = json_line(result.out);
  CHECK(line["outcome"] == "UNREADABLE");
  CHECK(contains(line["reason"].get<std::string>(), "Permission denied"));
}

TEST_CASE("--dir takes the regular files of a folder by name and follows nothing") {
  const ReplayCase at;
  for (const auto* number : {"ORDER-1", "ORDER-2", "ORDER-3"}) at.order(number);
  at.shop.write("box/b.xml", payment("ORDER-1"));
  at.shop.write("box/a.xml", payment("ORDER-2"));
  at.shop.write("box/B.xml", payment("ORDER-1"));
  at.shop.write("box/inner/c.xml", payment("ORDER-3"));
  std::filesystem::create_symlink("inner/c.xml", at.shop.path("box/link.xml"));
  const auto result = at.replay({"--dir", "box"});
  CHECK(result.code == 0);
  std::string shown;
  for (const auto& line : json_lines(result.out)) {
    shown += line.at("source").get<std::string>() + " " + line.at("outcome").get<std::string>() + "\n";
  }
  CHECK(shown == "box/B.xml:1 APPLIED\nbox/a.xml:1 APPLIED\nbox/b.xml:1 ALREADY_APPLIED\n");
  CHECK(at.shown("ORDER-3")["state"] == "NOTPAY");

  CHECK(at.replay({"--dir", "box/inner/c.xml"}).code == 8);
  CHECK(at.replay({"--dir", "gone"}).code == 8);
  std::filesystem::create_directory(at.shop.path("none"));
  const auto none = at.replay({"--dir", "none"});
  CHECK(none.code == 0);
  CHECK(none.out.empty());
  CHECK(none.err == "wxpayctl: 0 notifications\n");
}

TEST_CASE("--dry-run prints the same, writes nothing and makes no ledger") {
  const ReplayCase at;
  const auto input = payment("ORDER-1") + payment("ORDER-1") + payment("ORDER-9") +
                     replaced(payment("ORDER-1"), "[1000]", "[1]");
  CHECK(at.replay({"-", "--dry-run"}, input).code == 7);
  CHECK_FALSE(std::filesystem::exists(at.shop.path("state")));
  at.shop.make_ledger();
  const auto none = at.replay({"-", "--dry-run"}, input);
  CHECK(none.code == 5);
  CHECK(outcomes_of(none.out) == Names{"UNKNOWN_ORDER", "UNKNOWN_ORDER", "UNKNOWN_ORDER", "BAD_SIGNATURE"});

  at.order("ORDER-1");
  const auto before = at.check().dump();
  const auto dry = at.replay({"-", "--dry-run", "--to", "http://127.0.0.1:9/"}, input);
  CHECK(dry.code == 5);
  CHECK(at.check().dump() == before);
  CHECK_FALSE(at.shown("ORDER-1").contains("notifications"));
  const auto real = at.replay({"-"}, input);
  CHECK(real.code == 5);
  const auto dry_lines = json_lines(dry.out);
  const auto real_lines = json_lines(real.out);
  REQUIRE(dry_lines.size() == real_lines.size());
  for (std::size_t i = 0; i < dry_lines.size(); ++i) {
    auto expected = real_lines[i];
    expected["dryRun"] = true;
    CHECK(dry_lines[i].dump() == expected.dump());
  }
}

TEST_CASE("--to sends on what was applied, byte for byte, and what is not taken is exit 4") {
  const ReplayCase at;
  at.order("ORDER-1");
  const auto document = payment("ORDER-1");
  const auto success = v2_xml({{"return_code", "SUCCESS"}, {"return_msg", "OK"}});
  RawServer back_end{answering({http_answer(success), http_answer(v2_xml({{"return_code", "FAIL"}})),
                                http_answer("busy", 503), http_answer(success)})};
  auto taken = at.one(document, 0, {"--to", back_end.url("/notify?shop=1")});
  CHECK(keys_of(taken) == Keys{"source", "kind", "outTradeNo", "transactionId", "outcome", "forwarded"});
  CHECK(taken["forwarded"] == 200);
  const auto request = back_end.received().at(0);
  CHECK(request.starts_with("POST /notify?shop=1 HTTP/1.1\r\n"));
  CHECK(contains(request, "Content-Type: text/xml\r\n"));
  CHECK(request.ends_with("\r\n\r\n" + document));

  auto failed = at.one(document, 4, {"--to", back_end.url()});
  CHECK(failed["outcome"] == "ALREADY_APPLIED");
  CHECK(failed["forwarded"] == 200);
  CHECK_FALSE(failed["forwardError"].get<std::string>().empty());
  auto busy = at.one(document, 4, {"--to", back_end.url()});
  CHECK(busy["forwarded"] == 503);
  CHECK(at.one(document, 0, {"--to", back_end.url()})["forwarded"] == 200);
  CHECK(at.one(replaced(document, "[1000]", "[1]"), 5, {"--to", back_end.url()}).contains("forwarded") ==
        false);
  CHECK(back_end.requests() == 4);

  auto closed = at.one(document, 4, {"--to", "http://127.0.0.1:9/"});
  CHECK_FALSE(closed.contains("forwarded"));
  CHECK(contains(closed["forwardError"].get<std::string>(), "127.0.0.1:9"));
}

TEST_CASE("--to keeps the order of the input while many are under way") {
  const ReplayCase at{"jobs = 8\n"};
  std::string orders;
  std::string input;
  for (int i = 0; i < 200; ++i) {
    const auto number = "ORDER-" + std::to_string(i);
    orders += Json{{"outTradeNo", number}, {"totalFee", 1000}}.dump() + "\n";
    input += payment(number);
  }
  at.import(orders);
  RawServer back_end{answering({http_answer(v2_xml({{"return_code", "SUCCESS"}}))})};
  const auto result = at.replay({"-", "--to", back_end.url()}, input);
  CHECK(result.code == 0);
  const auto lines = json_lines(result.out);
  REQUIRE(lines.size() == 200);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    CHECK(lines[i].at("source") == "-:" + std::to_string(i + 1));
    CHECK(lines[i].at("forwarded") == 200);
  }
  CHECK(back_end.requests() == 200);
}

TEST_CASE("results of a slow input are shown while more is awaited") {
  const ReplayCase at;
  at.order("ORDER-1");
  at.order("ORDER-2");
  const auto pipe = at.shop.path("pipe");
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  Process replay{at.shop.command({"replay-notify", "pipe", "--json"})};
  const wxpay::UniqueFd writer{::open(pipe.c_str(), O_WRONLY | O_CLOEXEC)};
  for (const std::string number : {"ORDER-1", "ORDER-2"}) {
    const auto document = payment(number);
    REQUIRE(::write(writer.get(), document.data(), document.size()) == static_cast<ssize_t>(document.size()));
    CHECK(Json::parse(replay.read_line())["outcome"] == "APPLIED");
  }
  replay.kill(SIGINT);
  const auto result = replay.wait();
  CHECK(result.code == 130);
  CHECK(contains(result.err, "2 notifications: 2 applied\n"));
  CHECK(at.check()["ok"] == true);
}

TEST_CASE("the usage is checked before anything is read or written") {
  const ReplayCase at;
  at.shop.write("a.xml", payment("ORDER-1"));
  const std::vector<std::vector<std::string>> rows = {
      {},
      {"a.xml", "--dir", "."},
      {"-", "-"},
      {""},
      {"a.xml", "--to", "back.example"},
      {"a.xml", "--to", "ftp://back.example/"},
      {"a.xml", "--to", "http://user:secret@back.example/"},
      {"a.xml", "--to", "http:///"},
  };
  for (const auto& row : rows) {
    const auto result = at.replay(row);
    CAPTURE(result.err);
    CHECK(result.code == 2);
    CHECK(result.out.empty());
    CHECK_FALSE(contains(result.err, "secret"));
  }
  CHECK_FALSE(std::filesystem::exists(at.shop.path("state")));
  at.shop.write("shop.key", "");
  CHECK(at.replay({"a.xml"}).code == 3);
  CHECK_FALSE(std::filesystem::exists(at.shop.path("state")));
}

TEST_CASE("kill -9 at any moment of a replay: the same command again ends as an undisturbed run") {
  constexpr int orders = 4000;
  constexpr int rounds = 3;
  constexpr int kills = 12;
  const ReplayCase at;
  std::string lines;
  std::string input;
  for (int i = 0; i < orders; ++i) {
    const auto number = "ORDER-" + std::to_string(i);
    lines += Json{{"outTradeNo", number}, {"totalFee", 1000}}.dump() + "\n";
    input += payment(number, i % 10 == 7 ? WireFields{{"total_fee", "1"}} : WireFields{}) + "\n";
    if (i % 10 == 3) input += payment(number) + "\n";
  }
  at.shop.write("saved.xml", input);
  const auto states = [&](const std::string& ledger) {
    std::vector<std::string> found;
    for (const auto& order : json_lines(at.shop.run({"orders", "list", "--ledger", ledger, "--json"}).out)) {
      found.push_back(order.at("outTradeNo").get<std::string>() + " " + order.at("state").get<std::string>() +
                      " " + order.value("transactionId", "") + " " + order.value("paidAt", ""));
    }
    std::sort(found.begin(), found.end());
    return found;
  };
  const auto prepare = [&](const std::string& ledger) {
    REQUIRE(at.shop.run({"orders", "import", "-", "-q", "--ledger", ledger}, lines).code == 0);
  };
  const auto entries = [&](const std::string& ledger) {
    auto checked = json_line(at.shop.run({"ledger", "check", "--ledger", ledger, "--json"}).out);
    CHECK(checked["ok"] == true);
    return checked["entries"].get<int>();
  };
  prepare("undisturbed.db");
  const auto begun = std::chrono::steady_clock::now();
  CHECK(at.shop.run({"replay-notify", "saved.xml", "-q", "--ledger", "undisturbed.db"}).code == 5);
  const auto whole = std::chrono::steady_clock::now() - begun;
  const auto expected = states("undisturbed.db");
  REQUIRE(expected.size() == orders);

  const auto* given = std::getenv("WXPAY_TEST_SEED");
  const auto seed = given == nullptr ? std::random_device{}() : static_cast<unsigned>(std::stoul(given));
  MESSAGE("WXPAY_TEST_SEED=" << seed);
  std::mt19937 random{seed};
  std::uniform_real_distribution<double> share{0, 0.6};
  int killed = 0;
  for (int round = 0; round < rounds; ++round) {
    const auto ledger = "killed-" + std::to_string(round) + ".db";
    prepare(ledger);
    for (int kill = 0; kill < kills; ++kill) {
      Process replay{at.shop.command({"replay-notify", "saved.xml", "-q", "--ledger", ledger})};
      std::this_thread::sleep_for(whole * share(random));
      replay.kill(SIGKILL);
      killed += replay.wait().signal == SIGKILL ? 1 : 0;
    }
    CHECK(at.shop.run({"replay-notify", "saved.xml", "-q", "--ledger", ledger}).code == 5);
    CHECK((states(ledger) == expected));
    CHECK(entries(ledger) == entries("undisturbed.db"));
  }
  MESSAGE(killed << " of " << rounds * kills << " were killed before their end");
  CHECK(killed > rounds);
}
