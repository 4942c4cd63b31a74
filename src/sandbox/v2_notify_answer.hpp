#pragma once

#include <string_view>

#include "sandbox/gateway_api.hpp"

namespace wxpay::sandbox {

/// Of API v2: taken when a document says SUCCESS (9_7).
NotifyAnswer read_v2_notify_answer(int status, std::string_view body);

}  // namespace wxpay::sandbox
