#pragma once

#include <string>
#include <string_view>

#include "base/text_template.hpp"

namespace wxpay::bench {

/// The answers of a WeChat Pay that keeps nothing: every order is created with the same prepay_id, and every
/// order asked about is unpaid. Signed with MD5 and the key of the built-in sandbox.
class FixedAnswers {
 public:
  FixedAnswers();

  /// Appends the HTTP answer to one request; for the creation it is always the same bytes. The answer to a
  /// query names the order asked about and is signed anew, as a client verifies both.
  /// @return false when it is a request that is not known here, and nothing was appended
  bool append_answer(std::string& out, std::string_view path, std::string_view body) const;

 private:
  std::string created_;
  TextTemplate queried_canonical_;  ///< what is signed, with gaps, the key included
  TextTemplate queried_;
};

/// The body of a creation as the client sends it, signed, with a gap for the out_trade_no. All numbers that
/// are filled in leave the signature as it is: whoever answers does not look at it.
TextTemplate creation_request();

}  // namespace wxpay::bench
