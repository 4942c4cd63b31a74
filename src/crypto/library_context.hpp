#pragma once

#include <openssl/crypto.h>
#include <openssl/provider.h>

#include "base/handle.hpp"

namespace wxpay::crypto {

/// OpenSSL with its old ciphers (RC2, DES), which some files of keys still need; the rest of the program has
/// it without them. What is read with it must not outlive it.
class LibraryContext {
 public:
  LibraryContext();
  OSSL_LIB_CTX* get() const { return context_.get(); }

 private:
  using Provider = Handle<OSSL_PROVIDER, OSSL_PROVIDER_unload>;
  Handle<OSSL_LIB_CTX, OSSL_LIB_CTX_free> context_;
  Provider usual_;
  Provider legacy_;  ///< may be missing: it is a file of its own
};

}  // namespace wxpay::crypto
