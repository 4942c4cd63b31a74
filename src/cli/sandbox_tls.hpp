#pragma once

#include <filesystem>
#include <string>

#include "cli/services.hpp"
#include "sandbox/account.hpp"
#include "sandbox/tls.hpp"

namespace wxpay::cli {

/// The folder of `sandbox serve --tls`: what a profile's ca_file names.
class TlsFolder {
 public:
  /// Makes the folder where it is missing.
  /// @throws Error{file}  it cannot be made, or has a ca.pem that is not a sandbox's
  /// @throws Error{usage}  no name
  explicit TlsFolder(const std::string& folder);

  const std::filesystem::path& ca_file() const { return ca_file_; }
  /// Puts the certificate in the place of an earlier run's.
  /// @throws Error{file}  also for a ca.pem that is not a sandbox's
  void write(const crypto::Certificate& authority) const;

 private:
  std::filesystem::path ca_file_;
};

/// How this profile's merchant is served over TLS.
/// @param account  the merchant's; where the profile names no certificate, the one of its key of API v3
/// @throws Error{key}  of the profile's certificate
sandbox::TlsOptions tls_options(const Profile& profile, const sandbox::V3AccountKeys& account,
                                Services& services);

}  // namespace wxpay::cli
