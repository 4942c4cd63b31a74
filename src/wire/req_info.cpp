#include "wire/req_info.hpp"

#include "base/text.hpp"
#include "crypto/base64.hpp"
#include "crypto/digest.hpp"
#include "crypto/ecb.hpp"

namespace wxpay::wire {

namespace {

/// The MD5 in lower-case hex, taken as the bytes of a key.
Secret key_of_req_info(const Secret& key) { return Secret{to_hex(crypto::md5(key.reveal()))}; }

}  // namespace

std::optional<std::string> open_req_info(std::string_view req_info, const Secret& key) {
  const auto sealed = crypto::from_base64(req_info);
  if (!sealed) return std::nullopt;
  return crypto::open_ecb(key_of_req_info(key), *sealed);
}

std::string seal_req_info(std::string_view document, const Secret& key) {
  return crypto::to_base64(crypto::seal_ecb(key_of_req_info(key), document));
}

}  // namespace wxpay::wire
