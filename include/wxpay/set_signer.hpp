#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wxpay/fields.hpp"
#include "wxpay/pay_scheme.hpp"

namespace wxpay {

/// What a signature is made over, for people: the secret is masked.
struct SignedText {
  std::string canonical_string;
  std::vector<std::string> in_hex;  ///< name=hex of every value that is not plain ASCII
  std::size_t key_length = 0;
};

/// A set of parameters as somebody gave it, to be signed or verified.
struct GivenSet {
  std::string_view text;
  std::optional<PayScheme> scheme;  ///< asked for; else it is the set's own or the account's
  /// Only WeChat Pay signs its messages. A key that everybody knows may sign them too, for trying.
  bool key_is_public = false;
  std::function<void(const std::string&)> warn;  ///< of what was perhaps not meant so
};

struct SetSignature {
  std::string sign;
  PayScheme scheme = PayScheme::md5;
  std::string authorization = {};  ///< the whole header, where it is a request that was signed
  SignedText text;
  std::vector<std::string> notes;  ///< how what is signed differs from what was given
};

struct SetVerdict {
  bool valid = false;
  PayScheme scheme = PayScheme::md5;
  std::string reason;  ///< why it does not hold; empty when valid
  SignedText text;
  std::vector<std::string> notes;
  std::vector<std::string> causes;  ///< what may have happened to it, most telling first; empty when valid
};

/// Signs and verifies sets of parameters, and explains it.
class SetSigner {
 public:
  virtual ~SetSigner() = default;
  /// @param parameters  a set of pay parameters
  virtual SignedText explain(const Fields& parameters) const = 0;
  /// @throws Error{usage}  it is no set, or one that is not to be signed
  virtual SetSignature sign(const GivenSet& set) const = 0;
  /// @throws Error{usage}  it is neither a message of WeChat Pay nor a set of pay parameters
  virtual SetVerdict verify(const GivenSet& set) const = 0;
};

}  // namespace wxpay
