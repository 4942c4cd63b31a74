#include "support/v2_wire.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <stdexcept>

namespace wxpay::test {

std::string v2_sign(const WireFields& fields, std::string_view key, std::string_view type) {
  std::string text;
  for (const auto& [name, value] : fields) {
    if (name != "sign" && !value.empty()) text += name + "=" + value + "&";
  }
  text.append("key=").append(key);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (type == "MD5") {
    EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_md5(), nullptr);
  } else if (type == "HMAC-SHA256") {
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
         reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size);
  } else {
    throw std::invalid_argument{"no such sign type"};
  }
  std::string sign;
  for (unsigned int i = 0; i < size; ++i) {
    constexpr std::string_view hex = "0123456789ABCDEF";
    sign += hex[digest[i] >> 4U];
    sign += hex[digest[i] & 0xFU];
  }
  return sign;
}

std::string v2_xml(const WireFields& fields) {
  std::string document = "<xml>";
  for (const auto& [name, value] : fields) {
    document += "<" + name + "><![CDATA[" + value + "]]></" + name + ">";
  }
  return document + "</xml>";
}

std::string v2_signed_xml(WireFields fields, std::string_view key, std::string_view type) {
  fields["sign"] = v2_sign(fields, key, type);
  return v2_xml(fields);
}

std::string v2_element(std::string_view document, const std::string& name) {
  const auto open = "<" + name + ">";
  const auto start = document.find(open);
  const auto end = document.find("</" + name + ">");
  if (start == std::string_view::npos || end == std::string_view::npos) return {};
  auto value = document.substr(start + open.size(), end - start - open.size());
  constexpr std::string_view cdata = "<![CDATA[";
  if (value.starts_with(cdata)) value = value.substr(cdata.size(), value.size() - cdata.size() - 3);
  return std::string{value};
}

}  // namespace wxpay::test
