#include "gateway/v2/pay_parameters.hpp"

#include <doctest/doctest.h>

#include "support/fakes.hpp"
#include "wxpay/signing.hpp"

using namespace wxpay;

namespace {

const MerchantIdentity shop{MerchantId{"1900000109"}, AppId{"wxshop"}, {}, {}};
const MerchantIdentity partner{MerchantId{"1900000109"}, AppId{"wxprovider"}, MerchantId{"1900000200"},
                               AppId{"wxsub"}};
const MerchantIdentity partner_without_sub_app{
    MerchantId{"1900000109"}, AppId{"wxprovider"}, MerchantId{"1900000200"}, {}};

Fields parameters(TradeType type, const MerchantIdentity& merchant, SignType sign_type = SignType::md5) {
  return v2::pay_parameters(type, merchant, PrepayId{"wx1"}, sign_type, "1795420800", "nonce",
                            Secret{"Syn7heticTestKey0123456789abcdef"});
}

std::string names(const Fields& fields) {
  std::string joined;
  for (const auto& field : fields) joined += field.first + " ";
  return joined;
}

/// Whether the last field is the signature of the others.
bool is_signed(const Fields& fields, SignType type) {
  Fields others;
  std::string sign;
  for (const auto& field : fields) {
    if (field.first == "paySign" || field.first == "sign") {
      sign = field.second;
    } else {
      others.add(field.first, field.second);
    }
  }
  return sign == sign_fields(others, type, Secret{"Syn7heticTestKey0123456789abcdef"});
}

}  // namespace

TEST_CASE("JSAPI has the names of wx.requestPayment, in their order") {
  for (const auto type : {SignType::md5, SignType::hmac_sha256}) {
    const auto fields = parameters(TradeType::jsapi, shop, type);
    CHECK(names(fields) == "appId timeStamp nonceStr package signType paySign ");
    CHECK(fields.get("appId") == "wxshop");
    CHECK(fields.get("timeStamp") == "1795420800");
    CHECK(fields.get("package") == "prepay_id=wx1");
    CHECK(fields.get("signType") == to_string(type));
    CHECK(is_signed(fields, type));
  }
}

TEST_CASE("APP has its own names, and no sign type among them") {
  for (const auto type : {SignType::md5, SignType::hmac_sha256}) {
    const auto fields = parameters(TradeType::app, shop, type);
    CHECK(names(fields) == "appid partnerid prepayid package noncestr timestamp sign ");
    CHECK(fields.get("appid") == "wxshop");
    CHECK(fields.get("partnerid") == "1900000109");
    CHECK(fields.get("prepayid") == "wx1");
    CHECK(fields.get("package") == "Sign=WXPay");
    CHECK(is_signed(fields, type));
  }
}

TEST_CASE("a service provider's payer is called by the sub-merchant's app and number") {
  CHECK(parameters(TradeType::jsapi, partner).get("appId") == "wxsub");
  CHECK(parameters(TradeType::jsapi, partner_without_sub_app).get("appId") == "wxprovider");
  const auto fields = parameters(TradeType::app, partner);
  CHECK(fields.get("appid") == "wxsub");
  CHECK(fields.get("partnerid") == "1900000200");
  CHECK(is_signed(fields, SignType::md5));
  CHECK(parameters(TradeType::app, partner_without_sub_app).get("appid") == "wxprovider");
}

TEST_CASE("what is paid at a link has no parameters") {
  CHECK(parameters(TradeType::native, shop).empty());
  CHECK(parameters(TradeType::mweb, shop).empty());
  CHECK(parameters(TradeType::micropay, shop).empty());
}

TEST_CASE("the timestamp is seconds since 1970, whatever the zone") {
  CHECK(pay_timestamp(test::FakeClock{}) == "1795420800");
}
