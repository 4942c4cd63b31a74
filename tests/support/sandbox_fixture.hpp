#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "base/system.hpp"
#include "sandbox/service.hpp"
#include "sandbox/store.hpp"
#include "wire/xml.hpp"
#include "wxpay/signing.hpp"
#include "wxpay/time.hpp"

namespace wxpay::test {

/// 2026-11-23 10:00:00 in Beijing, until it is moved. Pauses are counted and hardly take place.
class ManualClock final : public Clock {
 public:
  std::chrono::sys_seconds now() const override {
    return *parse_wire_time("20261123100000") + std::chrono::seconds{passed_s_.load()};
  }
  std::chrono::steady_clock::time_point steady_now() const override {
    return std::chrono::steady_clock::now();
  }
  void sleep_for(std::chrono::milliseconds pause) override {
    slept_ms_ += pause.count();
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }

  void advance(std::chrono::seconds by) { passed_s_ += by.count(); }
  std::chrono::milliseconds slept() const { return std::chrono::milliseconds{slept_ms_.load()}; }

 private:
  std::atomic<std::int64_t> passed_s_{0};
  std::atomic<std::int64_t> slept_ms_{0};
};

inline constexpr const char* gateway_key = "Syn7heticTestKey0123456789abcdef";
inline constexpr const char* gateway_mch_id = "1900000109";
inline constexpr const char* gateway_app_id = "wx8888888888888888";

inline MerchantIdentity gateway_merchant() {
  MerchantIdentity merchant;
  merchant.mch_id = MerchantId{gateway_mch_id};
  merchant.app_id = AppId{gateway_app_id};
  return merchant;
}

inline sandbox::GatewayAccount gateway_account(MerchantIdentity merchant = gateway_merchant()) {
  return {std::move(merchant), Secret{gateway_key}};
}

using Changes = std::initializer_list<std::pair<std::string_view, std::string_view>>;

/// The fields with some of them replaced, added, or (empty value) left out.
inline Fields changed(const Fields& fields, Changes changes) {
  Fields result;
  const auto change_of = [&](std::string_view name) {
    for (const auto* at = changes.begin(); at != changes.end(); ++at) {
      if (at->first == name) return at;
    }
    return changes.end();
  };
  for (const auto& [name, value] : fields) {
    const auto* change = change_of(name);
    result.add_if_set(name, change == changes.end() ? value : std::string{change->second});
  }
  for (const auto& [name, value] : changes) {
    if (!fields.has(name)) result.add_if_set(std::string{name}, std::string{value});
  }
  return result;
}

inline Fields call_fields() {
  return {{"appid", gateway_app_id}, {"mch_id", gateway_mch_id}, {"nonce_str", "ibuaiVcKdpRxkhJA"}};
}

/// An acceptable unifiedorder of 88 fen, unsigned.
inline Fields order_request(const std::string& out_trade_no, Changes changes = {}) {
  Fields request = call_fields();
  request.add("body", "测试商品");
  request.add("out_trade_no", out_trade_no);
  request.add("total_fee", "88");
  request.add("spbill_create_ip", "127.0.0.1");
  request.add("notify_url", "http://127.0.0.1:9/notify");
  request.add("trade_type", "JSAPI");
  request.add("openid", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o");
  return changed(request, changes);
}

inline Fields number_request(const std::string& out_trade_no) {
  Fields request = call_fields();
  request.add("out_trade_no", out_trade_no);
  return request;
}

/// An acceptable refund of so many of the 88 fen of such an order, unsigned.
inline Fields refund_request(const std::string& out_trade_no, const std::string& out_refund_no,
                             const std::string& refund_fee, Changes changes = {}) {
  Fields request = number_request(out_trade_no);
  request.add("out_refund_no", out_refund_no);
  request.add("total_fee", "88");
  request.add("refund_fee", refund_fee);
  return changed(request, changes);
}

inline std::string signed_xml(Fields request, SignType type = SignType::md5,
                              const std::string& key = gateway_key) {
  request.add("sign", sign_fields(request, type, Secret{key}));
  return wire::to_xml(request);
}

/// The fields of an answer; empty when it is no XML.
inline Fields read_xml(std::string_view document) {
  auto parsed = wire::parse_xml(document);
  const auto* fields = std::get_if<Fields>(&parsed);
  return fields == nullptr ? Fields{} : *fields;
}

inline bool holds(const Fields& answer, SignType type = SignType::md5) {
  return verify_fields(answer, type, Secret{gateway_key});
}

/// A gateway without HTTP.
struct Gateway {
  ManualClock clock;
  SystemRandom random;
  NullLog log;
  sandbox::NoJournal none;
  sandbox::Service service;

  explicit Gateway(sandbox::Journal* journal = nullptr, sandbox::StoreRules rules = {})
      : service{gateway_account(), clock, random, log, journal == nullptr ? none : *journal, rules} {}

  sandbox::Reply send(std::string_view path, std::string_view body) {
    return service.handle({"POST", path, body, {{"Content-Type", "text/xml"}, {"Host", "127.0.0.1"}}});
  }
  Fields call(std::string_view path, const Fields& request, SignType type = SignType::md5) {
    return read_xml(send(path, signed_xml(request, type)).body);
  }
  Fields place(const Fields& request) { return call("/pay/unifiedorder", request); }
  Fields query(const std::string& out_trade_no) {
    return call("/pay/orderquery", number_request(out_trade_no));
  }
  Fields close(const std::string& out_trade_no) {
    return call("/pay/closeorder", number_request(out_trade_no));
  }
  Fields refund(const Fields& request) { return call("/secapi/pay/refund", request); }
  Fields query_refunds(Changes which) { return call("/pay/refundquery", changed(call_fields(), which)); }
  sandbox::Reply control(std::string_view path, std::string_view json) {
    return service.handle(
        {"POST", path, json, {{"Content-Type", "application/json"}, {"Host", "127.0.0.1"}}});
  }
};

}  // namespace wxpay::test
