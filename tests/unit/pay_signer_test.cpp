#include "gateway/v2/pay_signer.hpp"

#include <doctest/doctest.h>

#include "base/text.hpp"
#include "crypto/digest.hpp"
#include "gateway/v2/pay_parameters.hpp"

using namespace wxpay;

namespace {

const MerchantIdentity shop{MerchantId{"1900000109"}, AppId{"wxshop"}, {}, {}};
const MerchantIdentity partner{MerchantId{"1900000109"}, AppId{"wxprovider"}, MerchantId{"1900000200"},
                               AppId{"wxsub"}};
const MerchantIdentity partner_without_sub_app{
    MerchantId{"1900000109"}, AppId{"wxprovider"}, MerchantId{"1900000200"}, {}};

}  // namespace

TEST_CASE("many signatures by one signer are those that each would have alone") {
  const Secret key{"Syn7heticTestKey0123456789abcdef"};
  for (const auto& merchant : {shop, partner, partner_without_sub_app}) {
    for (const auto trade_type : {TradeType::jsapi, TradeType::app}) {
      for (const auto sign_type : {SignType::md5, SignType::hmac_sha256}) {
        CAPTURE(to_string(trade_type));
        CAPTURE(to_string(sign_type));
        const auto signer = v2::make_pay_signer(sign_type, key.duplicate());
        const auto series = signer->series(trade_type, merchant, scheme_of(sign_type));
        for (int number = 0; number < 100; ++number) {
          const auto prepay_id = "wx\"&=" + std::string(static_cast<std::size_t>(number) % 60, 'x');
          const auto timestamp = std::to_string(1'795'420'800 + number);
          const auto nonce = "nonce" + std::to_string(number * 7919);
          const auto alone =
              v2::pay_parameters(trade_type, merchant, PrepayId{prepay_id}, sign_type, timestamp, nonce, key);
          const auto* name = trade_type == TradeType::app ? "sign" : "paySign";
          REQUIRE(series->sign(prepay_id, timestamp, nonce) == alone.get(name));
        }
      }
    }
  }
}

TEST_CASE("a keyed HMAC begins anew with each message") {
  for (const std::string key : {"k", "Syn7heticTestKey0123456789abcdef"}) {
    crypto::HmacSha256 hmac{key};
    for (const std::string message : {"", "a", "another message", "a"}) {
      CHECK(to_hex(hmac(message)) == to_hex(crypto::hmac_sha256(key, message)));
    }
  }
  // RFC 4231, case 2: not by this code.
  crypto::HmacSha256 hmac{"Jefe"};
  hmac("something before");
  CHECK(to_hex(hmac("what do ya want for nothing?")) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}
