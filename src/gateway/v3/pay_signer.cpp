#include "gateway/v3/pay_signer.hpp"

#include <utility>

#include "wxpay/error.hpp"

namespace wxpay::v3 {

namespace {

/// Of a pay call: the sub-merchant's in service-provider mode, where it has one.
const AppId& paying_app(const MerchantIdentity& merchant) {
  return merchant.sub_app_id.empty() ? merchant.app_id : merchant.sub_app_id;
}
const MerchantId& paid_merchant(const MerchantIdentity& merchant) {
  return merchant.sub_mch_id.empty() ? merchant.mch_id : merchant.sub_mch_id;
}

std::string package_of(std::string_view prepay_id) { return std::string{"prepay_id="}.append(prepay_id); }

/// The signature of one set: JSAPI signs the whole package value, APP the bare prepay_id.
std::string sign_set(const RequestSigner& signer, TradeType trade_type, const AppId& app_id,
                     std::string_view prepay_id, std::string_view timestamp, std::string_view nonce) {
  if (trade_type == TradeType::app) return signer.sign_lines({app_id.text(), timestamp, nonce, prepay_id});
  return signer.sign_lines({app_id.text(), timestamp, nonce, package_of(prepay_id)});
}

bool has_parameters(TradeType trade_type) {
  return trade_type == TradeType::jsapi || trade_type == TradeType::app;
}

class Series final : public PaySeries {
 public:
  Series(std::shared_ptr<const RequestSigner> signer, TradeType trade_type, AppId app_id)
      : signer_{std::move(signer)}, trade_type_{trade_type}, app_id_{std::move(app_id)} {}

  std::string sign(std::string_view prepay_id, std::string_view timestamp, std::string_view nonce) override {
    return sign_set(*signer_, trade_type_, app_id_, prepay_id, timestamp, nonce);
  }

 private:
  std::shared_ptr<const RequestSigner> signer_;
  TradeType trade_type_;
  AppId app_id_;
};

class Signer final : public PaySigner {
 public:
  Signer(std::shared_ptr<const RequestSigner> signer, std::shared_ptr<const PaySigner> older)
      : signer_{std::move(signer)}, older_{std::move(older)} {}

  PayScheme scheme() const override { return PayScheme::rsa; }

  Fields parameters(TradeType trade_type, const MerchantIdentity& merchant, const PrepayId& prepay_id,
                    PayScheme scheme, const std::string& timestamp, const std::string& nonce) const override {
    if (scheme != PayScheme::rsa)
      return older().parameters(trade_type, merchant, prepay_id, scheme, timestamp, nonce);
    if (!has_parameters(trade_type)) return {};
    const auto& app_id = paying_app(merchant);
    auto signature = sign_set(*signer_, trade_type, app_id, prepay_id.text(), timestamp, nonce);
    if (trade_type == TradeType::app) {
      return {{"appid", app_id.text()},
              {"partnerid", paid_merchant(merchant).text()},
              {"prepayid", prepay_id.text()},
              {"package", "Sign=WXPay"},
              {"noncestr", nonce},
              {"timestamp", timestamp},
              {"sign", std::move(signature)}};
    }
    return {{"appId", app_id.text()}, {"timeStamp", timestamp},
            {"nonceStr", nonce},      {"package", package_of(prepay_id.text())},
            {"signType", "RSA"},      {"paySign", std::move(signature)}};
  }

  std::unique_ptr<PaySeries> series(TradeType trade_type, const MerchantIdentity& merchant,
                                    PayScheme scheme) const override {
    if (scheme != PayScheme::rsa) return older().series(trade_type, merchant, scheme);
    return std::make_unique<Series>(signer_, trade_type, paying_app(merchant));
  }

  bool holds_secret(std::string_view text) const override { return older_ && older_->holds_secret(text); }

 private:
  const PaySigner& older() const {
    if (older_) return *older_;
    throw Error{
        ErrorKind::key, "the prepay_id was made by API v2, whose key this profile does not have",
        "add the v2 key (key_file) to the profile, or make the order anew when its prepay_id has run out"};
  }

  std::shared_ptr<const RequestSigner> signer_;
  std::shared_ptr<const PaySigner> older_;
};

}  // namespace

std::unique_ptr<PaySigner> make_pay_signer(std::shared_ptr<const RequestSigner> signer,
                                           std::shared_ptr<const PaySigner> older) {
  return std::make_unique<Signer>(std::move(signer), std::move(older));
}

}  // namespace wxpay::v3
