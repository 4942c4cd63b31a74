#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/v3/platform_keys.hpp"
#include "wxpay/transport.hpp"

namespace wxpay::v3 {

/// What a message's signature was found to be.
enum class SignatureState : std::uint8_t {
  holds,
  absent,       ///< a header of it is missing
  unknown_key,  ///< by a key that is not trusted here
  probe,        ///< made wrong by WeChat Pay on purpose, to see whether it is checked
  stale,        ///< too old, or from the future
  wrong
};

struct SignatureCheck {
  SignatureState state = SignatureState::wrong;
  std::string why;                                         ///< predicate of the message; empty where it holds
  ErrorKind kind = ErrorKind::untrusted;                   ///< of unknown_key: what kept the key away
  std::optional<std::chrono::sys_seconds> signed_at = {};  ///< where it holds

  bool holds() const noexcept { return state == SignatureState::holds; }
};

/// The headers of a message that has any, as views into its lines.
struct HeaderView {
  std::string_view name;
  std::string_view value;
};
std::vector<HeaderView> header_views(std::string_view header_lines);
std::vector<HeaderView> header_views(const std::vector<HttpHeader>& headers);

/// How far a message's timestamp may be from the time now, if that counts.
struct Age {
  std::chrono::sys_seconds now;
  std::chrono::seconds longest;
};
/// Of an answer (API v3 reference, 3): 300 seconds are too many.
inline constexpr std::chrono::seconds longest_answer_age{299};

/// Checks the signature over timestamp, nonce and the exact bytes of the body. Nothing of the body may be
/// read before.
SignatureCheck check_signature(const std::vector<HeaderView>& headers, std::string_view body,
                               PlatformKeys& keys, const std::optional<Age>& age);

}  // namespace wxpay::v3
