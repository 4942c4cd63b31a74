#include "cli/payment_api.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "wxpay/v2_gateway.hpp"

namespace wxpay::cli {

namespace {

std::unique_ptr<PaymentApi> make_v2(Services& services) {
  const auto& profile = services.profile();
  return make_v2_api({.merchant = profile.merchant,
                      .sign_type = profile.sign_type,
                      .key = services.key().duplicate(),
                      .base_urls = profile.base_urls,
                      .timeout = services.settings().timeout});
}

struct ApiFactory {
  std::string_view name;  ///< `api` of a profile
  std::unique_ptr<PaymentApi> (*make)(Services& services);
};

constexpr std::array factories{ApiFactory{"v2", make_v2}};

}  // namespace

std::unique_ptr<PaymentApi> make_payment_api(Services& services) {
  const auto& api = services.profile().api;
  const auto* const found = std::find_if(factories.begin(), factories.end(),
                                         [&api](const ApiFactory& factory) { return factory.name == api; });
  if (found == factories.end()) {
    throw Error{ErrorKind::internal, "the profile names an API that nothing is made for: " + api};
  }
  return found->make(services);
}

}  // namespace wxpay::cli
