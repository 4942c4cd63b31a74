#include <utility>

#include "crypto/pkcs12.hpp"
#include "gateway/v3/notifications.hpp"
#include "gateway/v3/pay_signer.hpp"
#include "gateway/v3/set_signer.hpp"
#include "gateway/v3/trust_store.hpp"
#include "gateway/v3/v3_gateway.hpp"
#include "wxpay/error.hpp"
#include "wxpay/v3_gateway.hpp"

namespace wxpay {

namespace {

using crypto::Origin;

[[noreturn]] void refuse_key(const std::string& what, const std::string& hint) {
  throw Error{ErrorKind::key, what, hint};
}

/// The merchant's key, and the serial number of the certificate that WeChat Pay knows it by.
struct MerchantKey {
  crypto::PrivateKey key;
  std::string serial_no;
};

std::string serial_of(const crypto::Certificate& certificate, const V3Account& account) {
  if (!account.serial_no.empty() && !certificate.has_serial(account.serial_no)) {
    refuse_key("serial_no is " + account.serial_no + ", and the certificate's is " + certificate.serial(),
               "leave serial_no out, or give the certificate that it is of");
  }
  return certificate.serial();
}

MerchantKey merchant_key(const V3Account& account) {
  const auto* password = account.key_password ? &*account.key_password : nullptr;
  if (account.cert_p12) {
    const Secret usual{account.merchant.mch_id.text()};
    auto read = crypto::read_pkcs12(account.cert_p12->value.reveal(), password == nullptr ? usual : *password,
                                    {account.cert_p12->described});
    auto serial_no = serial_of(read.certificate, account);
    return {std::move(read.key), std::move(serial_no)};
  }
  if (!account.private_key) {
    refuse_key("the profile has no private key, which signs what is sent to API v3",
               "set private_key_file (apiclient_key.pem) or cert_p12_file (apiclient_cert.p12)");
  }
  auto key = crypto::PrivateKey::from_pem(account.private_key->value.reveal(), password,
                                          {account.private_key->described});
  if (!account.certificate) {
    if (account.serial_no.empty()) {
      refuse_key("the profile has neither serial_no nor the merchant's certificate",
                 "set serial_no, or cert_file (apiclient_cert.pem), which holds it");
    }
    return {std::move(key), account.serial_no};
  }
  const auto certificate =
      crypto::Certificate::from_pem(account.certificate->value, {account.certificate->described});
  if (!certificate.fits(key)) {
    refuse_key(account.certificate->described + " is not the certificate of the private key",
               "take both from the same download of the merchant platform");
  }
  return {std::move(key), serial_of(certificate, account)};
}

std::optional<v3::NamedPublicKey> public_key(const V3Account& account) {
  if (account.public_key_id.empty() != !account.public_key) {
    refuse_key("public_key_id and public_key_file belong together, and one of them is missing",
               "the merchant platform shows both beside each other");
  }
  if (!account.public_key) return std::nullopt;
  return v3::NamedPublicKey{
      account.public_key_id,
      crypto::PublicKey::from_pem(account.public_key->value, {account.public_key->described})};
}

std::optional<crypto::Aead> aead(const V3Account& account) {
  if (!account.apiv3_key) return std::nullopt;
  return crypto::Aead{account.apiv3_key->value, {account.apiv3_key->described}};
}

class V3Api final : public PaymentApi {
 public:
  V3Api(V3Account account, V3Deps deps) {
    auto key = merchant_key(account);
    auto signer = std::make_shared<const v3::RequestSigner>(account.merchant.mch_id, std::move(key.serial_no),
                                                            std::move(key.key));
    auto named_key = public_key(account);
    const auto opener = aead(account);
    if (!named_key && !opener) {
      refuse_key("the profile has nothing to verify WeChat Pay's answers by",
                 "set apiv3_key_file for platform certificates, or public_key_id and public_key_file");
    }
    auto source =
        v3::make_certificate_source(signer, account.public_key_id, account.base_urls, account.timeout, deps);
    trust_ = std::make_shared<v3::TrustStore>(std::move(named_key), opener, std::move(source), deps.cache,
                                              deps.clock);
    if (account.v2) older_ = make_v2_api(std::move(*account.v2));
    // Both are parts of older_, which lives as long.
    const std::shared_ptr<const NotificationReader> older_reader{older_,
                                                                 older_ ? &older_->notifications() : nullptr};
    const std::shared_ptr<const PaySigner> older_signer{older_, older_ ? &older_->pay_signer() : nullptr};
    notifications_ = v3::make_notification_reader({.merchant = account.merchant,
                                                   .aead = opener,
                                                   .longest_age = account.longest_notification_age,
                                                   .older = older_reader},
                                                  *trust_, deps.clock);
    pay_signer_ = v3::make_pay_signer(signer, older_signer);
    set_signer_ = v3::make_set_signer(signer, trust_, account.merchant, older_);
    parts_ = {.merchant = std::move(account.merchant),
              .signer = std::move(signer),
              .keys = trust_,
              .base_urls = std::move(account.base_urls),
              .timeout = account.timeout};
  }

  std::unique_ptr<PaymentGateway> make_gateway(const GatewayDeps& deps) const override {
    return v3::make_gateway(parts_, deps);
  }
  const NotificationReader& notifications() const override { return *notifications_; }
  const PaySigner& pay_signer() const override { return *pay_signer_; }
  const SetSigner& set_signer() const override { return *set_signer_; }

 private:
  v3::GatewayParts parts_;
  std::shared_ptr<v3::TrustStore> trust_;
  std::shared_ptr<const PaymentApi> older_;  ///< of API v2; null where its key is not there
  std::unique_ptr<NotificationReader> notifications_;
  std::unique_ptr<PaySigner> pay_signer_;
  std::unique_ptr<SetSigner> set_signer_;
};

}  // namespace

std::unique_ptr<PaymentApi> make_v3_api(V3Account account, V3Deps deps) {
  return std::make_unique<V3Api>(std::move(account), deps);
}

}  // namespace wxpay
