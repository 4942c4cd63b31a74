#pragma once

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <string>
#include <string_view>

#include "base/handle.hpp"

namespace wxpay::crypto {

using Bio = Handle<BIO, BIO_free_all>;
using KeyHandle = Handle<EVP_PKEY, EVP_PKEY_free>;
using KeyContext = Handle<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using CertificateHandle = Handle<X509, X509_free>;

/// OpenSSL cannot do what it always can: it is broken or out of memory.
[[noreturn]] void fail(const char* what);

inline const unsigned char* data_of(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());  // OpenSSL's type for bytes
}

inline unsigned char* buffer_of(std::string& bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());  // OpenSSL's type for bytes
}

/// Drops the errors that OpenSSL notes meanwhile: they are told, and libcurl must not find them later.
class NotedErrors {
 public:
  NotedErrors() { ERR_set_mark(); }
  NotedErrors(const NotedErrors&) = delete;
  NotedErrors& operator=(const NotedErrors&) = delete;
  NotedErrors(NotedErrors&&) = delete;
  NotedErrors& operator=(NotedErrors&&) = delete;
  ~NotedErrors() { ERR_pop_to_mark(); }
};

/// Releases what i2d functions give out.
inline void free_bytes(unsigned char* bytes) { OPENSSL_free(bytes); }

/// What was written into a BIO in memory.
std::string_view content_of(BIO* bio);

}  // namespace wxpay::crypto
