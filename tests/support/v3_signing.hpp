#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// WeChat Pay's side of API v3, by the test keys, for tests of the whole program.
namespace wxpay::test {

inline constexpr const char* v3_apiv3_key = "THROWAWAYapiV3key0123456789ABCDE";
inline constexpr const char* v3_merchant_serial = "3C6F1A52E7B04D98A1C2D3E4F5061728394A5B6C";
inline constexpr const char* v3_public_key_id = "PUB_KEY_ID_0119000001092026112300000000000001";

/// A file of tests/data/keys-v3.
std::string v3_key_file(const std::string& name);

using HeaderLines = std::vector<std::pair<std::string, std::string>>;
/// The headers by which WeChat Pay signs a body now, or so long ago.
/// @param key  file of the private key; that of the public key which the shop trusts unless it is another
HeaderLines v3_signature(std::string_view body, std::chrono::seconds ago = {},
                         const std::string& key = "wxpay_pubkey_mode_key.pem");

/// The body of a notification whose resource is encrypted by this key.
std::string v3_envelope(const std::string& event_type, const std::string& resource,
                        const std::string& apiv3_key = v3_apiv3_key);

/// As it goes over HTTP, without a request line.
std::string v3_dump(const HeaderLines& headers, const std::string& body, const std::string& line_end = "\n");

/// Whether this signature, in Base64, of the text is of the private key.
bool v3_holds(const std::string& private_key_pem, std::string_view text, std::string_view signature);

}  // namespace wxpay::test
