#include "gateway/v3/verification.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <utility>

#include "base/text.hpp"
#include "crypto/base64.hpp"
#include "wire/http_signing.hpp"

namespace wxpay::v3 {

namespace {

constexpr std::size_t longest_timestamp = 12;

/// The one header of this name, in whatever case.
struct Found {
  std::string_view value;
  bool is_repeated = false;
};

Found find(const std::vector<HeaderView>& headers, std::string_view name) {
  Found found;
  bool any = false;
  for (const auto& header : headers) {
    if (to_lower(std::string{header.name}) != name) continue;
    if (any) return {{}, true};
    found.value = header.value;
    any = true;
  }
  return found;
}

std::optional<std::chrono::sys_seconds> parse_timestamp(std::string_view text) {
  std::int64_t seconds = 0;
  if (!is_digits(text) || text.size() > longest_timestamp) return std::nullopt;
  if (std::from_chars(text.data(), text.data() + text.size(), seconds).ec != std::errc{}) return std::nullopt;
  return std::chrono::sys_seconds{std::chrono::seconds{seconds}};
}

std::string off_by(std::chrono::seconds difference) {
  return std::to_string(difference.count() < 0 ? -difference.count() : difference.count()) +
         (difference.count() < 0 ? " s ahead of" : " s behind");
}

}  // namespace

MissingKey PlatformKeys::why_missing(std::string_view serial) {
  return {"is signed by a key that is not trusted here: " +
          shortened(without_control_characters(std::string{serial}))};
}

std::vector<HeaderView> header_views(std::string_view header_lines) {
  std::vector<HeaderView> headers;
  while (!header_lines.empty()) {
    const auto line = header_lines.substr(0, header_lines.find('\n'));
    header_lines.remove_prefix(std::min(line.size() + 1, header_lines.size()));
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    headers.push_back({line.substr(0, colon), trim(line.substr(colon + 1))});
  }
  return headers;
}

std::vector<HeaderView> header_views(const std::vector<HttpHeader>& headers) {
  std::vector<HeaderView> views;
  views.reserve(headers.size());
  for (const auto& header : headers) views.push_back({header.name, header.value});
  return views;
}

SignatureCheck check_signature(const std::vector<HeaderView>& headers, std::string_view body,
                               PlatformKeys& keys, const std::optional<Age>& age) {
  using enum SignatureState;
  const auto timestamp = find(headers, "wechatpay-timestamp");
  const auto nonce = find(headers, "wechatpay-nonce");
  const auto signature = find(headers, "wechatpay-signature");
  const auto serial = find(headers, "wechatpay-serial");
  const auto type = find(headers, "wechatpay-signature-type");
  for (const auto& found : {timestamp, nonce, signature, serial, type}) {
    if (found.is_repeated) return {wrong, "has a header of its signature twice"};
  }
  for (const auto& found : {timestamp, nonce, signature, serial}) {
    if (found.value.empty()) return {absent, "is not signed"};
  }
  if (!type.value.empty() && type.value != wire::v3_algorithm)
    return {wrong, "is signed by an unknown algorithm"};
  if (signature.value.starts_with(wire::v3_probe_prefix)) {
    return {probe, "has a signature that WeChat Pay made wrong on purpose, to see whether it is checked"};
  }
  const auto time = parse_timestamp(timestamp.value);
  if (!time) return {wrong, "has a Wechatpay-Timestamp that is no time"};
  const auto bytes = crypto::from_base64(signature.value);
  if (!bytes) return {wrong, "has a signature that is no Base64"};
  const auto key = keys.find(serial.value);
  if (!key) {
    auto missing = keys.why_missing(serial.value);
    return {unknown_key, std::move(missing.why), missing.kind};
  }
  if (!key->verify(wire::signed_lines({timestamp.value, nonce.value, body}), *bytes))
    return {wrong, "has a signature that does not hold"};
  // Only a genuine one is worth the word that it is old.
  if (age && std::chrono::abs(age->now - *time) > age->longest)
    return {stale, "has a timestamp that is " + off_by(age->now - *time) + " this machine's clock"};
  return {.state = holds, .why = {}, .signed_at = time};
}

}  // namespace wxpay::v3
