#include "gateway/v3/request_signer.hpp"

#include <utility>

#include "crypto/base64.hpp"
#include "wire/http_signing.hpp"
#include "wxpay/pay_signer.hpp"

namespace wxpay::v3 {

using wire::signed_lines;

RequestSigner::RequestSigner(MerchantId mch_id, std::string serial_no, crypto::PrivateKey key)
    : mch_id_{std::move(mch_id)}, serial_no_{std::move(serial_no)}, key_{std::move(key)} {}

std::string RequestSigner::sign(const RequestToSign& request) const {
  return sign_lines({request.method, request.target, request.timestamp, request.nonce, request.body});
}

std::string RequestSigner::sign_lines(std::initializer_list<std::string_view> lines) const {
  return crypto::to_base64(key_.sign(signed_lines(lines)));
}

bool RequestSigner::verify_lines(std::initializer_list<std::string_view> lines,
                                 std::string_view signature) const {
  const auto bytes = crypto::from_base64(signature);
  return bytes && key_.public_key().verify(signed_lines(lines), *bytes);
}

std::string RequestSigner::authorization(const RequestToSign& request) const {
  std::string value{wire::v3_algorithm};
  value.append(" mchid=\"").append(mch_id_.text()).append("\",nonce_str=\"").append(request.nonce);
  value.append("\",timestamp=\"").append(request.timestamp);
  value.append("\",serial_no=\"").append(serial_no_);
  value.append("\",signature=\"").append(sign(request)).append("\"");
  return value;
}

void prepare_request(HttpRequest& request, std::string_view target, const RequestSigner& signer,
                     const std::string& platform_serial, const Clock& clock, Random& random) {
  const auto timestamp = pay_timestamp(clock);
  const auto nonce = make_nonce(random);
  request.headers = {{"Authorization", signer.authorization({to_string(request.method), target, timestamp,
                                                             nonce, request.body})},
                     {"Accept", "application/json"}};
  if (has_body(request.method)) request.headers.push_back({"Content-Type", "application/json"});
  if (!platform_serial.empty()) request.headers.push_back({"Wechatpay-Serial", platform_serial});
}

}  // namespace wxpay::v3
