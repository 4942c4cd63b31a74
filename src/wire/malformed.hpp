#pragma once

#include <string>

namespace wxpay::wire {

/// Bytes that are not what they should be, and why, in words for a person.
struct Malformed {
  std::string why;
};

}  // namespace wxpay::wire
