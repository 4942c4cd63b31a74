#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace wxpay::test {

/// What is asked of a gateway.
enum class Operation : std::uint8_t { any, create, query, close };

/// An API of WeChat Pay as the process tests meet it: the same cases run over each.
struct Api {
  std::string_view name;  ///< `api` of a profile
  std::string profile;    ///< the sandbox's built-in one
  /// The lines of a profile that name the API, where it is not the default, and its keys.
  std::string (*profile_lines)(const std::string& key_file);
  /// Part of the request line of such a request; `sandbox fault --match` takes it too.
  std::string (*path)(Operation);
};

/// The API that the environment names in WXPAY_TEST_API, or else v2. Fails where there is none of that name.
const Api& tested_api();

}  // namespace wxpay::test
