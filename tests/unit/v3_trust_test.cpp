#include <doctest/doctest.h>

#include <atomic>
#include <deque>
#include <memory>
#include <thread>
#include <vector>

#include "gateway/v3/trust_store.hpp"
#include "support/fakes.hpp"
#include "support/v3_certificates.hpp"
#include "support/v3_wire.hpp"

using namespace wxpay;
using namespace wxpay::test;
using namespace std::chrono_literals;

namespace {

constexpr SignedBy by_platform{"platform_key.pem", platform_serial};
constexpr SignedBy by_second{"platform2_key.pem", second_platform_serial};

/// What WeChat Pay answers to each fetch in turn; the last one again and again.
struct Answers {
  std::deque<v3::FetchedCertificates> left;
  int asked = 0;
};

class FakeSource final : public v3::CertificateSource {
 public:
  explicit FakeSource(std::shared_ptr<Answers> answers) : answers_{std::move(answers)} {}
  v3::FetchedCertificates fetch() override {
    ++answers_->asked;
    auto answer = answers_->left.front();
    if (answers_->left.size() > 1) answers_->left.pop_front();
    return answer;
  }

 private:
  std::shared_ptr<Answers> answers_;
};

struct FakeCache final : CertificateCache {
  std::optional<std::string> load() override { return kept; }
  void save(std::string_view bytes) override { kept = std::string{bytes}; }
  std::optional<std::string> kept;
};

struct Trust {
  void answer(const std::vector<ListedCertificate>& listed, const SignedBy& by,
              const std::string& key = apiv3_key) {
    answers->left.push_back(
        {v3_answer(200, certificates_body(listed, clock.now(), key), clock.now(), by), {}});
  }
  std::unique_ptr<v3::TrustStore> store(bool with_public_key = false) {
    std::optional<v3::NamedPublicKey> named;
    if (with_public_key) {
      named = v3::NamedPublicKey{public_key_id, private_key("wxpay_pubkey_mode_key.pem").public_key()};
    }
    return std::make_unique<v3::TrustStore>(named, crypto::Aead{Secret{apiv3_key}, {"test key"}},
                                            std::make_unique<FakeSource>(answers), &cache, clock);
  }

  FakeClock clock;
  FakeCache cache;
  std::shared_ptr<Answers> answers = std::make_shared<Answers>();
};

}  // namespace

TEST_CASE("platform certificates are fetched when first needed, kept, and not fetched again") {
  Trust trust;
  trust.answer({platform_certificate, second_certificate}, by_second);
  const auto store = trust.store();
  CHECK(store->preferred_serial().empty());
  CHECK(trust.answers->asked == 0);
  CHECK(store->find(platform_serial).has_value());
  CHECK(store->find(second_platform_serial).has_value());
  CHECK(trust.answers->asked == 1);
  const auto later = trust.store();
  CHECK(later->find(platform_serial).has_value());
  CHECK(trust.answers->asked == 1);
}

TEST_CASE("certificates are believed for a signature that one of them holds, and for their own numbers") {
  struct Row {
    const char* why;
    std::vector<ListedCertificate> listed;
    SignedBy by;
    std::string key = apiv3_key;
  };
  for (const auto& row :
       {Row{"signature that does not hold", {platform_certificate}, {"merchant_key.pem", platform_serial}},
        Row{"not trusted here", {platform_certificate}, by_second},
        Row{"another serial number", {{"platform_cert.pem", second_platform_serial}}, by_platform},
        Row{"cannot be opened with the APIv3 key",
            {platform_certificate},
            by_platform,
            "THROWAWAYapiV3key0123456789ABCDF"},
        Row{"not trusted here", {{"platform_cert.pem", platform_serial, -1s}}, by_platform}}) {
    CAPTURE(row.why);
    Trust trust;
    trust.answer(row.listed, row.by, row.key);
    const auto store = trust.store();
    CHECK_FALSE(store->find(platform_serial));
    CHECK(store->report().problem.find(row.why) != std::string::npos);
    CHECK_FALSE(trust.cache.kept);
  }
}

TEST_CASE("a serial number that nobody knows makes one fetch, and no loop") {
  Trust trust;
  trust.answer({platform_certificate}, by_platform);
  const auto store = trust.store();
  CHECK(store->find(platform_serial).has_value());
  for (int i = 0; i < 10; ++i) CHECK_FALSE(store->find(second_platform_serial));
  CHECK(trust.answers->asked == 2);
  trust.clock.advance(11min);
  for (int i = 0; i < 10; ++i) CHECK_FALSE(store->find(second_platform_serial));
  CHECK(trust.answers->asked == 3);
  // What is no serial number of a certificate is not asked about.
  trust.clock.advance(11min);
  CHECK_FALSE(store->find("PUB_KEY_ID_0119000001092026112300000000000009"));
  CHECK_FALSE(store->find("5157f09e'; --"));
  CHECK(trust.answers->asked == 3);
}

TEST_CASE(
    "a certificate that is new soon after a fetch is fetched at once, and lists that change do not loop") {
  Trust trust;
  trust.answer({platform_certificate}, by_platform);
  trust.answer({second_certificate}, by_second);
  const auto store = trust.store();
  CHECK(store->find(platform_serial).has_value());
  CHECK(store->find(second_platform_serial).has_value());
  CHECK(trust.answers->asked == 2);
  // A gateway whose machines list different certificates.
  for (int i = 0; i < 20; ++i) {
    trust.answers->left.clear();
    const bool first = i % 2 == 0;
    trust.answer({first ? platform_certificate : second_certificate}, first ? by_platform : by_second);
    store->find(first ? platform_serial : second_platform_serial);
  }
  CHECK(trust.answers->asked == 4);
}

TEST_CASE("a new certificate is taken when it signs, and one that is about to end makes a fetch") {
  Trust trust;
  trust.answer({{"platform_cert.pem", platform_serial, 24h * 9}}, by_platform);
  const auto store = trust.store();
  CHECK(store->find(platform_serial).has_value());
  CHECK(trust.answers->asked == 1);
  // Not in each run of the last days: twice a day is enough.
  trust.clock.advance(11min);
  CHECK(trust.store()->find(platform_serial).has_value());
  CHECK(store->find(platform_serial).has_value());
  CHECK(trust.answers->asked == 1);
  trust.clock.advance(12h);
  trust.answers->left.clear();
  trust.answer({platform_certificate, second_certificate}, by_second);
  CHECK(store->find(platform_serial).has_value());
  CHECK(trust.answers->asked == 2);
  CHECK(store->find(second_platform_serial).has_value());
  CHECK(trust.answers->asked == 2);
}

TEST_CASE("where a public key is trusted, it signs, and certificates may while a merchant changes") {
  Trust trust;
  trust.answer({platform_certificate}, by_public_key);
  const auto store = trust.store(true);
  CHECK(store->preferred_serial() == public_key_id);
  CHECK(store->find(public_key_id).has_value());
  CHECK(trust.answers->asked == 0);
  CHECK(store->find(platform_serial).has_value());
  CHECK(trust.answers->asked == 1);
  CHECK_FALSE(store->find(merchant_serial));
}

TEST_CASE("a cache that was changed is not believed") {
  Trust trust;
  trust.answer({platform_certificate}, by_platform);
  trust.store()->find(platform_serial);
  REQUIRE(trust.cache.kept.has_value());
  const auto good = *trust.cache.kept;
  for (const auto& bad : {good.substr(0, good.size() / 2), std::string{"\r\n\r\n{}"}, std::string{}, [&] {
                            auto changed = good;
                            changed.back() = ' ';
                            return changed;
                          }()}) {
    trust.cache.kept = bad;
    trust.answers->asked = 0;
    CHECK(trust.store()->find(platform_serial).has_value());
    CHECK(trust.answers->asked == 1);
    CHECK(trust.cache.kept == good);
  }
}

TEST_CASE(
    "a certificate that ends while the program runs is trusted no longer, and the next one is fetched") {
  Trust trust;
  trust.answer({{"platform_cert.pem", platform_serial, 24h * 11}}, by_platform);
  const auto store = trust.store();
  CHECK(store->find(platform_serial).has_value());
  trust.answers->left.clear();
  trust.clock.advance(24h * 11);
  trust.answer({second_certificate}, by_second);
  CHECK_FALSE(store->find(platform_serial));
  CHECK(trust.answers->asked == 2);
  CHECK(store->find(second_platform_serial).has_value());
  CHECK(store->preferred_serial() == second_platform_serial);
  CHECK(trust.answers->asked == 2);
}

TEST_CASE("threads that meet an unknown serial number at once wait for one fetch") {
  Trust trust;
  trust.answer({platform_certificate}, by_platform);
  const auto store = trust.store();
  std::atomic<int> found = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&store, &found, i] {
      if (store->find(i % 2 == 0 ? platform_serial : second_platform_serial)) ++found;
      if (store->why_missing(second_platform_serial).why.empty()) found = -100;
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(found == 4);
  CHECK(trust.answers->asked <= 2);
}

TEST_CASE("a fetch that failed is made again after a minute, one that brought nothing new after ten") {
  Trust trust;
  trust.answers->left.push_back(
      {.problem = "the platform certificates could not be fetched: no network", .kind = ErrorKind::network});
  trust.answer({platform_certificate}, by_platform);
  const auto store = trust.store();
  CHECK_FALSE(store->find(platform_serial));
  CHECK((store->why_missing(platform_serial).kind == ErrorKind::network));
  trust.clock.advance(59s);
  CHECK_FALSE(store->find(platform_serial));
  CHECK(trust.answers->asked == 1);
  trust.clock.advance(1s);
  CHECK(store->find(platform_serial).has_value());
  CHECK(trust.answers->asked == 2);
  // The failure is over, and what is not known now is not known.
  CHECK_FALSE(store->find(second_platform_serial));
  CHECK(trust.answers->asked == 3);
  trust.clock.advance(9min);
  CHECK_FALSE(store->find(second_platform_serial));
  CHECK((store->why_missing(second_platform_serial).kind == ErrorKind::untrusted));
  CHECK(trust.answers->asked == 3);
}

TEST_CASE("offline, a certificate that is not kept says where it comes from, and is not called untrusted") {
  Trust trust;
  v3::TrustStore offline{std::nullopt, crypto::Aead{Secret{apiv3_key}, {"test key"}}, nullptr, &trust.cache,
                         trust.clock};
  CHECK_FALSE(offline.find(platform_serial));
  CHECK(offline.why_missing(platform_serial).why == "is signed by the platform certificate " +
                                                        std::string{platform_serial} +
                                                        ", which is not kept here: 'wxpayctl doctor' fetches "
                                                        "those in force");
}
