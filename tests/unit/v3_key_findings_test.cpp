#include "gateway/v3/key_findings.hpp"

#include <doctest/doctest.h>

#include "wxpay/time.hpp"

// What doctor says of the keys of API v3.

using namespace wxpay;
using namespace std::chrono_literals;

namespace {

using Weight = KeyFinding::Weight;

const auto now = parse_rfc3339("2026-11-28T21:00:00+08:00").value();

v3::TrustReport::CertificateLife ending_in(std::chrono::seconds left) {
  return {"6DDC22AD05A83A00770B6CF0A59C8C3630DD9B05", now - 24h, now + left};
}

KeyFinding finding(const v3::TrustReport& trust, const std::string& about) {
  for (const auto& each : v3::key_findings(trust, "3775B6A45ACD588826D15E583A95F5DD", std::nullopt, now)) {
    if (each.about == about) return each;
  }
  return {};
}

}  // namespace

TEST_CASE("doctor warns of a certificate that ends within 30 days") {
  struct Row {
    std::chrono::seconds left;
    Weight weight;
    const char* words;
  };
  for (const auto& row :
       {Row{24h * 365, Weight::fine, "in 365 days"}, Row{24h * 30, Weight::fine, "in 30 days"},
        Row{24h * 30 - 1s, Weight::notice, "in 29 days; WeChat Pay lists the next one"},
        Row{24h, Weight::notice, "in 1 day;"}, Row{-1s, Weight::notice, " ended at 2026-11-28"}}) {
    CAPTURE(row.words);
    const auto found =
        finding({.certificates = {ending_in(row.left)}, .has_apiv3_key = true}, "platform-certificate");
    CAPTURE(found.words);
    CHECK((found.weight == row.weight));
    CHECK(found.words.find(row.words) != std::string::npos);
  }
}

TEST_CASE("doctor says which trust is in force, and what is missing") {
  const auto one = ending_in(24h * 365);
  const std::string id{"PUB_KEY_ID_0119000001092026112300000000000001"};
  struct Row {
    v3::TrustReport trust;
    Weight weight;
    std::string words;
  };
  for (const auto& row :
       {Row{{.certificates = {one}, .has_apiv3_key = true}, Weight::fine, "by 1 platform certificate"},
        Row{{.public_key_id = id}, Weight::fine, "by the public key " + id},
        Row{{.public_key_id = id, .certificates = {one, one}, .has_apiv3_key = true},
            Weight::fine,
            "by the public key " + id + ", and by 2 platform certificates"},
        Row{{.certificates = {ending_in(-1s)}, .has_apiv3_key = true},
            Weight::problem,
            "nothing is trusted: no certificate is in force"},
        Row{{.has_apiv3_key = true, .problem = "no network"},
            Weight::problem,
            "nothing is trusted: no network"},
        // The account has moved to the public key, and certificates are left of the time before.
        Row{{.certificates = {one}, .has_apiv3_key = true, .has_none = true, .problem = "refused"},
            Weight::notice,
            "by 1 platform certificate kept from before; WeChat Pay has none for this account now, which "
            "needs "
            "WeChat Pay's public key: set public_key_id and public_key_file"}}) {
    const auto found = finding(row.trust, "trust");
    CHECK((found.weight == row.weight));
    CHECK(found.words == row.words);
  }
}

TEST_CASE("doctor says whether the APIv3 key opens what WeChat Pay sealed") {
  const auto weight = [](const v3::TrustReport& trust) { return finding(trust, "apiv3-key").weight; };
  CHECK((weight({.certificates = {ending_in(24h)}, .has_apiv3_key = true}) == Weight::fine));
  CHECK((weight({}) == Weight::notice));
  CHECK((weight({.has_apiv3_key = true, .has_none = true, .problem = "none"}) == Weight::fine));
  CHECK((weight({.has_apiv3_key = true, .tried_apiv3_key = true, .problem = "cannot be opened"}) ==
         Weight::problem));
  CHECK((weight({.has_apiv3_key = true, .problem = "no network"}) == Weight::notice));
  CHECK((weight({.public_key_id = "PUB_KEY_ID_1", .has_apiv3_key = true, .problem = "no network"}) ==
         Weight::notice));
}
