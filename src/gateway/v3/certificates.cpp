#include "gateway/v3/certificates.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "crypto/base64.hpp"
#include "crypto/certificate.hpp"
#include "wire/http_signing.hpp"
#include "wire/json.hpp"
#include "wxpay/error.hpp"
#include "wxpay/time.hpp"

namespace wxpay::v3 {

namespace {

/// A rotation has two; more than these are not WeChat Pay's.
constexpr std::size_t most_certificates = 16;

std::string text_in(const wire::JsonObject& object, std::string_view name) {
  return wire::text_of(object, name).value_or("");
}

std::variant<PlatformCertificate, std::string> read_certificate(const wire::JsonObject& entry,
                                                                const crypto::Aead& aead) {
  const auto* sealed = wire::find(entry, "encrypt_certificate");
  if (sealed == nullptr || text_in(sealed->members, "algorithm") != wire::v3_cipher)
    return "a certificate is not encrypted as it should be";
  const auto bytes = crypto::from_base64(text_in(sealed->members, "ciphertext"));
  const auto pem = bytes ? aead.open(text_in(sealed->members, "nonce"),
                                     text_in(sealed->members, "associated_data"), *bytes)
                         : std::optional<std::string>{};
  if (!pem) return "a certificate cannot be opened with the APIv3 key, which is not the merchant platform's";
  const auto serial_no = text_in(entry, "serial_no");
  const auto from = parse_rfc3339(text_in(entry, "effective_time"));
  const auto until = parse_rfc3339(text_in(entry, "expire_time"));
  if (!from || !until) return "a certificate has no effective_time or expire_time";
  try {
    const auto certificate = crypto::Certificate::from_pem(
        *pem, {"platform certificate " + shortened(serial_no), ErrorKind::untrusted});
    if (!certificate.has_serial(serial_no)) return "a certificate has another serial number than was said";
    return PlatformCertificate{
        .serial_no = serial_no,
        // WeChat Pay says from when on it signs by it, which may be earlier than the certificate was issued.
        .valid_from = *from,
        .valid_until = std::min(*until, certificate.not_after()),
        .key = certificate.public_key()};
  } catch (const Error& error) {
    return error.what();
  }
}

}  // namespace

std::variant<std::vector<PlatformCertificate>, std::string> read_certificates(std::string_view body,
                                                                              const crypto::Aead& aead) {
  const auto parsed = wire::parse_json_object(body);
  const auto* object = std::get_if<wire::JsonObject>(&parsed);
  if (object == nullptr) return "the answer is unreadable: " + std::get<wire::Malformed>(parsed).why;
  const auto* data = wire::find(*object, "data");
  if (data == nullptr || data->kind != wire::JsonValue::Kind::array || data->members.empty() ||
      data->members.size() > most_certificates) {
    return "the answer has no certificates";
  }
  std::vector<PlatformCertificate> certificates;
  for (const auto& entry : data->members) {
    auto read = read_certificate(entry.value.members, aead);
    if (auto* why = std::get_if<std::string>(&read)) return std::move(*why);
    certificates.push_back(std::move(std::get<PlatformCertificate>(read)));
  }
  return certificates;
}

const PlatformCertificate* find_valid(const std::vector<PlatformCertificate>& certificates,
                                      std::string_view serial_no, std::chrono::sys_seconds now) {
  const auto found =
      std::find_if(certificates.begin(), certificates.end(), [&](const PlatformCertificate& certificate) {
        return certificate.serial_no == serial_no && certificate.valid_from <= now &&
               now < certificate.valid_until;
      });
  return found == certificates.end() ? nullptr : &*found;
}

}  // namespace wxpay::v3
