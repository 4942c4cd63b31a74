#include "crypto/library_context.hpp"

#include "crypto/openssl.hpp"

namespace wxpay::crypto {

LibraryContext::LibraryContext() : context_{OSSL_LIB_CTX_new()} {
  if (!context_) fail("no library context");
  usual_.reset(OSSL_PROVIDER_load(context_.get(), "default"));
  if (!usual_) fail("the default provider is not available");
  legacy_.reset(OSSL_PROVIDER_load(context_.get(), "legacy"));
}

}  // namespace wxpay::crypto
