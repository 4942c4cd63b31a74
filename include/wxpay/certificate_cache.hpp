#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace wxpay {

/// Keeps the platform certificates between runs. What it gives back is verified like the answer that it was.
class CertificateCache {
 public:
  virtual ~CertificateCache() = default;
  /// Nothing where there is none that can be read.
  virtual std::optional<std::string> load() = 0;
  /// One that cannot be written costs a request next time, and no more.
  virtual void save(std::string_view bytes) = 0;
};

}  // namespace wxpay
