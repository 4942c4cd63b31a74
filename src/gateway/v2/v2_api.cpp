#include <utility>

#include "gateway/v2/certificate.hpp"
#include "gateway/v2/notifications.hpp"
#include "gateway/v2/pay_signer.hpp"
#include "gateway/v2/set_signer.hpp"
#include "wxpay/v2_gateway.hpp"

namespace wxpay {

namespace {

V2Account duplicate(const V2Account& account) {
  return {.merchant = account.merchant,
          .sign_type = account.sign_type,
          .key = account.key.duplicate(),
          .base_urls = account.base_urls,
          .timeout = account.timeout,
          .certificate = account.certificate};
}

V2Account reading_its_certificate_once(V2Account account) {
  account.certificate = v2::reading_once(std::move(account.certificate));
  return account;
}

class V2Api final : public PaymentApi {
 public:
  explicit V2Api(V2Account account)
      : account_{reading_its_certificate_once(std::move(account))},
        notifications_{v2::make_notification_reader(duplicate(account_))},
        pay_signer_{v2::make_pay_signer(account_.sign_type, account_.key.duplicate())},
        set_signer_{v2::make_set_signer(account_.merchant, account_.sign_type, account_.key.duplicate())} {}

  std::unique_ptr<PaymentGateway> make_gateway(const GatewayDeps& deps) const override {
    return make_v2_gateway(duplicate(account_), deps);
  }
  const NotificationReader& notifications() const override { return *notifications_; }
  const PaySigner& pay_signer() const override { return *pay_signer_; }
  const SetSigner& set_signer() const override { return *set_signer_; }
  void require_client_certificate() const override { v2::certificate_of(account_); }
  std::vector<KeyFinding> examine_keys() const override {
    if (!account_.certificate) return {};
    try {
      return {v2::certificate_of(account_).life};
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::key) throw;
      return {{"certificate", KeyFinding::Weight::problem,
               error.hint().empty() ? error.what() : std::string{error.what()} + "; " + error.hint()}};
    }
  }

 private:
  V2Account account_;
  std::unique_ptr<NotificationReader> notifications_;
  std::unique_ptr<PaySigner> pay_signer_;
  std::unique_ptr<SetSigner> set_signer_;
};

}  // namespace

std::unique_ptr<PaymentApi> make_v2_api(V2Account account) {
  return std::make_unique<V2Api>(std::move(account));
}

}  // namespace wxpay
