#pragma once

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wxpay {

/// The flat set of named texts that an API v2 message is, in the order of the document.
class Fields {
 public:
  using Field = std::pair<std::string, std::string>;

  Fields() = default;
  Fields(std::initializer_list<Field> fields) : fields_{fields} {}

  void reserve(std::size_t count) { fields_.reserve(count); }
  /// Appends; the caller sees to it that a name comes once.
  void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
  /// Appends unless the value is empty, as an empty field is not sent.
  void add_if_set(std::string name, std::string value) {
    if (!value.empty()) add(std::move(name), std::move(value));
  }
  std::optional<std::string_view> find(std::string_view name) const {
    for (const auto& [key, value] : fields_) {
      if (key == name) return value;
    }
    return std::nullopt;
  }
  /// The value, or empty: for the many fields where absent and empty mean the same.
  std::string get(std::string_view name) const {
    return std::string{find(name).value_or(std::string_view{})};
  }
  /// All of them, for a caller that needs nothing else of the set any more.
  std::vector<Field> take() && { return std::move(fields_); }
  bool has(std::string_view name) const { return find(name).has_value(); }

  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }
  std::size_t size() const { return fields_.size(); }
  bool empty() const { return fields_.empty(); }

 private:
  std::vector<Field> fields_;
};

}  // namespace wxpay
