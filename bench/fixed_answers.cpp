#include "fixed_answers.hpp"

#include "base/text.hpp"
#include "cli/config/settings.hpp"
#include "crypto/digest.hpp"
#include "gateway/v2/requests.hpp"
#include "sample_order.hpp"
#include "wire/xml.hpp"
#include "wxpay/signing.hpp"

namespace wxpay::bench {

namespace {

enum Gap : std::size_t { gap_number, gap_sign, gap_refund };

Fields answer_fields() {
  return {{"return_code", "SUCCESS"},        {"return_msg", "OK"},
          {"appid", cli::sandbox_app_id},    {"mch_id", cli::sandbox_mch_id},
          {"nonce_str", "rTfgB8X3QmYHc2vN"}, {"result_code", "SUCCESS"}};
}

Fields created_fields() {
  auto fields = answer_fields();
  fields.add("trade_type", "JSAPI");
  fields.add("prepay_id", "wx231000000000000a1b2c3d4e5f600000");
  const auto sign = sign_fields(fields, SignType::md5, Secret{cli::sandbox_key});
  fields.add("sign", sign);
  return fields;
}

Fields queried_fields() {
  auto fields = answer_fields();
  fields.add("out_trade_no", TextTemplate::gap(gap_number));
  fields.add("trade_state", "NOTPAY");
  fields.add("trade_state_desc", "订单未支付");
  return fields;
}

Fields refunded_fields() {
  auto fields = answer_fields();
  fields.add("transaction_id", "4200000000000000000000000001");
  fields.add("out_trade_no", TextTemplate::gap(gap_number));
  fields.add("out_refund_no", TextTemplate::gap(gap_refund));
  fields.add("refund_id", "50300000000000000000000000001");
  fields.add("refund_fee", std::string{fixed_refund});
  fields.add("total_fee", std::string{fixed_total});
  return fields;
}

Fields signed_by_gap(Fields fields) {
  fields.add("sign", TextTemplate::gap(gap_sign));
  return fields;
}

void append_http(std::string& out, std::string_view body) {
  out += "HTTP/1.1 200 OK\r\nContent-Type: text/xml; charset=utf-8\r\nContent-Length: ";
  out += std::to_string(body.size());
  out += "\r\n\r\n";
  out += body;
}

/// The value of an element of a request, written as the client writes it.
/// @param before  what stands before the value
std::string_view value_in(std::string_view body, std::string_view before) {
  const auto found = body.find(before);
  if (found == std::string_view::npos) return {};
  body.remove_prefix(found + before.size());
  return body.substr(0, body.find("]]>"));
}

std::string_view asked_number(std::string_view body) { return value_in(body, "<out_trade_no><![CDATA["); }

/// Answers with a document that is signed anew.
/// @param numbers  for the gaps; the sign's is filled here
void append_signed(std::string& out, const TextTemplate& canonical, const TextTemplate& document,
                   std::string_view number, std::string_view refund = {}) {
  std::string text;
  canonical.append_to(text, {number, {}, refund});
  const auto sign = to_upper_hex(crypto::md5(text));
  text.clear();
  document.append_to(text, {number, sign, refund});
  append_http(out, text);
}

}  // namespace

FixedAnswersV2::FixedAnswersV2()
    : queried_canonical_{canonical_string(queried_fields()) + "&key=" + cli::sandbox_key},
      queried_{wire::to_xml(signed_by_gap(queried_fields()))},
      refunded_canonical_{canonical_string(refunded_fields()) + "&key=" + cli::sandbox_key},
      refunded_{wire::to_xml(signed_by_gap(refunded_fields()))} {
  append_http(created_, wire::to_xml(created_fields()));
}

bool FixedAnswersV2::append_answer(std::string& out, const FixedRequest& request) const {
  if (request.target == "/pay/unifiedorder") {
    out += created_;
    return true;
  }
  const auto number = asked_number(request.body);
  if (number.empty()) return false;
  if (request.target == "/secapi/pay/refund") {
    append_signed(out, refunded_canonical_, refunded_, number,
                  value_in(request.body, "<out_refund_no><![CDATA["));
    return true;
  }
  if (request.target != "/pay/orderquery") return false;
  append_signed(out, queried_canonical_, queried_, number);
  return true;
}

TextTemplate creation_request() {
  auto intent = sample_intent(0);
  intent.out_trade_no = OutTradeNo::trusted(TextTemplate::gap(gap_number));
  const V2Account account{.merchant = intent.merchant,
                          .sign_type = SignType::md5,
                          .key = Secret{cli::sandbox_key},
                          .base_urls = {}};
  return TextTemplate{
      wire::to_xml(v2::unifiedorder_request(intent, account, "5K8264ILTKCH16CQ2502SI8ZNMTM67VS"))};
}

}  // namespace wxpay::bench
