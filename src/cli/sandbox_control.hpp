#pragma once

#include <string>
#include <string_view>

#include "cli/config/settings.hpp"
#include "cli/services.hpp"
#include "report/record.hpp"
#include "wire/json.hpp"
#include "wxpay/transport.hpp"

namespace wxpay::cli {

/// The profile that -p names, else the built-in one: neither the file's default profile nor the environment's
/// may bring a real merchant's key into a training gateway.
Profile sandbox_profile(const Services& services);

/// Sends a request of the sandbox's own; not by the command's transport, which belongs to the default
/// profile.
HttpResult send_as_sandbox(Services& services, HttpRequest request);

/// Sends one control command to the running sandbox and gives its answer.
/// @param order  or refund, that it is about, for messages
/// @throws Error  no sandbox answers, or it refuses
wire::JsonObject command_sandbox(Services& services, const std::string& path, wire::JsonLine command,
                                 const std::string& order = {});
/// The same for what changes nothing.
wire::JsonObject ask_sandbox(Services& services, const std::string& path);

/// The text of a member of an answer; empty where there is none.
std::string text_at(const wire::JsonObject& answer, std::string_view key);
/// The sandbox's flat answer as it is.
report::Record to_record(const wire::JsonObject& answer);

}  // namespace wxpay::cli
