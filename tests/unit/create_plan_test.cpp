#include <doctest/doctest.h>

#include <functional>

#include "support/ledger_fixture.hpp"
#include "wxpay/settle.hpp"

using namespace wxpay;
using namespace wxpay::test::ledger_fixture;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

const auto now = standing_clock().now();

Order order_in(OrderState state, std::optional<seconds> prepay_validity = {}) {
  Order order{.intent = intent_of("T1")};
  order.state = state;
  if (prepay_validity) order.prepay = Prepay{PrepayId{"wx1"}, {}, {}, PayScheme::md5, now + *prepay_validity};
  return order;
}

CreateDecision plan(const Order& order, const OrderIntent& wanted, const DefaultedFields& defaulted = {}) {
  return plan_create(&order, wanted, defaulted, now);
}

struct Change {
  std::string wire_name;
  std::function<void(OrderIntent&)> apply;
};

const std::vector<Change>& every_change() {
  static const std::vector<Change> changes{
      {"appid", [](OrderIntent& i) { i.merchant.app_id = AppId{"wxother"}; }},
      {"sub_appid", [](OrderIntent& i) { i.merchant.sub_app_id = AppId{"wxsub"}; }},
      {"sub_mch_id", [](OrderIntent& i) { i.merchant.sub_mch_id = MerchantId{"1900000200"}; }},
      {"device_info", [](OrderIntent& i) { i.device_info = "WEB"; }},
      {"body", [](OrderIntent& i) { i.body = "other goods"; }},
      {"detail", [](OrderIntent& i) { i.detail = "{}"; }},
      {"attach", [](OrderIntent& i) { i.attach = "branch"; }},
      {"total_fee", [](OrderIntent& i) { i.total_fee = Fen{1001}; }},
      {"spbill_create_ip", [](OrderIntent& i) { i.client_ip = "10.0.0.1"; }},
      {"time_expire", [](OrderIntent& i) { i.time_expire = now + hours{1}; }},
      {"goods_tag", [](OrderIntent& i) { i.goods_tag = "WXG"; }},
      {"notify_url", [](OrderIntent& i) { i.notify_url = "https://other.example/"; }},
      {"trade_type", [](OrderIntent& i) { i.trade_type = TradeType::app; }},
      {"product_id", [](OrderIntent& i) { i.product_id = "7"; }},
      {"limit_pay", [](OrderIntent& i) { i.limit_pay = "no_credit"; }},
      {"openid", [](OrderIntent& i) { i.openid = "oOther"; }},
      {"sub_openid", [](OrderIntent& i) { i.sub_openid = "oSub"; }},
      {"profit_sharing", [](OrderIntent& i) { i.profit_sharing = true; }},
      {"scene_info", [](OrderIntent& i) { i.scene_info = "{}"; }},
  };
  return changes;
}

}  // namespace

TEST_CASE("a number that the ledger does not know is a first order") {
  const auto decision = plan_create(nullptr, intent_of("T1"), {}, now);
  CHECK((decision.plan == CreatePlan::first));
  CHECK(decision.differs.empty());
}

TEST_CASE("the same parameters again: by state and prepay_id") {
  struct Row {
    std::string what;
    Order order;
    CreatePlan expected;
  };
  using enum OrderState;
  const Row rows[] = {
      {"creation without an answer", order_in(creating), CreatePlan::again},
      {"a valid prepay_id", order_in(notpay, hours{2}), CreatePlan::reuse},
      {"a valid prepay_id, the payer is at it", order_in(userpaying, hours{1}), CreatePlan::reuse},
      {"a prepay_id that has run out", order_in(notpay, -seconds{1}), CreatePlan::again},
      {"a prepay_id that runs out now", order_in(notpay, seconds{0}), CreatePlan::again},
      {"a prepay_id for a last second", order_in(notpay, seconds{1}), CreatePlan::reuse},
      {"known by a query alone", order_in(notpay), CreatePlan::again},
      {"refused", order_in(failed), CreatePlan::replace},
      {"paid", order_in(success, hours{2}), CreatePlan::paid},
      {"refunded", order_in(refund, hours{2}), CreatePlan::paid},
      {"closed", order_in(closed, hours{2}), CreatePlan::closed},
      {"reversed", order_in(revoked, hours{2}), CreatePlan::closed},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    const auto decision = plan(row.order, intent_of("T1"));
    CHECK((decision.plan == row.expected));
    CHECK(decision.differs.empty());
  }
}

TEST_CASE("no prepay_id is given out again where one of the order's times lies in the future") {
  struct Row {
    std::string what;
    std::chrono::sys_seconds created_at, updated_at, expires_at;
    TradeType type;
    CreatePlan expected;
  };
  const auto jsapi = TradeType::jsapi;
  const auto h5 = TradeType::mweb;
  const Row rows[] = {
      {"made just now", now, now, now + hours{2}, jsapi, CreatePlan::reuse},
      {"made an hour ago", now - hours{1}, now - hours{1}, now + hours{1}, jsapi, CreatePlan::reuse},
      {"made when the clock was 8 hours fast, whose time counts", now + hours{5}, now + hours{5},
       now + hours{7}, jsapi, CreatePlan::again},
      {"made so, its two hours by WeChat Pay's clock", now + hours{5}, now + hours{5}, now + hours{1}, jsapi,
       CreatePlan::again},
      {"renewed when the clock was fast", now - hours{9}, now + hours{5}, now + hours{7}, jsapi,
       CreatePlan::again},
      {"asked for with a clock that is 3 hours slow", now + hours{3}, now + hours{3}, now + hours{5}, jsapi,
       CreatePlan::again},
      {"only the prepay_id is too young", now - hours{1}, now - hours{1}, now + hours{2} + seconds{1}, jsapi,
       CreatePlan::again},
      {"the link of H5, made just now", now, now, now + minutes{5}, h5, CreatePlan::reuse},
      {"the link of H5 is too young", now, now, now + minutes{6}, h5, CreatePlan::again},
      {"made in 1970, its two hours by WeChat Pay's clock", std::chrono::sys_seconds{seconds{90}},
       std::chrono::sys_seconds{seconds{90}}, now + hours{1}, jsapi, CreatePlan::reuse},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    auto order = order_in(OrderState::notpay, row.expires_at - now);
    order.created_at = row.created_at;
    order.updated_at = row.updated_at;
    order.intent.trade_type = row.type;
    CHECK((plan(order, order.intent).plan == row.expected));
    order.state = OrderState::success;
    CHECK((plan(order, order.intent).plan == CreatePlan::paid));
  }
}

TEST_CASE("each other parameter is refused by its wire name, unless the order had failed") {
  for (const auto& change : every_change()) {
    CAPTURE(change.wire_name);
    auto wanted = intent_of("T1");
    change.apply(wanted);
    const std::vector<std::string> expected{change.wire_name};
    CHECK(differing_fields(intent_of("T1"), wanted, {}) == expected);
    CHECK(differing_fields(wanted, intent_of("T1"), {}) == expected);
    for (const auto state : {OrderState::creating, OrderState::notpay, OrderState::userpaying}) {
      const auto decision = plan(order_in(state, hours{2}), wanted);
      CHECK((decision.plan == CreatePlan::differs));
      CHECK(decision.differs == expected);
    }
    CHECK((plan(order_in(OrderState::failed), wanted).plan == CreatePlan::replace));
    CHECK((plan(order_in(OrderState::success), wanted).plan == CreatePlan::paid));
    CHECK((plan(order_in(OrderState::refund), wanted).plan == CreatePlan::paid));
    CHECK((plan(order_in(OrderState::closed), wanted).plan == CreatePlan::closed));
    CHECK((plan(order_in(OrderState::revoked), wanted).plan == CreatePlan::closed));
  }
}

TEST_CASE("several differences are named in the order of the wire document") {
  auto wanted = intent_of("T1");
  std::vector<std::string> expected;
  for (const auto& change : every_change()) {
    change.apply(wanted);
    expected.emplace_back(change.wire_name);
  }
  CHECK(differing_fields(intent_of("T1"), wanted, {}) == expected);
}

TEST_CASE("a default of the profile is not compared, a given value is") {
  auto wanted = intent_of("T1");
  wanted.body = "new default";
  wanted.notify_url = "https://new.example/";
  wanted.client_ip = "10.0.0.1";
  struct Row {
    DefaultedFields defaulted;
    std::vector<std::string> differs;
  };
  const Row rows[] = {{{true, true, true}, {}},
                      {{false, true, true}, {"body"}},
                      {{true, false, true}, {"notify_url"}},
                      {{true, true, false}, {"spbill_create_ip"}},
                      {{false, false, false}, {"body", "spbill_create_ip", "notify_url"}}};
  for (const auto& row : rows) {
    const auto decision = plan(order_in(OrderState::notpay, hours{2}), wanted, row.defaulted);
    CHECK(decision.differs == row.differs);
    CHECK((decision.plan == (row.differs.empty() ? CreatePlan::reuse : CreatePlan::differs)));
  }
}

TEST_CASE("an expiry given as a duration is compared as one, a point in time as that") {
  struct Expiry {
    std::optional<std::chrono::sys_seconds> at;
    std::optional<seconds> in;
  };
  struct Row {
    std::string what;
    Expiry stored, wanted;
    bool same;
  };
  const Row rows[] = {
      {"the same duration, an hour later", {now, minutes{30}}, {now + hours{1}, minutes{30}}, true},
      {"another duration with the same end", {now, minutes{30}}, {now, minutes{31}}, false},
      {"the same duration in other words", {now, minutes{60}}, {now + hours{1}, hours{1}}, true},
      {"the same point", {now, {}}, {now, {}}, true},
      {"another point", {now, {}}, {now + seconds{1}, {}}, false},
      {"a point where there was none", {{}, {}}, {now, {}}, false},
      {"a duration where there was a point", {now, {}}, {now, minutes{30}}, false},
      {"the point that a duration had come to", {now, minutes{30}}, {now, {}}, true},
      {"nothing where there was a duration", {now, minutes{30}}, {{}, {}}, false},
      {"a duration where there was nothing", {{}, {}}, {now, minutes{30}}, false},
  };
  for (const auto& row : rows) {
    auto stored = intent_of("T1");
    stored.time_expire = row.stored.at;
    stored.expire_in = row.stored.in;
    auto wanted = intent_of("T1");
    wanted.time_expire = row.wanted.at;
    wanted.expire_in = row.wanted.in;
    CAPTURE(row.what);
    CHECK(differing_fields(stored, wanted, {}).empty() == row.same);
  }
}
