#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "app/import_orders.hpp"
#include "support/use_case_fixture.hpp"

using namespace wxpay;
using namespace wxpay::app;
using namespace wxpay::test;
using namespace wxpay::test::ledger_fixture;

namespace {

/// Asks for a stop when it has been looked at so many times.
struct StopAfter final : Stop {
  explicit StopAfter(int times) : left{times} {}
  bool requested() const noexcept override { return left-- <= 0; }
  mutable std::atomic<int> left;
};

/// Cannot keep the orders of some numbers.
class PickyLedger final : public FailingLedger {
 public:
  PickyLedger(OrderLedger& real, std::set<std::string> unkeepable)
      : FailingLedger{real}, unkeepable_{std::move(unkeepable)} {}
  std::size_t import(std::span<const Order> orders) override {
    ++transactions;
    for (const auto& order : orders) {
      if (unkeepable_.contains(order.intent.out_trade_no.text()))
        throw Error{ErrorKind::ledger_value, "the ledger cannot keep a value"};
    }
    return FailingLedger::import(orders);
  }
  int transactions = 0;

 private:
  std::set<std::string> unkeepable_;
};

const std::chrono::sys_seconds now = standing_clock().now();

ImportDefaults defaults() { return {test_merchant(), TradeType::app, PayScheme::md5, now}; }

/// Gives the text in pieces of a few bytes, as a pipe may.
wire::RecordReader reader_of(std::string text) {
  return wire::RecordReader{
      [text = std::move(text), place = std::size_t{0}](char* buffer, std::size_t size) mutable {
        const auto count = std::min({size, text.size() - place, std::size_t{7}});
        std::copy_n(text.data() + place, count, buffer);
        place += count;
        return count;
      }};
}

struct Imported {
  ImportCounts counts;
  std::vector<std::string> problems;
};

Imported import_text(OrderLedger& ledger, const std::string& text) {
  auto reader = reader_of(text);
  ImportInput input{reader, defaults()};
  Imported done;
  import_orders(input, ledger, NeverStop{},
                {.bad =
                     [&done](const ImportInput::Entry& entry) {
                       done.problems.push_back(std::to_string(entry.line) + ": " + entry.problem);
                     },
                 .kept = [](const ImportCounts&) {},
                 .abandon = [] {}},
                done.counts);
  return done;
}

std::size_t place_of(std::string_view key) {
  std::size_t found = record_size;
  for_each_record_column([&](const auto& column, std::size_t place) {
    if (column.place.key == key) found = place;
  });
  return found;
}

OrderFields record_of(const std::map<std::string, std::string>& texts) {
  OrderFields fields;
  for (const auto& [key, text] : texts) fields.at(place_of(key)) = text;
  return fields;
}

std::string problem_of(const OrderFields& fields) {
  const auto error = error_of([&fields] { check_imported(fields, defaults()); });
  return error ? error->what() : "";
}

}  // namespace

TEST_CASE("a record needs a number and an amount, and gets defaults for the rest") {
  const auto order = check_imported(record_of({{"outTradeNo", "T1"}, {"totalFee", "500"}}), defaults());
  CHECK(order.intent.out_trade_no.text() == "T1");
  CHECK(order.intent.total_fee == Fen{500});
  // The importing profile's app need not be the record's.
  CHECK((order.intent.merchant == MerchantIdentity{test_merchant(), {}, {}, {}}));
  CHECK(order.intent.trade_type == TradeType::app);
  CHECK(order.state == OrderState::notpay);
  CHECK(order.created_at == now);
  CHECK(order.updated_at == now);
  CHECK_FALSE(order.paid_at);
  CHECK_FALSE(order.prepay);
}

TEST_CASE("every field of a record is taken over") {
  const auto order = check_imported(
      {"T1", "REFUND", "500", "NATIVE", "wx1", "4200001", "2026-11-20T10:00:00+08:00", "2026-11-20T02:00:30Z",
       "2026-11-21T10:00:00+08:00", "wxd678efh567hg6787", "1900007777", "wxaaaaaaaaaaaaaaaa"},
      defaults());
  CHECK(order.intent.merchant.app_id.text() == "wxd678efh567hg6787");
  CHECK(order.intent.merchant.sub_mch_id.text() == "1900007777");
  CHECK(order.intent.merchant.sub_app_id.text() == "wxaaaaaaaaaaaaaaaa");
  CHECK(order.state == OrderState::refund);
  CHECK(order.intent.trade_type == TradeType::native);
  CHECK(order.prepay->prepay_id.text() == "wx1");
  CHECK(order.prepay->expires_at == order.created_at + std::chrono::hours{2});
  CHECK(order.transaction_id.text() == "4200001");
  CHECK(order.paid_at == order.created_at + std::chrono::seconds{30});
  CHECK(order.updated_at == order.created_at + std::chrono::hours{24});
}

TEST_CASE("a record that no ledger could hold is refused with the field's name") {
  // Texts as long as real ones: what is destroyed twice shows only where a text is not kept in place.
  const auto good = record_of({{"outTradeNo", "20261127000000000000000000000001"},
                               {"totalFee", "500"},
                               {"transactionId", "4200339465202611274707207656"},
                               {"appId", "wxd678efh567hg6787"}});
  struct Row {
    std::string key;
    std::string value;
    std::string expected;
  };
  const Row rows[] = {
      {"outTradeNo", "", "outTradeNo is missing"},
      {"outTradeNo", "a b", "out_trade_no"},
      {"outTradeNo", std::string(33, '1'), "out_trade_no"},
      {"totalFee", "", "totalFee is missing"},
      {"totalFee", "0", "totalFee must be"},
      {"totalFee", "-5", "totalFee must be"},
      {"totalFee", "1.5", "totalFee must be"},
      {"totalFee", "10000000000", "totalFee must be"},
      {"totalFee", "99999999999999999999", "totalFee must be"},
      {"state", "PAID", "there is no state"},
      {"tradeType", "CASH", "there is no tradeType"},
      {"transactionId", "42 00", "transactionId must be"},
      {"transactionId", std::string(65, '4'), "transactionId must be"},
      {"prepayId", "wx 1", "prepayId must be"},
      {"createdAt", "yesterday", "createdAt is no time"},
      {"createdAt", "1969-12-31T23:59:59Z", "createdAt is no time"},
      {"paidAt", "2026-11-31T00:00:00Z", "paidAt is no time"},
      {"paidAt", "2026/11/24 5:59", "paidAt is no time"},
      {"paidAt", "46350.25", "paidAt is no time"},
      {"paidAt", "2026-11-24", "paidAt is no time"},
      {"updatedAt", "9999-12-31T23:59:59Z", "updatedAt is no time"},
      {"appId", "wx 1", "appId must be"},
      {"subMchId", std::string(33, '1'), "subMchId must be"},
      {"subAppId", "=1+1", "subAppId must be"},
  };
  CHECK(problem_of(good) == "");
  for (const auto& row : rows) {
    CAPTURE(row.value);
    auto fields = good;
    fields.at(place_of(row.key)) = row.value;
    const auto problem = problem_of(fields);
    CAPTURE(problem);
    CHECK(problem.find(row.expected) != std::string::npos);
  }
}

TEST_CASE("JSON Lines and CSV are taken over with either spelling and in any order of columns") {
  const LedgerFolder folder;
  const auto ledger = open_ledger(folder.ledger());
  const std::string inputs[] = {
      "{\"outTradeNo\":\"T1\",\"totalFee\":5,\"state\":\"CLOSED\"}\n{\"out_trade_no\":\"T2\",\"total_fee\":6}"
      "\n",
      "\xEF\xBB\xBFtotal_fee,outTradeNo,state\r\n5,\"T1\",CLOSED\r\n\r\n6,T2,\r\n",
      "outTradeNo,totalFee,transaction_id\nT1,5,\"4200001\"\nT2,6,",
  };
  for (const auto& input : inputs) {
    CAPTURE(input);
    const LedgerFolder own;
    const auto fresh = open_ledger(own.ledger());
    const auto done = import_text(*fresh, input);
    CHECK(done.counts.read == 2);
    CHECK(done.counts.imported == 2);
    CHECK(done.problems.empty());
    CHECK(fresh->find(test_merchant(), number_of("T1"))->intent.total_fee == Fen{5});
    CHECK(fresh->find(test_merchant(), number_of("T2"))->state == OrderState::notpay);
    CHECK(fresh->check({}).ok);
  }
}

TEST_CASE("a header that names other columns is refused") {
  struct Row {
    const char* header;
    const char* expected;
  };
  const Row rows[] = {
      {"outTradeNo,state\n", "no column totalFee"},
      {"totalFee\n", "no column outTradeNo"},
      {"outTradeNo,totalFee,openid\n", "there is no column \"openid\""},
      {"outTradeNo,totalFee,total_fee\n", "more than once"},
      {"outTradeNo,\"totalFee\n", "the header is unusable"},
      {"outTradeNo,total\"Fee\n", "the header is unusable"},
  };
  for (const auto& row : rows) {
    CAPTURE(std::string{row.header});
    auto reader = reader_of(row.header);
    const auto error = error_of([&reader] { ImportInput{reader, defaults()}; });
    REQUIRE(error);
    CHECK(error->kind() == ErrorKind::usage);
    CHECK(std::string{error->what()}.find(row.expected) != std::string::npos);
  }
}

TEST_CASE("bad records are told with their line, and the others are taken over") {
  const LedgerFolder folder;
  const auto ledger = open_ledger(folder.ledger());
  const auto csv =
      import_text(*ledger, "outTradeNo,totalFee,state\nT1,5,\n\"T2\n\",5,\nT3,5\nT4,0,\nT5,5,\xff\nT6,5,\n");
  CHECK(csv.counts.read == 6);
  CHECK(csv.counts.imported == 2);
  CHECK(csv.counts.failed == 4);
  REQUIRE(csv.problems.size() == 4);
  CHECK(csv.problems[0].starts_with("3: out_trade_no"));
  CHECK(csv.problems[1] == "5: the record has 2 cells where the header has 3");
  CHECK(csv.problems[2].starts_with("6: totalFee must be"));
  CHECK(csv.problems[3] == "7: it is not UTF-8");
  const auto json =
      import_text(*ledger,
                  "{\"outTradeNo\":\"J1\",\"totalFee\":5}\n[]\n{\"outTradeNo\":\"J2\",\"totalFee\":\"5\"}\n"
                  "{\"outTradeNo\":\"J3\",\"totalFee\":5,\"total_fee\":5}\n{\"outTradeNo\":\"J4\","
                  "\"totalFee\":5,\"body\":\"x\"}\n"
                  "{\"outTradeNo\":\"J5\",\"totalFee\":5,\"state\":\"\"}\n{\"outTradeNo\":\"J6\","
                  "\"totalFee\":5,\"totalFee\":5}\n");
  CHECK(json.counts.imported == 1);
  CHECK(json.counts.failed == 6);
}

TEST_CASE("null is a field that is not given") {
  const LedgerFolder folder;
  const auto ledger = open_ledger(folder.ledger());
  const auto done = import_text(*ledger,
                                "{\"outTradeNo\":\"T1\",\"totalFee\":5,\"state\":null,\"paidAt\":null,"
                                "\"prepayId\":null,\"out_trade_no\":null}\n"
                                "{\"outTradeNo\":\"T2\",\"totalFee\":null}\n");
  CHECK(done.counts.imported == 1);
  CHECK(ledger->find(test_merchant(), number_of("T1"))->state == OrderState::notpay);
  REQUIRE(done.problems.size() == 1);
  CHECK(done.problems[0] == "2: totalFee is missing");
}

TEST_CASE("a row of empty cells is an empty line") {
  const LedgerFolder folder;
  const auto ledger = open_ledger(folder.ledger());
  const auto done = import_text(*ledger, "outTradeNo,totalFee,state\n,,\nT1,5,\n,,,,\n\"\",,\nT2,5,\n,,\n");
  CHECK(done.counts.read == 2);
  CHECK(done.counts.imported == 2);
}

TEST_CASE("a record that is far too long is a bad one, and its cells are not taken apart") {
  const LedgerFolder folder;
  const auto ledger = open_ledger(folder.ledger());
  const auto csv = import_text(*ledger, "outTradeNo,totalFee\nT1,5\n" + std::string(65'537, ',') + "\nT2," +
                                            std::string(100, ',') + "\nT3,5\n");
  CHECK(csv.counts.imported == 2);
  REQUIRE(csv.problems.size() == 2);
  CHECK(csv.problems[0] == "3: the record is longer than 64 KiB");
  CHECK(csv.problems[1] == "4: the record has more cells than the header, which has 2");
  const auto json = import_text(*ledger, "{\"outTradeNo\":\"J1\",\"totalFee\":5}\n{\"outTradeNo\":\"" +
                                             std::string(65'537, 'x') + "\"}\n");
  CHECK(json.counts.imported == 1);
  REQUIRE(json.problems.size() == 1);
  CHECK(json.problems[0] == "2: the record is longer than 64 KiB");

  auto reader = reader_of("outTradeNo,totalFee" + std::string(65'537, ',') + "\n");
  const auto error = error_of([&reader] { ImportInput{reader, defaults()}; });
  REQUIRE(error);
  CHECK(std::string{error->what()} == "there is no column \"\"");
  auto long_name = reader_of("outTradeNo,totalFee," + std::string(60'000, 'x') + "\n");
  const auto named = error_of([&long_name] { ImportInput{long_name, defaults()}; });
  REQUIRE(named);
  CHECK(std::string{named->what()}.size() < 120);
}

TEST_CASE("another kind of file is refused whole") {
  auto reader = reader_of("outTradeNo;totalFee\nT1;5\n");
  const auto error = error_of([&reader] { ImportInput{reader, defaults()}; });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::usage);
  CHECK(std::string{error->what()} ==
        "the input is a table with semicolons and not commas between its cells");
  CHECK(error->hint().ends_with("tr ';' , < FILE"));
}

TEST_CASE(
    "an order that the ledger cannot keep is a bad record, and the others of its group are taken over") {
  const LedgerFolder folder;
  const auto ledger = open_ledger(folder.ledger());
  PickyLedger picky{*ledger, {"T7", "T1500"}};
  picky.fails = false;
  std::string text{"outTradeNo,totalFee\n"};
  for (int i = 1; i <= 1'999; ++i) text += i == 100 ? "BAD,0\n" : "T" + std::to_string(i) + ",5\n";
  const auto done = import_text(picky, text + "T2000,5\n");
  CHECK(done.counts.read == 2'000);
  CHECK(done.counts.imported == 1'997);
  CHECK(done.counts.failed == 3);
  REQUIRE(done.problems.size() == 3);
  CHECK(done.problems[0] == "8: the ledger cannot keep a value");
  CHECK(done.problems[1].starts_with("101: totalFee must be"));
  CHECK(done.problems[2] == "1501: the ledger cannot keep a value");
  CHECK(picky.transactions < 50);
  CHECK(ledger->check({}).count("orders") == 1'997);
}

TEST_CASE("a stop is heard between two records, and what was read before is kept") {
  const LedgerFolder folder;
  const auto ledger = open_ledger(folder.ledger());
  std::string text{"outTradeNo,totalFee\n"};
  for (int i = 1; i <= 1'000; ++i) text += "T" + std::to_string(i) + ",5\n";
  auto reader = reader_of(text);
  ImportInput input{reader, defaults()};
  ImportCounts counts;
  const auto error = error_of([&] {
    import_orders(input, *ledger, StopAfter{100},
                  {.bad = [](const auto&) {}, .kept = [](const auto&) {}, .abandon = [] {}}, counts);
  });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::interrupted);
  CHECK(counts.imported == 100);
  CHECK(ledger->check({}).count("orders") == 100);
}

TEST_CASE("a number that is there, or comes twice, is left alone and counted") {
  const LedgerFolder folder;
  const auto ledger = open_ledger(folder.ledger());
  create_order(*ledger, "T1");
  const auto done =
      import_text(*ledger, "outTradeNo,totalFee,state\nT1,5,CLOSED\nT2,5,CLOSED\nT2,5,SUCCESS\n");
  CHECK(done.counts.imported == 1);
  CHECK(done.counts.existing == 2);
  CHECK(ledger->find(test_merchant(), number_of("T1"))->state == OrderState::notpay);
  CHECK(ledger->find(test_merchant(), number_of("T2"))->state == OrderState::closed);
}

TEST_CASE("an input without a record imports nothing") {
  const LedgerFolder folder;
  const auto ledger = open_ledger(folder.ledger());
  for (const auto* input : {"", "\n\n", "\xEF\xBB\xBF", "outTradeNo,totalFee\n"}) {
    CHECK(import_text(*ledger, input).counts.read == 0);
  }
}

TEST_CASE("when the input fails, the records before are kept and counted") {
  const LedgerFolder folder;
  const auto ledger = open_ledger(folder.ledger());
  std::string text{"outTradeNo,totalFee\n"};
  for (int i = 0; i < 4'500; ++i) text += "T" + std::to_string(i) + ",5\n";
  std::size_t place = 0;
  wire::RecordReader reader{[&](char* buffer, std::size_t size) {
    if (place == text.size()) throw Error{ErrorKind::file, "input/output error"};
    const auto count = std::min(size, text.size() - place);
    std::copy_n(text.data() + place, count, buffer);
    place += count;
    return count;
  }};
  ImportInput input{reader, defaults()};
  ImportCounts counts;
  const auto error = error_of([&] {
    import_orders(input, *ledger, NeverStop{},
                  {.bad = [](const auto&) {}, .kept = [](const auto&) {}, .abandon = [] {}}, counts);
  });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::file);
  CHECK(counts.imported == 4'500);
  CHECK(ledger->check({}).count("orders") == 4'500);
}
