#include "gateway/v2/pay_signer.hpp"

#include <string.h>

#include <optional>
#include <utility>

#include "base/masking.hpp"
#include "base/text.hpp"
#include "base/text_template.hpp"
#include "crypto/digest.hpp"
#include "gateway/v2/pay_parameters.hpp"
#include "wxpay/error.hpp"
#include "wxpay/signing.hpp"

namespace wxpay::v2 {

namespace {

enum Gap : std::size_t { gap_prepay_id, gap_timestamp, gap_nonce };

/// The canonical string of one such set, with gaps for what differs.
std::string with_gaps(TradeType trade_type, const MerchantIdentity& merchant, SignType sign_type,
                      const Secret& key) {
  return canonical_string(without_signature(
             pay_parameters(trade_type, merchant, PrepayId{TextTemplate::gap(gap_prepay_id)}, sign_type,
                            TextTemplate::gap(gap_timestamp), TextTemplate::gap(gap_nonce), key))) +
         "&key=";
}

class Series final : public PaySeries {
 public:
  Series(TradeType trade_type, const MerchantIdentity& merchant, SignType sign_type, const Secret& key)
      : canonical_{with_gaps(trade_type, merchant, sign_type, key)}, key_{key.duplicate()} {
    if (sign_type == SignType::hmac_sha256) hmac_.emplace(key.reveal());
    // Longer than any such set: a text that grew would leave the key behind in the memory it had before.
    constexpr std::size_t longest = 4096;
    text_.reserve(longest);
  }
  Series(const Series&) = delete;
  Series& operator=(const Series&) = delete;
  Series(Series&&) = delete;
  Series& operator=(Series&&) = delete;
  ~Series() override { explicit_bzero(text_.data(), text_.capacity()); }

  std::string sign(std::string_view prepay_id, std::string_view timestamp, std::string_view nonce) override {
    text_.clear();
    canonical_.append_to(text_, {prepay_id, timestamp, nonce});
    text_ += key_.reveal();
    return to_upper_hex(hmac_ ? (*hmac_)(text_) : crypto::md5(text_));
  }

 private:
  TextTemplate canonical_;
  Secret key_;
  std::optional<crypto::HmacSha256> hmac_;  ///< none for MD5
  std::string text_;                        ///< what is signed, with the key in it: wiped at the end
};

SignType own_type(PayScheme scheme) {
  const auto type = sign_type_of(scheme);
  if (!type) {
    throw Error{ErrorKind::key, "the prepay_id was made by API v3, whose key this profile does not have",
                "its pay parameters are signed by RSA; use a profile of API v3"};
  }
  return *type;
}

class Signer final : public PaySigner {
 public:
  Signer(SignType sign_type, Secret key) : sign_type_{sign_type}, key_{std::move(key)} {}

  PayScheme scheme() const override { return scheme_of(sign_type_); }

  Fields parameters(TradeType trade_type, const MerchantIdentity& merchant, const PrepayId& prepay_id,
                    PayScheme scheme, const std::string& timestamp, const std::string& nonce) const override {
    return pay_parameters(trade_type, merchant, prepay_id, own_type(scheme), timestamp, nonce, key_);
  }

  std::unique_ptr<PaySeries> series(TradeType trade_type, const MerchantIdentity& merchant,
                                    PayScheme scheme) const override {
    return std::make_unique<Series>(trade_type, merchant, own_type(scheme), key_);
  }

  bool holds_secret(std::string_view text) const override { return wxpay::holds_secret(text, key_); }

 private:
  SignType sign_type_;
  Secret key_;
};

}  // namespace

std::unique_ptr<PaySigner> make_pay_signer(SignType sign_type, Secret key) {
  return std::make_unique<Signer>(sign_type, std::move(key));
}

}  // namespace wxpay::v2
