#pragma once

#include <string_view>

namespace wxpay {

enum class LogLevel { trace, debug, info, warning, error };

/// Where the layers report what they do. Never given a key, an openid or a whole message body.
class Log {
 public:
  virtual ~Log() = default;
  virtual bool enabled(LogLevel level) const noexcept = 0;
  virtual void write(LogLevel level, std::string_view line) = 0;
};

}  // namespace wxpay
