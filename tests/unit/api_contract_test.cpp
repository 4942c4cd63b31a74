#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "app/replay_notifications.hpp"
#include "gateway/v2/notifications.hpp"
#include "gateway/v2/pay_signer.hpp"
#include "gateway/v2/set_signer.hpp"
#include "gateway/v3/notifications.hpp"
#include "gateway/v3/pay_signer.hpp"
#include "gateway/v3/set_signer.hpp"
#include "support/fake_api.hpp"
#include "support/refund_messages.hpp"
#include "support/signed_answer.hpp"
#include "support/use_case_fixture.hpp"
#include "support/v3_wire.hpp"

// What notifications and pay parameters of every API of WeChat Pay are held to: each case runs over all APIs.

using namespace wxpay;
using namespace wxpay::test;

namespace {

constexpr const char* prepay_id = "wx201411101639507cbf6ffd8b0779950874";
constexpr const char* transaction = "4200000001202611230000000001";
constexpr const char* other_merchant = "1900000999";
constexpr const char* other_key = "Syn7heticTestKeyOfSomebodyElse!!";

/// An API, and what WeChat Pay sends in it.
struct ApiCase {
  std::string name;
  std::unique_ptr<NotificationReader> reader;
  std::unique_ptr<PaySigner> pay_signer;
  std::unique_ptr<SetSigner> set_signer;
  NotificationMessage payment;
  NotificationMessage forged;
  NotificationMessage of_another;
  NotificationMessage refund;
  NotificationMessage garbage = {.headers = {}, .body = "POST /notify HTTP/1.1"};
};

NotificationMessage v2_message(const Fields& fields, const char* key = shop_key) {
  return {.headers = {}, .body = signed_answer(fields, SignType::md5, key)};
}

ApiCase v2_case() {
  const auto paid = answer_fields({{"out_trade_no", "T1"},
                                   {"transaction_id", transaction},
                                   {"total_fee", "1000"},
                                   {"time_end", "20261123100000"}});
  ApiCase api;
  api.name = "v2";
  api.reader = v2::make_notification_reader(shop_account());
  api.pay_signer = v2::make_pay_signer(SignType::md5, Secret{shop_key});
  api.set_signer = v2::make_set_signer(shop_merchant(), SignType::md5, Secret{shop_key});
  api.payment = v2_message(paid);
  api.forged = v2_message(paid, other_key);
  api.of_another = v2_message(with_changes(paid, {{"mch_id", other_merchant}}));
  api.refund.body = refund_notification();
  return api;
}

ApiCase v3_case() {
  static FakeClock clock;
  static FixedKeys keys;
  const auto now = clock.now();
  ApiCase api;
  api.name = "v3";
  api.reader = v3::make_notification_reader(
      {.merchant = shop_merchant(), .aead = crypto::Aead{Secret{apiv3_key}, {"test key"}}}, keys);
  api.pay_signer = v3::make_pay_signer(merchant_signer(), nullptr);
  api.set_signer =
      v3::make_set_signer(merchant_signer(), std::make_shared<FixedKeys>(), shop_merchant(), nullptr);
  api.payment = v3_notification("TRANSACTION.SUCCESS", v3_payment({}), now);
  api.forged =
      v3_notification("TRANSACTION.SUCCESS", v3_payment({}), now, {"merchant_key.pem", platform_serial});
  api.of_another = v3_notification("TRANSACTION.SUCCESS", v3_payment({.merchant = other_merchant}), now);
  api.refund = v3_notification(
      "REFUND.SUCCESS",
      R"({"mchid":"1900000109","out_trade_no":"T20261123180001","out_refund_no":"R20261123180002",)"
      R"("refund_id":"50300908092026112300012345678","refund_status":"SUCCESS","amount":{"refund":15,"total":100}})",
      now);
  return api;
}

ApiCase fake_case() {
  const Fields paid{{"merchant", "1900000109"}, {"kind", "payment"},          {"order", "T1"},
                    {"state", "PAID"},          {"transaction", transaction}, {"fee", "1000"}};
  ApiCase api;
  api.name = "an API that does not exist";
  api.reader = fake_api::make_notification_reader();
  api.pay_signer = fake_api::make_pay_signer();
  api.set_signer = fake_api::make_set_signer();
  api.payment = fake_api::notification(paid);
  api.forged = fake_api::notification(paid, other_key);
  api.of_another = fake_api::notification(with_changes(paid, {{"merchant", other_merchant}}));
  api.refund = fake_api::notification({{"merchant", "1900000109"}, {"kind", "refund"}});
  return api;
}

template <class Check>
void for_each_api(Check check) {
  for (const auto& make : {v2_case, v3_case, fake_case}) {
    const auto api = make();
    CAPTURE(api.name);
    check(api);
  }
}

}  // namespace

TEST_CASE("a notification is believed for its signature and its merchant") {
  for_each_api([](const ApiCase& api) {
    const auto& reader = *api.reader;
    const auto paid = reader.read(api.payment);
    CHECK((paid.verdict == NotificationVerdict::paid));
    CHECK((paid.kind == NotificationKind::payment));
    CHECK(paid.reason.empty());
    const auto& evidence = paid.evidence.value();
    CHECK((evidence.source == EvidenceSource::notify));
    CHECK((evidence.state == OrderState::success));
    CHECK(evidence.out_trade_no.text() == "T1");
    CHECK(evidence.transaction_id.text() == transaction);
    CHECK((evidence.total_fee == Fen{1000}));
    CHECK(evidence.digest == paid.digest);
    CHECK(reader.is_signed(api.payment));
    CHECK_FALSE(reader.is_signed(api.forged));

    struct Row {
      const NotificationMessage& message;
      NotificationVerdict verdict;
    };
    for (const auto& row : {Row{api.forged, NotificationVerdict::bad_signature},
                            Row{api.of_another, NotificationVerdict::wrong_merchant},
                            Row{api.garbage, NotificationVerdict::malformed}}) {
      const auto read = reader.read(row.message);
      CHECK((read.verdict == row.verdict));
      CHECK_FALSE(read.evidence);
      CHECK_FALSE(read.reason.empty());
    }
    const auto refund = reader.read(api.refund);
    CHECK((refund.kind == NotificationKind::refund));
    CHECK_FALSE(refund.evidence);
    const bool is_read = refund.verdict == NotificationVerdict::refund;
    CHECK((is_read || refund.verdict == NotificationVerdict::ignored));
    CHECK(refund.refund.has_value() == is_read);
  });
}

TEST_CASE("a notification that comes again is applied once") {
  for_each_api([](const ApiCase& api) {
    UseCase world;
    world.bring_to(OrderState::notpay);
    NeverStop stop;
    app::NotificationReplay replay{{.workers = 2},
                                   {.reader = *api.reader,
                                    .mch_id = shop_merchant().mch_id,
                                    .ledger = world.ledger.get(),
                                    .refunds = world.ledger.get(),
                                    .notifications = world.ledger.get(),
                                    .clock = world.clock,
                                    .stop = stop,
                                    .transport = {}}};
    std::vector<app::NotificationOutcome> outcomes;
    int left = 2;
    replay.run({.read = [&]() -> std::optional<app::SavedNotification> {
                  if (left-- == 0) return std::nullopt;
                  return app::SavedNotification{.source = "a:1", .message = api.payment, .unreadable = {}};
                },
                .readable = {}},
               {.result = [&](const app::ReplayResult& result) { outcomes.push_back(result.outcome); },
                .pause = [] {}});
    using enum app::NotificationOutcome;
    CHECK((outcomes == std::vector{applied, already_applied}));
    CHECK((world.state() == OrderState::success));
    const auto kept =
        world.ledger->notifications(ledger_fixture::test_merchant(), ledger_fixture::number_of("T1"));
    REQUIRE(kept.size() == 1);
    CHECK(kept.front().raw == api.payment.body);
    CHECK((kept.front().kind == NotificationKind::payment));
    // Without what a signature stands in, nobody could verify it again.
    for (const auto& header : api.payment.headers) {
      CHECK(kept.front().headers.find(header.name + ": " + header.value) != std::string::npos);
    }
    CHECK(kept.front().headers.empty() == api.payment.headers.empty());
  });
}

TEST_CASE("what WeChat Pay is answered is what a back end has to answer") {
  for_each_api([](const ApiCase& api) {
    const auto& reader = *api.reader;
    const auto taken = reader.reply("");
    CHECK_FALSE(taken.content_type.empty());
    CHECK(reader.refusal_in({200, taken.body}).empty());
    CHECK(reader.refusal_in({200, reader.reply("unknown order").body}).find("unknown order") !=
          std::string::npos);
    CHECK_FALSE(reader.refusal_in({200, "<html>"}).empty());
    CHECK_FALSE(reader.headers_to_forward(api.payment).empty());
  });
}

TEST_CASE("pay parameters are signed by the scheme of their prepay_id, alone and in series") {
  for_each_api([](const ApiCase& api) {
    const auto& signer = *api.pay_signer;
    const auto merchant = shop_merchant();
    const auto sign = [&](TradeType type, const std::string& nonce) {
      return signer.parameters(type, merchant, PrepayId{prepay_id}, signer.scheme(), "1795420800", nonce);
    };
    for (const auto type : {TradeType::jsapi, TradeType::app}) {
      const auto parameters = sign(type, "5K8264ILTKCH16CQ2502SI8ZNMTM67VS");
      REQUIRE_FALSE(parameters.empty());
      const auto& [name, signature] = *(parameters.end() - 1);
      CHECK(is_pay_signature(name));
      CHECK(std::count_if(parameters.begin(), parameters.end(),
                          [](const auto& field) { return is_pay_signature(field.first); }) == 1);
      const auto series = signer.series(type, merchant, signer.scheme());
      CHECK(series->sign(prepay_id, "1795420800", "5K8264ILTKCH16CQ2502SI8ZNMTM67VS") == signature);
      CHECK(series->sign(prepay_id, "1795420800", "another") == sign(type, "another").get(name));
      CHECK(signature != sign(type, "another").get(name));
    }
    CHECK(sign(TradeType::native, "nonce").empty());
    CHECK(sign(TradeType::mweb, "nonce").empty());
    CHECK_FALSE(signer.holds_secret(prepay_id));
  });
}

TEST_CASE("a scheme that the account has no key for is refused, and none is signed by another") {
  for_each_api([](const ApiCase& api) {
    const auto& signer = *api.pay_signer;
    const auto foreign = signer.scheme() == PayScheme::rsa ? PayScheme::md5 : PayScheme::rsa;
    const auto has_no_key = [](const Error& error) { return error.kind() == ErrorKind::key; };
    const auto refuses = [&](const auto& sign) {
      try {
        sign();
      } catch (const Error& error) {
        return has_no_key(error);
      }
      return false;
    };
    CHECK(refuses([&] {
      return signer.parameters(TradeType::jsapi, shop_merchant(), PrepayId{prepay_id}, foreign, "1", "2");
    }));
    CHECK(refuses([&] { return signer.series(TradeType::jsapi, shop_merchant(), foreign); }));
  });
}

TEST_CASE("pay parameters that were signed verify, and changed ones do not and say why") {
  for_each_api([](const ApiCase& api) {
    const auto& signer = *api.pay_signer;
    const auto verified = [&](const std::string& nonce) {
      auto parameters = signer.parameters(TradeType::jsapi, shop_merchant(), PrepayId{prepay_id},
                                          signer.scheme(), "1795420800", "nonce");
      std::string text;
      for (const auto& [name, value] : parameters) {
        text += name;
        text += '=';
        text += value == "nonce" ? nonce : value;
        text += '\n';
      }
      return api.set_signer->verify({.text = text, .scheme = {}, .warn = [](const std::string&) {}});
    };
    const auto good = verified("nonce");
    CHECK(good.valid);
    CHECK((good.scheme == signer.scheme()));
    CHECK(good.causes.empty());
    const auto changed = verified("another");
    CHECK_FALSE(changed.valid);
    CHECK_FALSE(changed.causes.empty());
  });
}
