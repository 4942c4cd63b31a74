#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "wxpay/secret.hpp"

namespace wxpay::wire {

/// What the notification of a refund holds encrypted, by a key that is made of the account's (API v2, 9_16):
/// a document whose root is `root`.
/// @param key  of API v2
/// @return nothing where it is no Base64, the key is another, or the padding does not hold
std::optional<std::string> open_req_info(std::string_view req_info, const Secret& key);

std::string seal_req_info(std::string_view document, const Secret& key);

}  // namespace wxpay::wire
