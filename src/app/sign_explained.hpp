#pragma once

#include <optional>
#include <string>
#include <vector>

#include "wxpay/fields.hpp"
#include "wxpay/secret.hpp"
#include "wxpay/sign_type.hpp"

namespace wxpay::app {

struct SignVerdict {
  bool valid = false;
  SignType sign_type = SignType::md5;  ///< by which it was checked
  std::string reason;                  ///< why it does not hold; empty when valid
};

/// Checks a document's own sign. The type is the one asked for, else the document's sign_type or signType,
/// else the default.
SignVerdict verify_sign(const Fields& fields, std::optional<SignType> asked_for, SignType otherwise,
                        const Secret& key);

/// The signed string with the key masked wherever it stands, and every value that is not plain ASCII also in
/// hex.
struct CanonicalExplanation {
  std::string canonical_string;
  std::vector<std::string> in_hex;  ///< name=hex
  std::size_t key_length = 0;
};
CanonicalExplanation explain_canonical(const Fields& fields, const Secret& key);

/// What may have happened to a message whose sign does not hold, most telling first: another sign type fits,
/// a field was trimmed or re-encoded on the way; else another key was used or a value was changed.
std::vector<std::string> explain_mismatch(const Fields& fields, SignType type, const Secret& key);

}  // namespace wxpay::app
