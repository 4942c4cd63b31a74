#include "sandbox/v3_keys.hpp"

#include <array>
#include <cstddef>
#include <utility>

#include "base/text.hpp"
#include "crypto/generate.hpp"

namespace wxpay::sandbox {

namespace {

constexpr std::size_t serial_bytes = 20;
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
  std::array<std::byte, serial_bytes> bytes{};
  random_.fill(bytes);
  // Positive, and with as many digits as WeChat Pay's own.
  bytes[0] = (bytes[0] & std::byte{0x3F}) | std::byte{0x40};
  std::string serial;
  for (const auto byte : bytes) serial += static_cast<char>(byte);
  const auto now = clock_.now();
  auto key = crypto::generate_private_key();
  auto certificate = crypto::self_signed(key, {.common_name = "wxpayctl sandbox",
                                               .organization = "for practice only",
                                               .serial = to_upper_hex(serial),
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
