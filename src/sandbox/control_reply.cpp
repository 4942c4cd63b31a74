#include "sandbox/control_reply.hpp"

#include <algorithm>
#include <utility>

namespace wxpay::sandbox {

Reply json_reply(int status, wire::JsonLine line) {
  Reply reply;
  reply.status = status;
  reply.content_type = control_type;
  reply.body = std::move(line).str() + "\n";
  return reply;
}

Reply json_refusal(int status, const std::string& code, std::string_view message) {
  wire::JsonLine line;
  line.text("code", code).text("message", message);
  Reply reply = json_reply(status, line);
  reply.note = code;
  return reply;
}

Reply text_reply(int status, std::string type, std::string body) {
  Reply reply;
  reply.status = status;
  reply.content_type = std::move(type);
  reply.body = std::move(body);
  return reply;
}

std::optional<std::int64_t> integer_in(const wire::JsonObject& object, std::string_view key,
                                       std::int64_t least, std::int64_t most, std::int64_t fallback) {
  if (wire::find(object, key) == nullptr) return fallback;
  const auto number = wire::integer_of(object, key);
  return number && *number >= least && *number <= most ? number : std::nullopt;
}

std::optional<std::string> text_or(const wire::JsonObject& object, std::string_view key,
                                   std::string_view fallback) {
  return wire::find(object, key) == nullptr ? std::string{fallback} : wire::text_of(object, key);
}

std::optional<std::string> unknown_key(const wire::JsonObject& object,
                                       std::initializer_list<std::string_view> known) {
  for (const auto& entry : object) {
    if (std::find(known.begin(), known.end(), entry.key) == known.end()) return entry.key;
  }
  return std::nullopt;
}

Reply bad_request(std::string_view message) { return json_refusal(400, "PARAM_ERROR", message); }

}  // namespace wxpay::sandbox
