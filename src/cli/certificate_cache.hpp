#pragma once

#include <filesystem>

#include "wxpay/certificate_cache.hpp"
#include "wxpay/log.hpp"

namespace wxpay::cli {

/// The platform certificates of one merchant in a file for the user alone (0600). It is no record: a file
/// that is missing or damaged, or cannot be written, costs a request and is told to the log alone.
class FileCertificateCache final : public CertificateCache {
 public:
  FileCertificateCache(std::filesystem::path path, Log& log) : path_{std::move(path)}, log_{log} {}

  std::optional<std::string> load() override;
  void save(std::string_view bytes) override;

 private:
  std::filesystem::path path_;
  Log& log_;
};

}  // namespace wxpay::cli
