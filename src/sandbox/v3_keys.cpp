#include "sandbox/v3_keys.hpp"

#include <utility>

#include "crypto/generate.hpp"
#include "sandbox/serial.hpp"

namespace wxpay::sandbox {

namespace {

constexpr std::chrono::hours lifetime{24 * 365 * 5};
/// The clocks of client and gateway may differ a little.
constexpr std::chrono::hours earlier{24};

}  // namespace

std::optional<Trust> parse_trust(std::string_view text) {
  if (text == "certificate") return Trust::certificate;
  if (text == "public-key") return Trust::public_key;
  if (text == "both") return Trust::both;
  return std::nullopt;
}

void V3Keys::add_certificate() {
  const auto now = clock_.now();
  auto key = crypto::generate_private_key();
  auto certificate = crypto::self_signed(key, {.common_name = "wxpayctl sandbox",
                                               .organization = "for practice only",
                                               .serial = new_serial(random_),
                                               .not_before = now - earlier,
                                               .not_after = now + lifetime});
  platform_.push_back({std::move(key), std::move(certificate)});
}

void V3Keys::make_missing() {
  if (trust_ != Trust::public_key && platform_.empty()) add_certificate();
  if (trust_ != Trust::certificate && !public_key_pair_) public_key_pair_ = crypto::generate_private_key();
}

V3Keys::Signer V3Keys::signer_for(std::string_view wanted) {
  const std::scoped_lock lock{mutex_};
  make_missing();
  const bool by_public_key = wanted == public_key_id || platform_.empty();
  if (by_public_key && public_key_pair_) return {*public_key_pair_, std::string{public_key_id}};
  const auto& newest = platform_.back();
  return {newest.key, newest.certificate.serial()};
}

std::vector<crypto::Certificate> V3Keys::certificates() {
  const std::scoped_lock lock{mutex_};
  make_missing();
  std::vector<crypto::Certificate> all;
  for (const auto& each : platform_) all.push_back(each.certificate);
  return all;
}

std::string V3Keys::rotate() {
  const std::scoped_lock lock{mutex_};
  make_missing();
  add_certificate();
  return platform_.back().certificate.serial();
}

std::optional<crypto::PublicKey> V3Keys::public_key() {
  const std::scoped_lock lock{mutex_};
  make_missing();
  if (!public_key_pair_) return std::nullopt;
  return public_key_pair_->public_key();
}

}  // namespace wxpay::sandbox
