#include "app/pay_signer.hpp"

#include <string.h>

#include "app/pay_parameters.hpp"
#include "base/text.hpp"
#include "wxpay/signing.hpp"

namespace wxpay::app {

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

}  // namespace

PaySigner::PaySigner(TradeType trade_type, const MerchantIdentity& merchant, SignType sign_type,
                     const Secret& key)
    : canonical_{with_gaps(trade_type, merchant, sign_type, key)}, key_{key.duplicate()} {
  if (sign_type == SignType::hmac_sha256) hmac_.emplace(key.reveal());
  // Longer than any such set: a text that grew would leave the key behind in the memory it had before.
  constexpr std::size_t longest = 4096;
  text_.reserve(longest);
}

PaySigner::~PaySigner() { explicit_bzero(text_.data(), text_.capacity()); }

std::string PaySigner::sign(std::string_view prepay_id, std::string_view timestamp, std::string_view nonce) {
  text_.clear();
  canonical_.append_to(text_, {prepay_id, timestamp, nonce});
  text_ += key_.reveal();
  return to_upper_hex(hmac_ ? (*hmac_)(text_) : crypto::md5(text_));
}

}  // namespace wxpay::app
