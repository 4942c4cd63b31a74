#include "gateway/v2/pay_set.hpp"

#include <doctest/doctest.h>

#include "wxpay/signing.hpp"

using namespace wxpay;

namespace {

constexpr const char* key_text = "Syn7heticTestKey0123456789abcdef";
const MerchantIdentity shop{MerchantId{"1900000109"}, AppId{"wx8888888888888888"}, {}, {}};
const MerchantIdentity partner{MerchantId{"1900000109"}, AppId{"wx8888888888888888"},
                               MerchantId{"1900000200"}, AppId{"wxd930ea5d5a258f4f"}};

const Fields jsapi{{"appId", "wx8888888888888888"},
                   {"timeStamp", "1795798415"},
                   {"nonceStr", "5Fkgr2OBa75y1oQgjbX89dmamEqCRFt3"},
                   {"package", "prepay_id=wx20261128005335a01c0fdf66764fc12ab6"},
                   {"signType", "MD5"}};
const Fields for_app{{"appid", "wx8888888888888888"},
                     {"partnerid", "1900000109"},
                     {"prepayid", "wx201410272009395522657a690389285100"},
                     {"package", "Sign=WXPay"},
                     {"noncestr", "5K8264ILTKCH16CQ2502SI8ZNMTM67VS"},
                     {"timestamp", "1412000000"}};

/// The set with some fields replaced, added, or (empty value) left out.
Fields with(const Fields& fields, const Fields& changes) {
  Fields result;
  for (const auto& [name, value] : fields) {
    result.add_if_set(name, std::string{changes.find(name).value_or(value)});
  }
  for (const auto& [name, value] : changes) {
    if (!fields.has(name)) result.add_if_set(name, value);
  }
  return result;
}

/// What is signed of a set, or "(why)" it is refused.
std::string signed_of(const Fields& given, const MerchantIdentity& merchant = shop) {
  const auto read = v2::read_pay_set(given, merchant);
  if (const auto* malformed = std::get_if<wire::Malformed>(&read)) return "(" + malformed->why + ")";
  const auto& fields = std::get<v2::PaySet>(read).fields;
  return canonical_string(fields) + " sign " + fields.get("sign");
}

std::string notes_on(const Fields& given) {
  const auto set = std::get<v2::PaySet>(v2::read_pay_set(given, shop));
  std::string joined;
  for (const auto& note : set.notes) joined += note + "\n";
  return joined;
}

/// What is found wrong with a set that was signed over another.
std::string cause(const Fields& given, const Fields& signed_over) {
  auto fields = given;
  fields.add("paySign", sign_fields(signed_over, SignType::md5, Secret{key_text}));
  const auto set = std::get<v2::PaySet>(v2::read_pay_set(fields, shop));
  std::string joined;
  for (const auto& found : v2::explain_pay_mismatch(set, SignType::md5, Secret{key_text})) joined += found;
  return joined;
}

bool holds(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("pay parameters are known by what no other message has") {
  CHECK(v2::is_pay_set(jsapi));
  CHECK(v2::is_pay_set(for_app));
  CHECK(v2::is_pay_set({{"package", "prepay_id=wx1"}}));
  CHECK_FALSE(v2::is_pay_set({{"package", "x"}, {"nonceStr", "1"}}));
  CHECK_FALSE(v2::is_pay_set({{"prepay_id", "wx1"}, {"mch_id", "1900000109"}}));
  CHECK_FALSE(v2::is_pay_set({}));
}

TEST_CASE("of pay parameters is signed what WeChat Pay signs, however they are given") {
  const auto whole = canonical_string(jsapi) + " sign ";
  const auto whole_app = canonical_string(for_app) + " sign ";
  struct Row {
    const char* what;
    Fields given;
    std::string signed_over;
  };
  const Row rows[] = {
      {"five fields", jsapi, whole},
      {"with a signature", with(jsapi, {{"paySign", "AB"}}), whole + "AB"},
      {"with the other name of a signature", with(jsapi, {{"sign", "AB"}}), whole + "AB"},
      {"a line of create-order",
       with(jsapi, {{"outTradeNo", "T1"},
                    {"returnCode", "SUCCESS"},
                    {"returnMsg", "OK"},
                    {"resultCode", "SUCCESS"},
                    {"paySign", "AB"},
                    {"prepayId", "wx1"},
                    {"ledger", "CREATED"},
                    {"line", "1"}}),
       whole + "AB"},
      {"chooseWXPay", with(jsapi, {{"timeStamp", ""}, {"timestamp", "1795798415"}, {"paySign", "AB"}}),
       whole + "AB"},
      {"both timestamps", with(jsapi, {{"timestamp", "1795798415"}}), whole},
      {"wx.requestPayment, without the app", with(jsapi, {{"appId", ""}}), whole},
      {"without a sign type", with(jsapi, {{"signType", ""}}),
       canonical_string(with(jsapi, {{"signType", ""}})) + " sign "},
      {"APP", with(for_app, {{"sign", "AB"}}), whole_app + "AB"},
      {"APP as create-order has it",
       with(for_app, {{"outTradeNo", "T1"}, {"resultCode", "SUCCESS"}, {"prepayId", "wx1"}, {"sign", "AB"}}),
       whole_app + "AB"},
      {"APP with a sign type, which is not signed", with(for_app, {{"signType", "MD5"}}), whole_app},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    CHECK(signed_of(row.given) == row.signed_over);
  }
  CHECK(holds(signed_of(with(jsapi, {{"appId", ""}}), partner), "appId=wxd930ea5d5a258f4f&"));
}

TEST_CASE("nothing beside pay parameters passes for signed") {
  struct Row {
    Fields given;
    std::string why;
  };
  const Row rows[] = {
      {with(jsapi, {{"transaction_id", "4200000000"}}), "transaction_id is no pay parameter"},
      {with(jsapi, {{"appid", "wx8888888888888888"}}), "appid is no pay parameter"},
      {with(jsapi, {{"return_code", "SUCCESS"}}), "return_code is no pay parameter"},
      {with(for_app, {{"total_fee", "1"}}), "total_fee is no pay parameter"},
      {with(jsapi, {{"sign", "A"}, {"paySign", "B"}}), "two signatures"},
      {with(jsapi, {{"timestamp", "1795798416"}}), "differ"},
      {with(jsapi, {{"timeStamp", ""}}), "no timeStamp"},
      {with(jsapi, {{"nonceStr", ""}}), "no nonceStr"},
      {with(for_app, {{"noncestr", ""}}), "no noncestr"},
      {with(for_app, {{"package", ""}}), "no package"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.why);
    const auto said = signed_of(row.given);
    CAPTURE(said);
    CHECK(said.starts_with("("));
    CHECK(holds(said, row.why));
  }
}

TEST_CASE("what differs from what was given is noted") {
  CHECK(notes_on(jsapi).empty());
  CHECK(notes_on(for_app).empty());
  CHECK(holds(notes_on(with(jsapi, {{"timeStamp", ""}, {"timestamp", "1"}})), "the name timeStamp"));
  CHECK(holds(notes_on(with(jsapi, {{"appId", ""}})), "the profile's was taken, wx8888888888888888"));
  CHECK(holds(notes_on(with(jsapi, {{"signType", ""}})), "no signType"));
  CHECK(holds(notes_on(with(jsapi, {{"outTradeNo", "T1"}, {"ledger", "CREATED"}})),
              "not signed: outTradeNo, ledger\n"));
}

TEST_CASE("the usual mistakes of a paySign are found and named") {
  struct Row {
    Fields given, signed_over;
    std::string cause;
  };
  const Row rows[] = {
      {jsapi, with(jsapi, {{"timeStamp", ""}, {"timestamp", "1795798415"}}), "the name timestamp"},
      {jsapi, with(jsapi, {{"appId", ""}, {"appid", "wx8888888888888888"}}), "the name appid"},
      {jsapi, with(jsapi, {{"nonceStr", ""}, {"noncestr", "5Fkgr2OBa75y1oQgjbX89dmamEqCRFt3"}}),
       "the name noncestr"},
      {jsapi, with(jsapi, {{"signType", ""}}), "signType was left out"},
      {jsapi, with(jsapi, {{"package", "wx20261128005335a01c0fdf66764fc12ab6"}}), "the prepay_id alone"},
      {with(jsapi, {{"signType", ""}}), jsapi, "signType=MD5 was signed"},
      {for_app, with(for_app, {{"timestamp", ""}, {"timeStamp", "1412000000"}}), "the name timeStamp"},
      {for_app, with(for_app, {{"appid", ""}, {"appId", "wx8888888888888888"}}), "the name appId"},
      {jsapi, jsapi, ""},
      {jsapi, with(jsapi, {{"package", "prepay_id=another"}}), ""},
  };
  for (const auto& row : rows) {
    CAPTURE(row.cause);
    const auto found = cause(row.given, row.signed_over);
    CAPTURE(found);
    CHECK(found.empty() == row.cause.empty());
    CHECK(holds(found, row.cause));
  }
}
