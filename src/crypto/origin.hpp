#pragma once

#include <string>
#include <utility>

#include "wxpay/error.hpp"

namespace wxpay::crypto {

/// Where key material came from, for messages, and what kind of error it is when it is no good.
struct Origin {
  std::string described;  ///< "private_key_file /etc/wxpayctl/apiclient_key.pem"
  ErrorKind kind = ErrorKind::key;

  /// @param problem  follows the description: "is empty"
  [[noreturn]] void fail(const std::string& problem, std::string hint = {}) const {
    throw Error{kind, described + " " + problem, std::move(hint)};
  }
};

}  // namespace wxpay::crypto
