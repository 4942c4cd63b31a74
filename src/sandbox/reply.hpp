#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "wxpay/fields.hpp"

namespace wxpay::sandbox {

/// How much of an answer the client gets to see.
enum class Delivery : std::uint8_t { whole, half, nothing };

/// One HTTP answer, and how it is given.
struct Reply {
  int status = 200;
  std::string content_type;
  std::string body;
  Fields headers;  ///< beside Content-Type and Date
  Delivery delivery = Delivery::whole;
  std::chrono::seconds delay{0};
  std::string note;  ///< for the log: order number and code, nothing else of the message
};

}  // namespace wxpay::sandbox
