#include "cli/payment_api.hpp"

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include "cli/config/default_paths.hpp"
#include "cli/config/sandbox_v3_keys.hpp"
#include "cli/config/secret_source.hpp"
#include "wxpay/v2_gateway.hpp"
#include "wxpay/v3_gateway.hpp"

namespace wxpay::cli {

namespace {

/// What an API is made of.
struct ApiRow {
  /// Those of the profile's secrets that it works with: all it must have, and what else is given.
  std::vector<SecretId> (*secrets)(const Profile& profile);
  std::unique_ptr<PaymentApi> (*make)(Services& services, Network network);
  std::unique_ptr<PaymentGateway> (*make_keyless)(Services& services, const GatewayDeps& deps);
  void (*check_first_keys)(const Profile& profile, Services& services);
  IntentRule intent_rule;
  PayScheme (*pay_scheme)(const Profile& profile);
  bool has_counter;  ///< it takes payments by code
};

using SecretLoader = std::function<Secret(SecretId id)>;

/// Of a profile that is not the services' own.
SecretLoader loader_of(const Profile& profile, Services& services) {
  return [&profile, &services](SecretId id) {
    return load_secret(profile, id, services.environment(), &services.stop());
  };
}

SecretLoader loader_of(Services& services) {
  return [&services](SecretId id) { return services.secret(id).duplicate(); };
}

std::optional<NamedText> public_file(const char* key, const std::string& path) {
  if (path.empty()) return std::nullopt;
  return NamedText{read_public_file(key, path), std::string{key} + " " + path};
}

std::optional<NamedSecret> named_secret(const Profile& profile, SecretId id, const SecretLoader& load) {
  const auto* const source = profile.find_secret(id);
  if (source == nullptr) return std::nullopt;
  return NamedSecret{load(id), source->described};
}

/// The password of the merchant's key, where one is given.
std::optional<Secret> key_password(const Profile& profile, const SecretLoader& load) {
  const bool is_p12 = profile.find_secret(SecretId::cert_p12) != nullptr;
  const auto id = is_p12 ? SecretId::cert_p12_password : SecretId::private_key_password;
  if (profile.find_secret(id) == nullptr) return std::nullopt;
  return load(id);
}

bool names_certificate(const Profile& profile) {
  return profile.find_secret(SecretId::private_key) != nullptr ||
         profile.find_secret(SecretId::cert_p12) != nullptr || !profile.cert_file.empty();
}

/// What the profile has of the merchant's certificate, which few commands need.
/// @param profile  must outlive it, as the clock must
MerchantCertificateSource certificate_source(const Profile& profile, SecretLoader load, const Clock& clock) {
  if (!names_certificate(profile)) return {};
  return [&profile, load = std::move(load), &clock] {
    CertificateFiles files;
    files.certificate = public_file("cert_file", profile.cert_file);
    files.private_key = named_secret(profile, SecretId::private_key, load);
    files.cert_p12 = named_secret(profile, SecretId::cert_p12, load);
    files.password = key_password(profile, load);
    const bool is_built_in = files.private_key && is_public(SecretId::private_key, files.private_key->value);
    if (is_built_in && !files.certificate)
      files.certificate = NamedText{sandbox_certificate, files.private_key->described};
    // A sandbox may be given another merchant.
    return read_merchant_certificate(files, is_built_in ? MerchantId{} : profile.merchant.mch_id,
                                     clock.now());
  };
}

V2Account v2_account(const Profile& profile, std::chrono::milliseconds timeout, Secret key) {
  return {.merchant = profile.merchant,
          .sign_type = profile.sign_type,
          .key = std::move(key),
          .base_urls = profile.base_urls,
          .timeout = timeout};
}

std::vector<SecretId> v2_secrets(const Profile&) { return {SecretId::v2_key}; }

std::unique_ptr<PaymentApi> make_v2(Services& services, Network) {
  const auto& profile = services.profile();
  auto account =
      v2_account(profile, services.settings().timeout, services.secret(SecretId::v2_key).duplicate());
  account.certificate = certificate_source(profile, loader_of(services), services.clock());
  return make_v2_api(std::move(account));
}

std::unique_ptr<PaymentGateway> make_keyless_v2(Services& services, const GatewayDeps& deps) {
  return make_v2_gateway(v2_account(services.profile(), services.settings().timeout, Secret{""}), deps);
}

/// Of a new profile of API v2 the key may come later, and so may a part of the certificate.
void check_first_v2_keys(const Profile& profile, Services& services) {
  const bool is_pair = profile.find_secret(SecretId::private_key) != nullptr && !profile.cert_file.empty();
  if (is_pair || profile.find_secret(SecretId::cert_p12) != nullptr)
    certificate_source(profile, loader_of(profile, services), services.clock())();
}

PayScheme v2_pay_scheme(const Profile& profile) { return scheme_of(profile.sign_type); }

std::vector<SecretId> v3_secrets(const Profile& profile) {
  std::vector<SecretId> ids;
  for (const auto id : {SecretId::private_key, SecretId::private_key_password, SecretId::cert_p12,
                        SecretId::cert_p12_password, SecretId::apiv3_key, SecretId::v2_key}) {
    if (profile.find_secret(id) != nullptr) ids.push_back(id);
  }
  return ids;
}

V3Account v3_account(const Profile& profile, std::chrono::milliseconds timeout, const SecretLoader& load) {
  V3Account account{.merchant = profile.merchant};
  account.base_urls = profile.base_urls;
  account.timeout = timeout;
  account.private_key = named_secret(profile, SecretId::private_key, load);
  account.cert_p12 = named_secret(profile, SecretId::cert_p12, load);
  account.key_password = key_password(profile, load);
  account.certificate = public_file("cert_file", profile.cert_file);
  account.serial_no = profile.serial_no;
  account.apiv3_key = named_secret(profile, SecretId::apiv3_key, load);
  account.public_key_id = profile.public_key_id;
  account.public_key = public_file("public_key_file", profile.public_key_file);
  if (profile.find_secret(SecretId::v2_key) != nullptr)
    account.v2 = v2_account(profile, timeout, load(SecretId::v2_key));
  return account;
}

std::unique_ptr<PaymentApi> make_v3(Services& services, Network network) {
  const auto& profile = services.profile();
  auto account = v3_account(profile, services.settings().timeout, loader_of(services));
  // With the key of API v2 beside, what only that API has goes on working.
  if (account.v2)
    account.v2->certificate = certificate_source(profile, loader_of(services), services.clock());
  return make_v3_api(std::move(account),
                     {.transport = network == Network::none ? nullptr : &services.transport(),
                      .clock = services.clock(),
                      .random = services.random(),
                      .stop = services.stop(),
                      .log = services.log(),
                      .cache = &services.certificate_cache()});
}

std::unique_ptr<PaymentGateway> make_keyless_v3(Services& services, const GatewayDeps& deps) {
  return make_v3_keyless_gateway(services.profile().base_urls, services.settings().timeout, deps);
}

void check_first_v3_keys(const Profile& profile, Services& services) {
  check_given_keys(v3_account(profile, services.settings().timeout, loader_of(profile, services)),
                   services.clock().now());
}

PayScheme v3_pay_scheme(const Profile&) { return PayScheme::rsa; }

ApiRow row_of(Api api) {
  switch (api) {
    case Api::v2:
      return {v2_secrets,    make_v2, make_keyless_v2, check_first_v2_keys, v2_intent_fault,
              v2_pay_scheme, true};
    case Api::v3:
      return {v3_secrets,    make_v3, make_keyless_v3, check_first_v3_keys, v3_intent_fault,
              v3_pay_scheme, false};
  }
  throw Error{ErrorKind::internal, "the profile names an API that nothing is made for"};
}

}  // namespace

std::unique_ptr<PaymentApi> make_payment_api(Services& services, Network network) {
  return row_of(services.profile().api).make(services, network);
}

std::unique_ptr<PaymentGateway> make_keyless_gateway(Services& services, const GatewayDeps& deps) {
  return row_of(services.profile().api).make_keyless(services, deps);
}

IntentRule intent_rule(const Profile& profile) { return row_of(profile.api).intent_rule; }

PayScheme pay_scheme(const Profile& profile) { return row_of(profile.api).pay_scheme(profile); }

std::string check_secrets(Services& services) {
  const auto& profile = services.profile();
  std::vector<std::string> places;
  for (const auto id : row_of(profile.api).secrets(profile)) {
    services.secret(id);
    const auto& place = profile.find_secret(id)->described;
    // The built-in profile has several.
    if (std::find(places.begin(), places.end(), place) == places.end()) places.push_back(place);
  }
  services.api();
  std::string listed;
  for (const auto& place : places) listed.append(listed.empty() ? "" : ", ").append(place);
  return listed;
}

void require_counter(Services& services) {
  if (!row_of(services.profile().api).has_counter) {
    throw Error{ErrorKind::usage, "API v3 has no payments by the payer's code",
                "use a profile of API v2 of the same merchant"};
  }
  services.api().require_client_certificate();
}

void check_first_keys(const Profile& profile, Services& services) {
  row_of(profile.api).check_first_keys(profile, services);
}

std::optional<std::string> find_client_certificate(const Profile& profile, Services& services) {
  const auto source = certificate_source(profile, loader_of(profile, services), services.clock());
  if (!source) return std::nullopt;
  return source().shown->certificate;
}

bool has_public_key(Services& services) {
  const auto& profile = services.profile();
  const auto secrets = row_of(profile.api).secrets(profile);
  return std::all_of(secrets.begin(), secrets.end(),
                     [&services](SecretId id) { return is_public(id, services.secret(id)); });
}

V3MerchantOnRecord v3_merchant_on_record(const Profile& profile, Services& services) {
  const auto load = loader_of(profile, services);
  const auto account = v3_account(profile, services.settings().timeout, load);
  const auto known = merchant_on_record(account, services.clock().now());
  return {
      .serial_no = known.serial_no, .public_key = known.public_key, .apiv3_key = load(SecretId::apiv3_key)};
}

}  // namespace wxpay::cli
