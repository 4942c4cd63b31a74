#pragma once

#include <optional>
#include <string>
#include <vector>

#include "wxpay/fields.hpp"
#include "wxpay/secret.hpp"
#include "wxpay/set_signer.hpp"
#include "wxpay/sign_type.hpp"

namespace wxpay::v2 {

struct SignVerdict {
  bool valid = false;
  SignType sign_type = SignType::md5;  ///< by which it was checked
  std::string reason;                  ///< why it does not hold; empty when valid
};

/// Checks a document's own sign. The type is the one asked for, else the document's sign_type or signType,
/// else the default.
SignVerdict verify_sign(const Fields& fields, std::optional<SignType> asked_for, SignType otherwise,
                        const Secret& key);

/// What is signed, with the key masked wherever it stands.
SignedText explain_canonical(const Fields& fields, const Secret& key);

/// What may have happened to a message whose sign does not hold, most telling first: another sign type fits,
/// a field was trimmed or re-encoded on the way; else another key was used or a value was changed.
std::vector<std::string> explain_mismatch(const Fields& fields, SignType type, const Secret& key);

}  // namespace wxpay::v2
