#include <utility>

#include "gateway/v3/key_findings.hpp"
#include "gateway/v3/merchant_key.hpp"
#include "gateway/v3/notifications.hpp"
#include "gateway/v3/pay_signer.hpp"
#include "gateway/v3/set_signer.hpp"
#include "gateway/v3/trust_store.hpp"
#include "gateway/v3/v3_gateway.hpp"
#include "wxpay/error.hpp"
#include "wxpay/v3_gateway.hpp"

namespace wxpay {

namespace {

[[noreturn]] void refuse_key(const std::string& what, const std::string& hint) {
  throw Error{ErrorKind::key, what, hint};
}

std::optional<v3::NamedPublicKey> public_key(const V3Account& account) {
  if (account.public_key_id.empty() != !account.public_key) {
    refuse_key("public_key_id and public_key_file belong together, and one of them is missing",
               "the merchant platform shows both beside each other");
  }
  if (!account.public_key) return std::nullopt;
  const crypto::Origin origin{.described = account.public_key->described,
                              .hint = "it is pub_key.pem, which the merchant platform shows with its id"};
  return v3::NamedPublicKey{account.public_key_id,
                            crypto::PublicKey::from_pem(account.public_key->value, origin)};
}

std::optional<crypto::Aead> aead(const V3Account& account) {
  if (!account.apiv3_key) return std::nullopt;
  return crypto::Aead{account.apiv3_key->value, {account.apiv3_key->described}};
}

class V3Api final : public PaymentApi {
 public:
  V3Api(V3Account account, V3Deps deps) : clock_{deps.clock} {
    auto key = v3::read_merchant_key(account, deps.clock.now());
    certificate_ = std::move(key.certificate);
    auto signer = std::make_shared<const v3::RequestSigner>(account.merchant.mch_id, std::move(key.serial_no),
                                                            std::move(key.key));
    auto named_key = public_key(account);
    const auto opener = aead(account);
    if (!named_key && !opener) {
      refuse_key("the profile has nothing to verify WeChat Pay's answers by",
                 "set apiv3_key_file for platform certificates, or public_key_id and public_key_file");
    }
    auto source = deps.transport == nullptr
                      ? nullptr
                      : v3::make_certificate_source(signer, account.public_key_id, account.base_urls,
                                                    account.timeout, deps);
    trust_ = std::make_shared<v3::TrustStore>(std::move(named_key), opener, std::move(source), deps.cache,
                                              deps.clock);
    if (account.v2) older_ = make_v2_api(std::move(*account.v2));
    // Both are parts of older_, which lives as long.
    const std::shared_ptr<const NotificationReader> older_reader{older_,
                                                                 older_ ? &older_->notifications() : nullptr};
    const std::shared_ptr<const PaySigner> older_signer{older_, older_ ? &older_->pay_signer() : nullptr};
    notifications_ = v3::make_notification_reader(
        {.merchant = account.merchant, .aead = opener, .older = older_reader}, *trust_);
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
  const PaymentApi* older_api() const override { return older_.get(); }
  std::vector<KeyFinding> examine_keys() const override {
    return v3::key_findings(trust_->report(), parts_.signer->serial_no(), certificate_, clock_.now());
  }

 private:
  const Clock& clock_;
  std::optional<crypto::Certificate> certificate_;
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

void check_given_keys(const V3Account& account, std::chrono::sys_seconds now) {
  v3::check_given_merchant_key(account, now);
  public_key(account);
  aead(account);
}

std::unique_ptr<PaymentGateway> make_v3_keyless_gateway(std::vector<std::string> base_urls,
                                                        std::chrono::milliseconds timeout,
                                                        const GatewayDeps& deps) {
  return v3::make_gateway({.merchant = {},
                           .signer = nullptr,
                           .keys = nullptr,
                           .base_urls = std::move(base_urls),
                           .timeout = timeout},
                          deps);
}

MerchantOnRecord merchant_on_record(const V3Account& account, std::chrono::sys_seconds now) {
  const auto mine = v3::read_merchant_key(account, now);
  return {.serial_no = mine.serial_no, .public_key = mine.key.public_key().to_pem()};
}

}  // namespace wxpay
