#include "cli/sandbox_tls.hpp"

#include <optional>
#include <system_error>
#include <utility>

#include "cli/config/new_file.hpp"
#include "cli/config/safe_file.hpp"
#include "cli/payment_api.hpp"
#include "wxpay/error.hpp"

namespace wxpay::cli {

namespace {

constexpr const char* file_name = "ca.pem";
constexpr std::size_t largest_ca_file = 65'536;

/// Whether a sandbox wrote this file, which is there.
bool is_of_sandbox(const std::filesystem::path& file) {
  const std::string described = "the file " + file.string();
  const auto text = SafeFile{file, described, ErrorKind::file}.read(largest_ca_file);
  try {
    return crypto::Certificate::from_pem(text, {described}).common_name() == sandbox::authority_name;
  } catch (const Error&) {
    return false;
  }
}

/// No other file is: not one that this run lives on, nor anybody's own authority.
void refuse_other_file(const std::filesystem::path& file) {
  std::error_code ignored;
  if (!std::filesystem::exists(std::filesystem::symlink_status(file, ignored)) || is_of_sandbox(file)) return;
  throw Error{ErrorKind::file, file.string() + " is there already, of no sandbox, and is not overwritten",
              "choose another folder, or move that file away"};
}

}  // namespace

TlsFolder::TlsFolder(const std::string& folder)
    : ca_file_{std::filesystem::absolute(folder).lexically_normal() / file_name} {
  if (folder.empty()) throw Error{ErrorKind::usage, "--tls names no folder"};
  make_private_folders(ca_file_.parent_path());
  refuse_other_file(ca_file_);
}

void TlsFolder::write(const crypto::Certificate& authority) const {
  NewFile file{ca_file_};
  file.write(authority.to_pem());
  file.sync();
  refuse_other_file(ca_file_);  // Another output of this run may have come there meanwhile.
  file.replace();
}

sandbox::TlsOptions tls_options(const Profile& profile, const sandbox::V3AccountKeys& account,
                                Services& services) {
  const auto own = profile.api == Api::v2 ? find_client_certificate(profile, services) : std::nullopt;
  auto key =
      own ? crypto::Certificate::from_pem(*own, {"the merchant's certificate"}).public_key() : account.key;
  return {sandbox::make_server_identity(services.clock(), services.random()), std::move(key)};
}

}  // namespace wxpay::cli
