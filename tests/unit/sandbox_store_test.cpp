#include "sandbox/store.hpp"

#include <doctest/doctest.h>

#include <set>
#include <stdexcept>
#include <thread>

#include "sandbox/v2_request.hpp"
#include "support/sandbox_fixture.hpp"
#include "wxpay/error.hpp"

using namespace std::chrono_literals;
using wxpay::Fen;
using wxpay::OrderState;
using wxpay::PayScheme;
using wxpay::sandbox::GatewayOrder;
using wxpay::sandbox::OrderResult;
using wxpay::test::order_request;

namespace {

struct Shop {
  wxpay::test::ManualClock clock;
  wxpay::SystemRandom random;
  wxpay::sandbox::NoJournal none;
  wxpay::sandbox::Store store;

  explicit Shop(wxpay::sandbox::Journal* journal = nullptr)
      : store{clock, random, journal == nullptr ? none : *journal} {}

  OrderResult place(const wxpay::Fields& request) {
    return store.place(wxpay::sandbox::v2_terms(request).value(), PayScheme::md5);
  }
};

/// SUCCESS, or the refusal in the words of API v2 and of the control.
std::string code(const OrderResult& result) {
  const auto* refused = std::get_if<wxpay::sandbox::Refused>(&result);
  if (refused == nullptr) return "SUCCESS";
  if (*refused == wxpay::sandbox::Refused::order_expired) return "ORDER_EXPIRED";
  if (*refused == wxpay::sandbox::Refused::prepay_expired) return "PREPAY_EXPIRED";
  return wxpay::sandbox::v2_refusal(*refused).code;
}

const GatewayOrder& order(const OrderResult& result) { return std::get<GatewayOrder>(result); }

class FullDisk final : public wxpay::sandbox::Journal {
 public:
  void append(const GatewayOrder&) override {
    if (full) throw wxpay::Error{wxpay::ErrorKind::file, "disk full"};
  }
  void append(const wxpay::sandbox::GatewayRefund&) override {
    if (full) throw wxpay::Error{wxpay::ErrorKind::file, "disk full"};
  }
  bool full = false;
};

enum class Past { none, placed, paid, closed, prepay_expired, order_expired };

/// Brings order T1 into a state.
void prepare(Shop& shop, Past past) {
  if (past == Past::none) return;
  const bool expiring = past == Past::order_expired;
  REQUIRE(code(shop.place(order_request("T1", {{"time_expire", expiring ? "20261123103000" : ""}}))) ==
          "SUCCESS");
  if (past == Past::paid) REQUIRE(code(shop.store.pay("T1", {})) == "SUCCESS");
  if (past == Past::closed) REQUIRE(code(shop.store.close("T1")) == "SUCCESS");
  if (past == Past::prepay_expired) shop.clock.advance(2h);
  if (past == Past::order_expired) shop.clock.advance(30min);
}

}  // namespace

TEST_CASE("what may become of an order depends on what became of it before") {
  struct Row {
    Past past;
    std::string_view placed_again, placed_otherwise, closed, paid;
  };
  const Row rows[] = {
      {Past::none, "SUCCESS", "SUCCESS", "ORDERNOTEXIST", "ORDERNOTEXIST"},
      {Past::placed, "SUCCESS", "INVALID_REQUEST", "SUCCESS", "SUCCESS"},
      {Past::paid, "ORDERPAID", "OUT_TRADE_NO_USED", "ORDERPAID", "ORDERPAID"},
      {Past::closed, "ORDERCLOSED", "ORDERCLOSED", "ORDERCLOSED", "ORDERCLOSED"},
      {Past::prepay_expired, "SUCCESS", "INVALID_REQUEST", "SUCCESS", "PREPAY_EXPIRED"},
      {Past::order_expired, "INVALID_REQUEST", "INVALID_REQUEST", "SUCCESS", "ORDER_EXPIRED"},
  };
  for (const auto& row : rows) {
    CAPTURE(static_cast<int>(row.past));
    const auto after = [&](const auto& action) {
      Shop shop;
      prepare(shop, row.past);
      return code(action(shop));
    };
    CHECK(after([](Shop& shop) { return shop.place(order_request("T1")); }) == row.placed_again);
    CHECK(after([](Shop& shop) {
            return shop.place(order_request("T1", {{"total_fee", "89"}}));
          }) == row.placed_otherwise);
    CHECK(after([](Shop& shop) { return shop.store.close("T1"); }) == row.closed);
    CHECK(after([](Shop& shop) { return shop.store.pay("T1", {}); }) == row.paid);
  }
}

TEST_CASE("only what belongs to the call may differ when an order is placed again") {
  struct Row {
    std::string_view name, value, expected;
  };
  const Row rows[] = {
      {"nonce_str", "another", "SUCCESS"},
      {"time_start", "20261123100001", "SUCCESS"},
      {"sign_type", "MD5", "SUCCESS"},
      {"sign", "F00", "SUCCESS"},
      {"attach", "", "SUCCESS"},
      {"attach", "x", "INVALID_REQUEST"},
      {"body", "other", "INVALID_REQUEST"},
      {"openid", "oOther", "INVALID_REQUEST"},
      {"trade_type", "APP", "INVALID_REQUEST"},
      {"spbill_create_ip", "127.0.0.2", "INVALID_REQUEST"},
      {"total_fee", "87", "INVALID_REQUEST"},
      {"time_expire", "20261123110000", "INVALID_REQUEST"},
      {"sub_mch_id", "1900", "INVALID_REQUEST"},
      {"notify_url", "http://x/y", "INVALID_REQUEST"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.name);
    CAPTURE(row.value);
    Shop shop;
    const auto first = shop.place(order_request("T1"));
    const auto again = shop.place(order_request("T1", {{row.name, row.value}}));
    CHECK(code(again) == row.expected);
    if (code(again) == "SUCCESS") CHECK(order(again).prepay_id == order(first).prepay_id);
  }
}

TEST_CASE("a prepay_id is kept for two hours and then renewed") {
  Shop shop;
  const auto request = order_request("T1", {{"trade_type", "NATIVE"}, {"product_id", "P1"}});
  const auto first = shop.place(request);
  shop.clock.advance(2h - 1s);
  CHECK(order(shop.place(request)).prepay_id == order(first).prepay_id);
  shop.clock.advance(1s);
  const auto renewed = shop.place(request);
  CHECK(order(renewed).prepay_id != order(first).prepay_id);
  CHECK(order(renewed).code_url != order(first).code_url);
  CHECK(order(renewed).created_at == order(first).created_at);
  CHECK(code(shop.store.pay("T1", {})) == "SUCCESS");
}

TEST_CASE("time_expire is measured on the first call alone") {
  struct Row {
    std::string_view time_expire, expected;
  };
  const Row rows[] = {
      {"20261123095959", "PARAM_ERROR"},
      {"20261123100059", "PARAM_ERROR"},
      {"20261123100100", "SUCCESS"},
      {"20261130100000", "SUCCESS"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.time_expire);
    Shop shop;
    const auto request = order_request("T1", {{"time_expire", row.time_expire}});
    CHECK(code(shop.place(request)) == row.expected);
    CHECK(shop.store.find("T1").has_value() == (row.expected == "SUCCESS"));
    shop.clock.advance(60s);
    if (row.expected == "SUCCESS") CHECK(code(shop.place(request)) == "SUCCESS");
  }
}

TEST_CASE("what is handed out has the form of the real thing") {
  Shop shop;
  const auto native = order(shop.place(order_request("T1", {{"trade_type", "NATIVE"}})));
  const auto mweb = order(shop.place(order_request("T2", {{"trade_type", "MWEB"}})));
  const auto jsapi = order(shop.place(order_request("T3")));
  CHECK(native.prepay_id.substr(0, 16) == "wx20261123100000");
  CHECK(native.prepay_id.size() == 36);
  CHECK(native.code_url.starts_with("weixin://wxpay/bizpayurl?pr="));
  CHECK(native.code_url.size() <= 64);
  CHECK(native.mweb_url.empty());
  CHECK(mweb.mweb_url.find("prepay_id=" + mweb.prepay_id) != std::string::npos);
  CHECK(mweb.code_url.empty());
  CHECK(jsapi.code_url.empty());
  CHECK(jsapi.mweb_url.empty());

  const auto paid = order(shop.store.pay("T1", {}));
  CHECK(paid.state == OrderState::success);
  CHECK(paid.payment->transaction_id.size() == 28);
  CHECK(paid.payment->transaction_id.substr(0, 4) == "4200");
  CHECK(paid.payment->transaction_id.find_first_not_of("0123456789") == std::string::npos);
  CHECK((paid.payment->fee == Fen{88}));
  CHECK(shop.store.find_transaction(paid.payment->transaction_id)->out_trade_no() == "T1");
  CHECK((order(shop.store.pay("T2", Fen{1})).payment->fee == Fen{1}));
}

TEST_CASE("a change that cannot be written down does not happen") {
  FullDisk disk;
  Shop shop{&disk};
  REQUIRE(code(shop.place(order_request("T1"))) == "SUCCESS");
  disk.full = true;
  CHECK_THROWS_AS(shop.place(order_request("T2")), wxpay::Error);
  CHECK_THROWS_AS(shop.store.pay("T1", {}), wxpay::Error);
  CHECK_THROWS_AS(shop.store.close("T1"), wxpay::Error);
  CHECK_FALSE(shop.store.find("T2"));
  CHECK(shop.store.find("T1")->state == OrderState::notpay);
}

TEST_CASE("many threads at one order: it is placed once and paid once") {
  Shop shop;
  std::mutex mutex;
  std::set<std::string> prepay_ids;
  int paid = 0;
  std::vector<std::thread> workers;
  for (int worker = 0; worker < 8; ++worker) {
    workers.emplace_back([&] {
      for (int i = 0; i < 200; ++i) {
        const auto number = "T" + std::to_string(i);
        const auto placed = shop.place(order_request(number));
        const auto payment = shop.store.pay(number, {});
        const std::lock_guard lock{mutex};
        if (code(placed) == "SUCCESS") prepay_ids.insert(order(placed).prepay_id);
        if (code(payment) == "SUCCESS") ++paid;
      }
    });
  }
  for (auto& worker : workers) worker.join();
  CHECK(prepay_ids.size() == 200);
  CHECK(paid == 200);
}

TEST_CASE("an order of one API is made anew by the other, and stays that one's") {
  Shop shop;
  const auto request = order_request("T1");
  const auto first = order(shop.place(request));
  auto terms = first.terms;
  terms.others = {{"description", "\"x\""}};
  const auto by_v3 = [&](const wxpay::sandbox::OrderTerms& wanted) {
    return shop.store.place(wanted, PayScheme::rsa);
  };
  auto dearer = terms;
  dearer.total = Fen{89};
  CHECK(code(by_v3(dearer)) == "INVALID_REQUEST");
  const auto moved = order(by_v3(terms));
  CHECK((moved.scheme == PayScheme::rsa));
  CHECK(moved.prepay_id == first.prepay_id);
  CHECK(code(by_v3(terms)) == "SUCCESS");
  auto others = terms;
  others.others = {{"description", "\"y\""}};
  CHECK(code(by_v3(others)) == "INVALID_REQUEST");
}
