#pragma once

#include <string>

#include "wxpay/transport.hpp"

namespace wxpay::v3 {

/// How WeChat Pay names one answer. It is not signed, and only for people.
struct RequestId {
  std::string text;  ///< empty where the answer has none
  std::string
      reason;  ///< "268447840: rate limit": the number at its end, where the API v3 reference (5.4) has it
};
RequestId request_id_of(const HttpResponse& response);

}  // namespace wxpay::v3
