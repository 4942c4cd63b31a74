#pragma once

#include <string>

#include "wxpay/error.hpp"

namespace wxpay::crypto {

/// Where key material came from, for messages, and what kind of error it is when it is no good.
struct Origin {
  std::string described;  ///< "private_key_file /etc/wxpayctl/apiclient_key.pem"
  ErrorKind kind = ErrorKind::key;
  std::string hint = {};  ///< of a problem that has none of its own

  /// @param problem  follows the description: "is empty"
  [[noreturn]] void fail(const std::string& problem, const std::string& own_hint = {}) const {
    throw Error{kind, described + " " + problem, own_hint.empty() ? hint : own_hint};
  }
};

}  // namespace wxpay::crypto
