#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace wxpay::test {

/// What is asked of a gateway.
enum class Operation : std::uint8_t { any, create, query, close, refund, query_refund };

using WireFields = std::map<std::string, std::string>;
/// Makes a file of this name and content, readable by its owner alone; gives its path.
using WriteFile = std::function<std::string(const std::string& name, const std::string& content)>;

/// What WeChat Pay answers, whichever API is to say it.
struct WireAnswer {
  WireFields said;             ///< in the words of API v2
  bool is_signed_well = true;  ///< else the signature is another's
  std::string headers{};       ///< more of them, each with its line end
};

/// An API of WeChat Pay as the process tests meet it: the same cases run over each.
struct Api {
  std::string_view name;         ///< `api` of a profile
  std::string profile;           ///< the sandbox's built-in one
  std::string_view sign_type;    ///< of pay parameters
  bool names_closed_order;       ///< the answer to a closing says whose order it is
  bool has_prepay_id_with_link;  ///< of NATIVE and H5
  bool names_fee_of_unpaid;      ///< the answer to a query
  /// The lines of the shop's profile that name the API, where it is not the default, and its keys.
  std::string (*profile_lines)(const WriteFile& write);
  /// What selects such requests in `sandbox fault --match`; any but `any` of JSAPI orders.
  std::string (*path)(Operation);
  /// Whether a request that begins like this, as in "POST /pay/closeorder", is such a one.
  bool (*asks)(Operation, std::string_view request);
  /// The order number that a request names.
  std::string (*order_of)(const std::string& request);
  /// WeChat Pay's answer to such a request of the shop of Shop::configure, as it goes over the wire.
  std::string (*answer)(Operation, const WireAnswer& answer);
  /// Whether the built-in profile's signature of these pay parameters holds.
  bool (*holds)(const WireFields& parameters, const std::string& sign);
};

/// The API that the environment names in WXPAY_TEST_API, or else v2. Fails where there is none of that name.
const Api& tested_api();
/// @throws std::runtime_error  where there is none of that name
const Api& api_named(std::string_view name);

}  // namespace wxpay::test
