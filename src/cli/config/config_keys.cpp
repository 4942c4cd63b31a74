#include "cli/config/config_keys.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "base/url.hpp"
#include "cli/config/value_rules.hpp"
#include "domain/field_rules.hpp"
#include "domain/limits.hpp"
#include "net/http_transport.hpp"
#include "wxpay/time.hpp"

namespace wxpay::cli {

namespace {

using Kind = SecretSource::Kind;

std::string api_fault(std::string_view value) {
  if (parse_api(value)) return "";
  std::vector<std::string> names;
  for_each_named<Api>([&names](Api api) {
    names.push_back('"' + std::string{to_string(api)} + '"');
    return true;
  });
  return "is not " + listed(names, "or");
}

std::string sign_type_fault(std::string_view value) {
  if (value == "RSA") return "is no sign_type: API v3 signs by RSA without it, so leave it out";
  return parse_sign_type(value) ? "" : "is not one of MD5 and HMAC-SHA256";
}

std::string trade_type_fault(std::string_view value) {
  const auto type = parse_trade_type(value);
  if (type && is_payable_later(*type)) return "";
  return "is not one of " + listed(payable_trade_types(), "and");
}

std::string refund_interval_fault(std::string_view text) {
  constexpr std::chrono::hours longest{1};
  const auto interval = parse_duration(text);
  return interval && *interval <= longest ? "" : "is not a duration of at most 1h, as \"60s\"";
}

std::string client_ip_fault(std::string_view value) {
  return is_ip_address(value) ? "" : "is not an IPv4 or IPv6 address";
}

std::string base_url_fault(std::string_view value) {
  const auto parsed = parse_url(value);
  if (!parsed.url) return parsed.fault;
  if (parsed.url->has_query) return "has a query string";
  if (parsed.url->has_fragment) return "has a fragment (`#…`)";
  if (!parsed.url->https && !net::is_loopback_url(std::string{value})) {
    return "is plain http to another machine; use https";
  }
  return "";
}

std::string ledger_fault(std::string_view value) { return LedgerAddress::parse(value).fault; }

std::string variable_fault(std::string_view value) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const bool good =
      !value.empty() && !is_digit(value.front()) &&
      std::all_of(value.begin(), value.end(), [&](char c) { return is_letter(c) || is_digit(c); });
  return good ? "" : "is not the name of an environment variable";
}

std::string control_character_fault(std::string_view value) {
  return has_control_character(value) ? "has a control character" : "";
}

std::string serial_no_fault(std::string_view value) {
  constexpr std::size_t longest = 64;
  const bool is_hex =
      value.size() <= longest && value.find_first_not_of("0123456789ABCDEFabcdef") == std::string_view::npos;
  return is_hex ? "" : "is not the serial number of a certificate: hexadecimal digits, mostly 40";
}

std::string public_key_id_fault(std::string_view value) {
  constexpr std::string_view beginning = "PUB_KEY_ID_";
  constexpr std::size_t longest = 128;
  const auto rest = value.substr(std::min(beginning.size(), value.size()));
  const bool good = value.starts_with(beginning) && !rest.empty() && value.size() <= longest &&
                    std::all_of(rest.begin(), rest.end(), [](char c) {
                      return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
                    });
  return good ? "" : "is not PUB_KEY_ID_ and digits, as the merchant platform shows it";
}

constexpr std::array all_keys = std::to_array<ConfigKey>({
    {.name = "api",
     .fault = api_fault,
     .set = [](Profile& profile, const std::string& value) { profile.api = *parse_api(value); }},
    {.name = "mch_id",
     .fault = merchant_id_fault,
     .set = [](Profile& profile, const std::string& value) { profile.merchant.mch_id = MerchantId{value}; },
     .required = true,
     .sample = "1900000109",
     .comment = "Merchant number and app id, as the merchant platform (pay.weixin.qq.com) shows them."},
    {.name = "app_id",
     .fault = app_id_fault,
     .set = [](Profile& profile, const std::string& value) { profile.merchant.app_id = AppId{value}; },
     .required = true,
     .sample = "wx…"},
    {.name = "sub_mch_id",
     .fault = merchant_id_fault,
     .set = [](Profile& profile,
               const std::string& value) { profile.merchant.sub_mch_id = MerchantId{value}; },
     .comment = "Service-provider mode only."},
    {.name = "sub_app_id",
     .fault = app_id_fault,
     .set = [](Profile& profile, const std::string& value) { profile.merchant.sub_app_id = AppId{value}; }},
    {.name = "private_key",
     .secret = SecretForm{SecretId::private_key, Kind::in_clear},
     .only = Api::v3,
     .comment = "The merchant's private key (apiclient_key.pem), which signs what is sent. The file is for "
                "you alone (chmod 600).\n"
                "# In its place cert_p12_file (apiclient_cert.p12) has key and certificate; its password is "
                "the merchant\n"
                "# number unless cert_p12_password_file has another."},
    {.name = "private_key_env",
     .fault = variable_fault,
     .secret = SecretForm{SecretId::private_key, Kind::environment},
     .only = Api::v3},
    {.name = "private_key_file",
     .type = KeyType::path,
     .fault = control_character_fault,
     .secret = SecretForm{SecretId::private_key, Kind::file},
     .only = Api::v3,
     .example = "\"/etc/wxpayctl/apiclient_key.pem\""},
    {.name = "private_key_command",
     .fault = control_character_fault,
     .secret = SecretForm{SecretId::private_key, Kind::command},
     .only = Api::v3},
    {.name = "private_key_password", .secret = SecretForm{SecretId::private_key_password, Kind::in_clear}},
    {.name = "private_key_password_env",
     .fault = variable_fault,
     .secret = SecretForm{SecretId::private_key_password, Kind::environment}},
    {.name = "private_key_password_file",
     .type = KeyType::path,
     .fault = control_character_fault,
     .secret = SecretForm{SecretId::private_key_password, Kind::file}},
    {.name = "private_key_password_command",
     .fault = control_character_fault,
     .secret = SecretForm{SecretId::private_key_password, Kind::command}},
    {.name = "cert_p12_file",
     .type = KeyType::path,
     .fault = control_character_fault,
     .secret = SecretForm{SecretId::cert_p12, Kind::file}},
    {.name = "cert_p12_password", .secret = SecretForm{SecretId::cert_p12_password, Kind::in_clear}},
    {.name = "cert_p12_password_env",
     .fault = variable_fault,
     .secret = SecretForm{SecretId::cert_p12_password, Kind::environment}},
    {.name = "cert_p12_password_file",
     .type = KeyType::path,
     .fault = control_character_fault,
     .secret = SecretForm{SecretId::cert_p12_password, Kind::file}},
    {.name = "cert_p12_password_command",
     .fault = control_character_fault,
     .secret = SecretForm{SecretId::cert_p12_password, Kind::command}},
    {.name = "cert_file",
     .type = KeyType::path,
     .fault = control_character_fault,
     .set = [](Profile& profile, const std::string& value) { profile.cert_file = value; },
     .comment = "The certificate of that key (apiclient_cert.pem), or its serial number alone as serial_no.",
     .example = "\"/etc/wxpayctl/apiclient_cert.pem\""},
    {.name = "cert_key_file",
     .type = KeyType::path,
     .fault = control_character_fault,
     .secret = SecretForm{SecretId::private_key, Kind::file},
     .only = Api::v2,
     .example = "\"/etc/wxpayctl/apiclient_key.pem\""},
    {.name = "serial_no",
     .fault = serial_no_fault,
     .set = [](Profile& profile, const std::string& value) { profile.serial_no = to_upper(value); },
     .only = Api::v3,
     .comment = "The serial number of the merchant's certificate, as the merchant platform shows it."},
    {.name = "apiv3_key",
     .secret = SecretForm{SecretId::apiv3_key, Kind::in_clear},
     .only = Api::v3,
     .comment =
         "The APIv3 key, which opens notifications and platform certificates: as a file, _env or _command."},
    {.name = "apiv3_key_env",
     .fault = variable_fault,
     .secret = SecretForm{SecretId::apiv3_key, Kind::environment},
     .only = Api::v3},
    {.name = "apiv3_key_file",
     .type = KeyType::path,
     .fault = control_character_fault,
     .secret = SecretForm{SecretId::apiv3_key, Kind::file},
     .only = Api::v3,
     .example = "\"/etc/wxpayctl/apiv3.key\""},
    {.name = "apiv3_key_command",
     .fault = control_character_fault,
     .secret = SecretForm{SecretId::apiv3_key, Kind::command},
     .only = Api::v3},
    {.name = "public_key_id",
     .fault = public_key_id_fault,
     .set = [](Profile& profile, const std::string& value) { profile.public_key_id = value; },
     .only = Api::v3,
     .comment =
         "WeChat Pay's public key, which its answers are verified by: both or none. Without it the platform\n"
         "# certificates are fetched, which many new merchants do not have.",
     .example = "\"PUB_KEY_ID_…\""},
    {.name = "public_key_file",
     .type = KeyType::path,
     .fault = control_character_fault,
     .set = [](Profile& profile, const std::string& value) { profile.public_key_file = value; },
     .only = Api::v3,
     .example = "\"/etc/wxpayctl/pub_key.pem\""},
    {.name = "key",
     .secret = SecretForm{SecretId::v2_key, Kind::in_clear},
     .comment = "The API v2 key: exactly one of key_file, key_env and key_command. The file is for you alone "
                "(chmod 600)."},
    {.name = "key_env", .fault = variable_fault, .secret = SecretForm{SecretId::v2_key, Kind::environment}},
    {.name = "key_file",
     .type = KeyType::path,
     .fault = control_character_fault,
     .secret = SecretForm{SecretId::v2_key, Kind::file}},
    {.name = "key_command",
     .fault = control_character_fault,
     .secret = SecretForm{SecretId::v2_key, Kind::command}},
    {.name = "sign_type",
     .fault = sign_type_fault,
     .set = [](Profile& profile, const std::string& value) { profile.sign_type = *parse_sign_type(value); },
     .comment = "\"MD5\" or \"HMAC-SHA256\".",
     .example = "\"MD5\""},
    {.name = "notify_url",
     .fault = notify_url_fault,
     .set = [](Profile& profile, const std::string& value) { profile.notify_url = value; },
     .comment = "Where WeChat Pay reports payments: an absolute URL without a query string.",
     .example = "\"https://pay.example.com/notify/order\""},
    {.name = "trade_type",
     .fault = trade_type_fault,
     .set = [](Profile& profile, const std::string& value) { profile.trade_type = *parse_trade_type(value); },
     .comment = "Defaults of create-order.",
     .example = "\"JSAPI\""},
    {.name = "body",
     .fault = body_fault,
     .set = [](Profile& profile, const std::string& value) { profile.body = value; },
     .example = "\"Goods\""},
    {.name = "client_ip",
     .fault = client_ip_fault,
     .set = [](Profile& profile, const std::string& value) { profile.client_ip = value; }},
    {.name = "base_url", .fault = base_url_fault},
    {.name = "fallback_base_url", .fault = base_url_fault},
    {.name = "ledger",
     .fault = ledger_fault,
     .comment = "The record of orders; without this line in the state folder of the user.",
     .example = "\"sqlite:/var/lib/wxpayctl/shop.db\""},
    {.name = "rate", .type = KeyType::number, .number = &Profile::rate, .sample = "50"},
    {.name = "jobs",
     .type = KeyType::number,
     .most = limits::most_jobs,
     .number = &Profile::jobs,
     .sample = "16"},
    {.name = "refund_interval",
     .fault = refund_interval_fault,
     .set = [](Profile& profile,
               const std::string& value) { profile.refund_interval = *parse_duration(value); }},
    {.name = "ca_file",
     .type = KeyType::path,
     .fault = control_character_fault,
     .set = [](Profile& profile, const std::string& value) { profile.ca_file = value; }},
});

}  // namespace

std::span<const ConfigKey> config_keys() { return all_keys; }

const ConfigKey* find_key(std::string_view name) {
  const auto* found =
      std::find_if(all_keys.begin(), all_keys.end(), [&](const ConfigKey& key) { return key.name == name; });
  return found == all_keys.end() ? nullptr : found;
}

std::string value_fault(std::string_view key, std::string_view value) {
  const auto* found = find_key(key);
  if (found == nullptr) return "is unknown";
  return found->fault == nullptr ? "" : found->fault(value);
}

std::string value_fault(std::string_view key, std::int64_t value) {
  const auto* found = find_key(key);
  if (value < 1) return "must be at least 1";
  if (found != nullptr && value > found->most) return "must be at most " + std::to_string(found->most);
  return "";
}

}  // namespace wxpay::cli
