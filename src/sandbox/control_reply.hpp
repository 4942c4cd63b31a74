#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "sandbox/reply.hpp"
#include "wire/json.hpp"

// How the control's commands are read and answered.
namespace wxpay::sandbox {

inline constexpr const char* control_type = "application/json";

Reply json_reply(int status, wire::JsonLine line);
Reply json_refusal(int status, const std::string& code, std::string_view message);
Reply bad_request(std::string_view message);
Reply text_reply(int status, std::string type, std::string body);

/// A whole number in [least, most], `fallback` when it is not given; nothing when it is anything else.
std::optional<std::int64_t> integer_in(const wire::JsonObject& object, std::string_view key,
                                       std::int64_t least, std::int64_t most, std::int64_t fallback);
/// `fallback` when it is not given; nothing when it is no text.
std::optional<std::string> text_or(const wire::JsonObject& object, std::string_view key,
                                   std::string_view fallback);
std::optional<std::string> unknown_key(const wire::JsonObject& object,
                                       std::initializer_list<std::string_view> known);

}  // namespace wxpay::sandbox
