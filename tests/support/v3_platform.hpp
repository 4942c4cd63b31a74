#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "crypto/aead.hpp"
#include "crypto/base64.hpp"
#include "crypto/generate.hpp"
#include "support/v3_scripted_gateway.hpp"
#include "wxpay/time.hpp"

namespace wxpay::test {

inline std::chrono::sys_seconds v3_now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

/// A platform certificate with its key.
struct Platform {
  explicit Platform(std::string serial_no, std::chrono::hours left = std::chrono::hours{24 * 365})
      : serial{std::move(serial_no)},
        certificate{crypto::self_signed(key, {.common_name = "Tenpay.com",
                                              .organization = "Tenpay.com",
                                              .serial = serial,
                                              .not_before = v3_now() - std::chrono::hours{24 * 30},
                                              .not_after = v3_now() + left})} {}

  /// The headers by which it signs a body.
  HeaderLines signature(std::string_view body, std::chrono::seconds ago = {}) const {
    const auto timestamp = std::to_string((v3_now() - ago).time_since_epoch().count());
    const std::string nonce{"c0ffee6fede21b4c539cf16541344b39"};
    const auto text = timestamp + "\n" + nonce + "\n" + std::string{body} + "\n";
    return {{"Wechatpay-Timestamp", timestamp},
            {"Wechatpay-Nonce", nonce},
            {"Wechatpay-Signature", crypto::to_base64(key.sign(text))},
            {"Wechatpay-Serial", serial},
            {"Wechatpay-Signature-Type", "WECHATPAY2-SHA256-RSA2048"}};
  }
  V3Reply sign(const V3Reply& reply) const { return {reply.status, reply.body, signature(reply.body)}; }

  crypto::PrivateKey key = crypto::generate_private_key();
  std::string serial;
  crypto::Certificate certificate;
};

/// An entry of the list of certificates.
inline Json v3_listed(const std::string& serial_no, const std::string& content,
                      const std::string& apiv3_key = v3_apiv3_key,
                      std::chrono::hours left = std::chrono::hours{24 * 365}) {
  const crypto::Aead aead{Secret{apiv3_key}, {"test key"}};
  return {{"serial_no", serial_no},
          {"effective_time", format_rfc3339(v3_now() - std::chrono::hours{24})},
          {"expire_time", format_rfc3339(v3_now() + left)},
          {"encrypt_certificate",
           {{"algorithm", "AEAD_AES_256_GCM"},
            {"nonce", "61f9c719728a"},
            {"associated_data", "certificate"},
            {"ciphertext", crypto::to_base64(aead.seal("61f9c719728a", "certificate", content))}}}};
}
inline Json v3_listed(const Platform& platform) {
  return v3_listed(platform.serial, platform.certificate.to_pem());
}
inline std::string v3_list(const std::vector<Json>& entries) { return Json{{"data", entries}}.dump(); }

/// A shop that trusts platform certificates, at a gateway that signs by one of them.
struct CertificateCase {
  using Fetched = std::function<V3Reply()>;

  CertificateCase() {
    well();
    gateway.spoil([this](Peer& peer, const std::string& request) {
      if (!request.starts_with("GET /v3/certificates")) {
        peer.send(platform.sign(v3_right_reply(request)).bytes());
        return;
      }
      Fetched answer;
      {
        const std::lock_guard lock{mutex};
        answer = fetched;
      }
      peer.send(answer().bytes());
    });
    shop.write("keys/key.pem", v3_key_file("merchant_key.pem"));
    shop.write("keys/v3.key", v3_apiv3_key);
    configure(gateway.server().url(""));
  }
  void configure(const std::string& base_url) const {
    shop.write(
        "config/wxpayctl/config.toml",
        "default_profile = \"shop\"\n[profiles.shop]\napi = \"v3\"\nmch_id = \"1900000109\"\n"
        "app_id = \"wx8888888888888888\"\nbody = \"goods\"\nnotify_url = \"https://pay.example.com/n\"\n"
        "private_key_file = \"../../keys/key.pem\"\napiv3_key_file = \"../../keys/v3.key\"\n"
        "serial_no = \"" +
            std::string{v3_merchant_serial} + "\"\nbase_url = \"" + base_url + "\"\n");
  }
  /// What a fetch of certificates is answered from now on.
  void answer(Fetched how) {
    const std::lock_guard lock{mutex};
    fetched = std::move(how);
  }
  void answer(const V3Reply& reply) {
    answer([reply] { return reply; });
  }
  void well() {
    answer([this] { return platform.sign({200, v3_list({v3_listed(platform)})}); });
  }
  std::filesystem::path cache() const {
    return shop.ledger("shop").parent_path() / "platform-certificates-1900000109";
  }
  std::string cached() const { return shop.read("state/wxpayctl/platform-certificates-1900000109"); }

  Platform platform{"5157F09EFDC096DE15EBE81A47057A7232F1B8E1"};
  std::mutex mutex;
  Fetched fetched;
  Shop shop;
  V3ScriptedGateway gateway;
};

}  // namespace wxpay::test
