#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/origin.hpp"
#include "crypto/private_key.hpp"
#include "crypto/public_key.hpp"

namespace wxpay::crypto {

/// A certificate (X.509). That somebody issued it is not looked at: WeChat Pay's are trusted for the answer
/// that brings them, and the merchant's for the folder it lies in. Copies share it.
class Certificate {
 public:
  /// All certificates of a text, at least one, in their order; keys beside them are passed over.
  /// @throws Error{origin.kind}  there is none in it, or a damaged one
  static std::vector<Certificate> all_from_pem(std::string_view pem, const Origin& origin);
  /// The only certificate of a text.
  /// @throws Error{origin.kind}  there is none in it, more than one, or a damaged one
  static Certificate from_pem(std::string_view pem, const Origin& origin);

  /// The serial number as WeChat Pay writes it: upper-case hex of whole bytes, mostly 40 digits.
  const std::string& serial() const;
  /// Whether the text is this serial number: as a number, as some programs leave zeros at the beginning out
  /// or write it in lower case.
  bool has_serial(std::string_view text) const;

  std::chrono::sys_seconds not_before() const;
  std::chrono::sys_seconds not_after() const;
  bool valid_at(std::chrono::sys_seconds now) const { return not_before() <= now && now <= not_after(); }

  /// For messages: `CN=1900000109,O=…,C=CN`, on one line.
  const std::string& subject() const;
  const std::string& issuer() const;
  /// CN of the subject, UTF-8; empty where it has none, or more than one. Of the merchant's his number.
  const std::string& common_name() const;

  /// Whether it was issued for this key.
  bool fits(const PrivateKey& key) const;
  /// @throws Error{of its origin}  it is no RSA key, or too short
  PublicKey public_key() const;

  std::string to_pem() const;

  struct Material;  ///< OpenSSL's, in certificate_material.hpp
  explicit Certificate(std::shared_ptr<const Material> material) : material_{std::move(material)} {}

 private:
  std::shared_ptr<const Material> material_;
};

}  // namespace wxpay::crypto
