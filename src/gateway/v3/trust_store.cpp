#include "gateway/v3/trust_store.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "base/text.hpp"
#include "gateway/v3/verification.hpp"

namespace wxpay::v3 {

namespace {

/// Between two fetches of one run, where the first did not bring what it was made for.
constexpr std::chrono::minutes shortest_interval{10};
/// Of those that did, so many may be made within that time: certificates may be changed amid a batch.
constexpr int most_early_fetches = 3;
/// The same after one that failed.
constexpr std::chrono::minutes shortest_interval_after_failure{1};
/// WeChat Pay lists the next certificate ten days before one ends (API v3 reference, 4.1).
constexpr std::chrono::hours renew_before{24 * 10};
/// Until then each run would ask for it; twice a day is enough.
constexpr std::chrono::hours renewal_interval{12};
constexpr std::size_t longest_serial = 64;
constexpr std::string_view public_key_prefix{"PUB_KEY_ID_"};

bool is_certificate_serial(std::string_view serial) {
  return !serial.empty() && serial.size() <= longest_serial &&
         std::all_of(serial.begin(), serial.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F'); });
}

/// The keys of certificates that have yet to be believed.
class CandidateKeys final : public PlatformKeys {
 public:
  CandidateKeys(const std::vector<PlatformCertificate>& certificates,
                const std::optional<NamedPublicKey>& public_key, std::chrono::sys_seconds now)
      : certificates_{certificates}, public_key_{public_key}, now_{now} {}

  std::optional<crypto::PublicKey> find(std::string_view serial) override {
    if (public_key_ && public_key_->id == serial) return public_key_->key;
    const auto* found = find_valid(certificates_, serial, now_);
    if (found == nullptr) return std::nullopt;
    return found->key;
  }
  std::string preferred_serial() override { return {}; }

 private:
  const std::vector<PlatformCertificate>& certificates_;
  const std::optional<NamedPublicKey>& public_key_;
  std::chrono::sys_seconds now_;
};

}  // namespace

TrustStore::TrustStore(std::optional<NamedPublicKey> public_key, std::optional<crypto::Aead> aead,
                       std::unique_ptr<CertificateSource> source, CertificateCache* cache, const Clock& clock)
    : public_key_{std::move(public_key)},
      aead_{std::move(aead)},
      source_{std::move(source)},
      cache_{cache},
      clock_{clock} {}

std::optional<crypto::PublicKey> TrustStore::find(std::string_view serial) {
  if (public_key_ && public_key_->id == serial) return public_key_->key;
  if (!is_certificate_serial(serial)) return std::nullopt;
  const std::scoped_lock lock{mutex_};
  load_cache();
  const auto now = clock_.now();
  const auto* found = find_valid(certificates_, serial, now);
  if ((found == nullptr || is_to_renew(*found, now)) && may_fetch() && fetch()) {
    found = find_valid(certificates_, serial, clock_.now());
    missed_ = found == nullptr;
  }
  if (found == nullptr) return std::nullopt;
  return found->key;
}

bool TrustStore::is_to_renew(const PlatformCertificate& certificate, std::chrono::sys_seconds now) const {
  return certificate.valid_until - now < renew_before && now - listed_at_ >= renewal_interval;
}

MissingKey TrustStore::why_missing(std::string_view serial) {
  const auto shown = shortened(without_control_characters(std::string{serial}));
  if (serial.starts_with(public_key_prefix)) {
    if (!public_key_) {
      return {"is signed by WeChat Pay's public key " + shown +
              ", which the profile does not have: set public_key_id and public_key_file"};
    }
    return {"is signed by WeChat Pay's public key " + shown + ", and public_key_id is " + public_key_->id};
  }
  if (!is_certificate_serial(serial)) return PlatformKeys::why_missing(serial);
  if (!aead_) {
    return {"is signed by the platform certificate " + shown +
            ", which cannot be fetched without the APIv3 key: set apiv3_key_file"};
  }
  if (!source_) {
    return {"is signed by the platform certificate " + shown +
            ", which is not kept here: 'wxpayctl doctor' fetches those in force"};
  }
  const std::scoped_lock lock{mutex_};
  if (problem_.empty()) return PlatformKeys::why_missing(serial);
  return {"cannot be verified: " + problem_, problem_kind_};
}

std::string TrustStore::preferred_serial() {
  if (public_key_) return public_key_->id;
  const std::scoped_lock lock{mutex_};
  load_cache();
  const auto now = clock_.now();
  const PlatformCertificate* newest = nullptr;
  for (const auto& certificate : certificates_) {
    if (find_valid(certificates_, certificate.serial_no, now) == nullptr) continue;
    if (newest == nullptr || certificate.valid_until > newest->valid_until) newest = &certificate;
  }
  return newest == nullptr ? std::string{} : newest->serial_no;
}

TrustReport TrustStore::report() {
  TrustReport report{.has_apiv3_key = aead_.has_value()};
  if (public_key_) report.public_key_id = public_key_->id;
  const std::scoped_lock lock{mutex_};
  load_cache();
  if (!fetched_at_ && may_fetch()) fetch();
  for (const auto& certificate : certificates_)
    report.certificates.push_back({certificate.serial_no, certificate.valid_from, certificate.valid_until});
  report.has_none = has_none_;
  report.tried_apiv3_key = tried_apiv3_key_;
  report.problem = problem_;
  return report;
}

bool TrustStore::may_fetch() const {
  if (!aead_ || !source_) return false;
  return is_rested() || (problem_.empty() && !missed_ && early_fetches_ < most_early_fetches);
}

bool TrustStore::is_rested() const {
  const auto interval = problem_.empty() ? shortest_interval : shortest_interval_after_failure;
  return !fetched_at_ || clock_.steady_now() - *fetched_at_ >= interval;
}

void TrustStore::load_cache() {
  if (cache_loaded_) return;
  cache_loaded_ = true;
  if (cache_ == nullptr || !aead_) return;
  const auto kept = cache_->load();
  if (!kept) return;
  const auto blank = kept->find("\r\n\r\n");
  if (blank == std::string::npos) return;
  // One that no longer holds is fetched anew.
  take(std::string_view{*kept}.substr(0, blank + 2), std::string_view{*kept}.substr(blank + 4), false);
}

bool TrustStore::fetch() {
  early_fetches_ = is_rested() ? 0 : early_fetches_ + 1;
  fetched_at_ = clock_.steady_now();
  const auto fetched = source_->fetch();
  problem_ = fetched.problem;
  problem_kind_ = fetched.kind;
  has_none_ = fetched.has_none;
  if (!problem_.empty()) return false;
  tried_apiv3_key_ = true;
  problem_ = take(fetched.response.header_lines, fetched.response.body, true);
  if (!problem_.empty()) return false;
  if (cache_ != nullptr) {
    std::string kept;
    for (const auto& header : header_views(fetched.response.header_lines)) {
      if (!to_lower(std::string{header.name}).starts_with("wechatpay-")) continue;
      kept.append(header.name).append(": ").append(header.value).append("\r\n");
    }
    cache_->save(kept.append("\r\n").append(fetched.response.body));
  }
  return true;
}

std::string TrustStore::take(std::string_view header_lines, std::string_view body, bool fresh) {
  auto read = read_certificates(body, *aead_);
  if (auto* why = std::get_if<std::string>(&read)) return std::move(*why);
  auto& certificates = std::get<std::vector<PlatformCertificate>>(read);
  const auto now = clock_.now();
  CandidateKeys keys{certificates, public_key_, now};
  const auto check = check_signature(header_views(header_lines), body, keys,
                                     fresh ? std::optional{Age{now, longest_answer_age}} : std::nullopt);
  if (!check.holds()) return "the answer with the platform certificates " + check.why;
  certificates_ = std::move(certificates);
  listed_at_ = *check.signed_at;
  return {};
}

}  // namespace wxpay::v3
