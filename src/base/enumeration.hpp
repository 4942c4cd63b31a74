#pragma once

#include <optional>
#include <string_view>

namespace wxpay {

/// Visits the values of an enumeration that counts from 0 on, as long as `to_string` has a name for them.
/// @param visit  bool(Enum): whether to go on
template <class Enum, class Visit>
void for_each_named(const Visit& visit) {
  for (int number = 0; !to_string(static_cast<Enum>(number)).empty(); ++number) {
    if (!visit(static_cast<Enum>(number))) return;
  }
}

/// The value of this name.
template <class Enum>
std::optional<Enum> parse_named(std::string_view text) {
  std::optional<Enum> found;
  for_each_named<Enum>([&](Enum value) {
    if (to_string(value) == text) found = value;
    return !found;
  });
  return found;
}

}  // namespace wxpay
