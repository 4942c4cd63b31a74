#include "cli/payment_api.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "wxpay/v2_gateway.hpp"

namespace wxpay::cli {

namespace {

enum class Keys : std::uint8_t { needed, none };

std::unique_ptr<PaymentApi> make_v2(Services& services, Keys keys) {
  const auto& profile = services.profile();
  return make_v2_api({.merchant = profile.merchant,
                      .sign_type = profile.sign_type,
                      .key = keys == Keys::needed ? services.key().duplicate() : Secret{""},
                      .base_urls = profile.base_urls,
                      .timeout = services.settings().timeout});
}

struct ApiFactory {
  std::string_view name;  ///< `api` of a profile
  std::unique_ptr<PaymentApi> (*make)(Services& services, Keys keys);
};

constexpr std::array factories{ApiFactory{"v2", make_v2}};

std::unique_ptr<PaymentApi> make(Services& services, Keys keys) {
  const auto& api = services.profile().api;
  const auto* const found = std::find_if(factories.begin(), factories.end(),
                                         [&api](const ApiFactory& factory) { return factory.name == api; });
  if (found == factories.end()) {
    throw Error{ErrorKind::internal, "the profile names an API that nothing is made for: " + api};
  }
  return found->make(services, keys);
}

}  // namespace

std::unique_ptr<PaymentApi> make_payment_api(Services& services) { return make(services, Keys::needed); }

std::unique_ptr<PaymentApi> make_keyless_api(Services& services) { return make(services, Keys::none); }

}  // namespace wxpay::cli
