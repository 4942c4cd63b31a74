#include "gateway/v2/certificate.hpp"

#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace wxpay::v2 {

MerchantCertificate certificate_of(const V2Account& account) {
  // Of no files it says which are missing.
  return account.certificate ? account.certificate() : read_merchant_certificate({}, {}, {});
}

MerchantCertificateSource reading_once(MerchantCertificateSource source) {
  if (!source) return source;
  struct Kept {
    std::mutex mutex;
    std::optional<MerchantCertificate> certificate;
  };
  return [source = std::move(source), kept = std::make_shared<Kept>()] {
    const std::lock_guard lock{kept->mutex};
    if (!kept->certificate) kept->certificate = source();
    return *kept->certificate;
  };
}

}  // namespace wxpay::v2
