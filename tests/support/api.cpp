#include "support/api.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <stdexcept>

namespace wxpay::test {

namespace {

std::string v2_path(Operation operation) {
  switch (operation) {
    case Operation::any:
      return "/pay/";
    case Operation::create:
      return "/pay/unifiedorder";
    case Operation::query:
      return "/pay/orderquery";
    case Operation::close:
      return "/pay/closeorder";
  }
  throw std::logic_error{"an operation without a path"};
}

std::string v2_profile_lines(const std::string& key_file) { return "key_file = \"" + key_file + "\"\n"; }

const std::array apis{Api{"v2", "sandbox", v2_profile_lines, v2_path}};

}  // namespace

const Api& tested_api() {
  static const Api& api = [&]() -> const Api& {
    const auto* named = std::getenv("WXPAY_TEST_API");
    const std::string_view name = named == nullptr ? "v2" : named;
    const auto* const found =
        std::find_if(apis.begin(), apis.end(), [name](const Api& each) { return each.name == name; });
    if (found == apis.end()) throw std::runtime_error{"WXPAY_TEST_API names no API: " + std::string{name}};
    return *found;
  }();
  return api;
}

}  // namespace wxpay::test
