#include "crypto/openssl.hpp"

#include <stdexcept>
#include <string>

namespace wxpay::crypto {

void fail(const char* what) { throw std::runtime_error{std::string{"OpenSSL: "} + what}; }

std::string_view content_of(BIO* bio) {
  char* data = nullptr;
  const auto size = BIO_get_mem_data(bio, &data);
  return size > 0 ? std::string_view{data, static_cast<std::size_t>(size)} : std::string_view{};
}

}  // namespace wxpay::crypto
