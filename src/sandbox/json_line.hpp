#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "wire/json.hpp"

namespace wxpay::sandbox {

/// Writes one flat JSON object on one line.
class JsonLine {
 public:
  JsonLine& text(std::string_view key, std::string_view value) { return raw(key, wire::json_quote(value)); }
  JsonLine& text_if_set(std::string_view key, std::string_view value) {
    return value.empty() ? *this : text(key, value);
  }
  JsonLine& number(std::string_view key, std::int64_t value) { return raw(key, std::to_string(value)); }
  /// @param json  a whole JSON value
  JsonLine& raw(std::string_view key, std::string_view json) {
    line_ += line_.size() > 1 ? "," : "";
    line_ += wire::json_quote(key);
    line_ += ':';
    line_ += json;
    return *this;
  }
  std::string str() const { return line_ + "}"; }

 private:
  std::string line_{"{"};
};

}  // namespace wxpay::sandbox
