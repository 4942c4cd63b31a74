#include "cli/certificate_cache.hpp"

#include <system_error>

#include "cli/config/new_file.hpp"
#include "cli/config/safe_file.hpp"
#include "wxpay/error.hpp"

namespace wxpay::cli {

namespace {

/// Sixteen certificates, each in Base64 twice, have less.
constexpr std::size_t largest_cache = std::size_t{256} * 1024;

}  // namespace

std::optional<std::string> FileCertificateCache::load() {
  std::error_code ignored;
  if (!std::filesystem::exists(path_, ignored)) return std::nullopt;
  try {
    const SafeFile file{path_, "the platform certificates in " + path_.string(), ErrorKind::file};
    file.refuse_writable_by_others();
    return file.read(largest_cache);
  } catch (const Error& error) {
    log_.write(LogLevel::warning, std::string{"not used: "} + error.what());
    return std::nullopt;
  }
}

void FileCertificateCache::save(std::string_view bytes) {
  try {
    make_private_folders(path_.parent_path());
    NewFile file{path_};
    file.write(bytes);
    file.replace();
  } catch (const Error& error) {
    log_.write(LogLevel::warning, std::string{"the platform certificates are not kept: "} + error.what());
  }
}

}  // namespace wxpay::cli
