#include "cli/payment_api.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "wxpay/v2_gateway.hpp"

namespace wxpay::cli {

namespace {

enum class Keys : std::uint8_t { needed, none };

/// What an API is made of.
struct ApiRow {
  /// Those of the profile's secrets that it works with.
  std::vector<SecretId> (*secrets)(const Profile& profile);
  std::unique_ptr<PaymentApi> (*make)(Services& services, Keys keys);
};

std::vector<SecretId> v2_secrets(const Profile&) { return {SecretId::v2_key}; }

std::unique_ptr<PaymentApi> make_v2(Services& services, Keys keys) {
  const auto& profile = services.profile();
  return make_v2_api(
      {.merchant = profile.merchant,
       .sign_type = profile.sign_type,
       .key = keys == Keys::needed ? services.secret(SecretId::v2_key).duplicate() : Secret{""},
       .base_urls = profile.base_urls,
       .timeout = services.settings().timeout});
}

ApiRow row_of(Api api) {
  switch (api) {
    case Api::v2:
      return {v2_secrets, make_v2};
  }
  throw Error{ErrorKind::internal, "the profile names an API that nothing is made for"};
}

}  // namespace

std::unique_ptr<PaymentApi> make_payment_api(Services& services) {
  return row_of(services.profile().api).make(services, Keys::needed);
}

std::unique_ptr<PaymentApi> make_keyless_api(Services& services) {
  return row_of(services.profile().api).make(services, Keys::none);
}

std::string check_secrets(Services& services) {
  const auto& profile = services.profile();
  std::string places;
  for (const auto id : row_of(profile.api).secrets(profile)) {
    services.secret(id);
    places.append(places.empty() ? "" : ", ").append(profile.find_secret(id)->described);
  }
  return places;
}

bool has_public_key(Services& services) {
  const auto& profile = services.profile();
  const auto secrets = row_of(profile.api).secrets(profile);
  return std::any_of(secrets.begin(), secrets.end(),
                     [&services](SecretId id) { return is_public(id, services.secret(id)); });
}

}  // namespace wxpay::cli
