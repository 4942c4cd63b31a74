#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "crypto/aead.hpp"
#include "crypto/public_key.hpp"
#include "sandbox/gateway_api.hpp"
#include "sandbox/store.hpp"
#include "sandbox/v3_keys.hpp"
#include "sandbox/v3_request.hpp"
#include "wxpay/clock.hpp"
#include "wxpay/identifiers.hpp"
#include "wxpay/log.hpp"

namespace wxpay::sandbox {

/// The merchant's side of API v3, as the gateway knows it.
struct V3Merchant {
  MerchantIdentity merchant;
  std::string serial_no;
  crypto::PublicKey key;
  crypto::Aead aead;  ///< by the APIv3 key
};

/// The answers of API v3 for one merchant: requests that are not signed right get 401 unsigned, everything
/// else is signed. Any thread may call anything.
class V3Api final : public GatewayApi {
 public:
  /// @param random  must bear calls from many threads
  V3Api(V3Merchant merchant, std::shared_ptr<V3Keys> keys, Store& store, Clock& clock, Random& random,
        Log& log)
      : merchant_{std::move(merchant)},
        keys_{std::move(keys)},
        store_{store},
        clock_{clock},
        random_{random},
        log_{log} {}

  Route route(const HttpCall& call) const override;
  std::vector<Operation> operations_at(std::string_view part_of_path) const override {
    return v3_operations_at(part_of_path);
  }
  Reply answer(Operation operation, const HttpCall& call, const std::optional<Fault>& fault) override;
  bool signs_by(PayScheme scheme) const override { return scheme == PayScheme::rsa; }
  Notification notification(const GatewayOrder& order, const std::optional<Fault>& fault) override;
  Notification refund_notification(const RefundOfOrder& refund, const std::optional<Fault>& fault) override;

 private:
  /// What an operation gives: an object, or nothing where it ends with 204.
  using Result = std::variant<std::string, V3Refusal>;

  /// What a notification tells of.
  struct Event {
    std::string id;
    std::chrono::sys_seconds at;
    std::string type;
    std::string summary;
    std::string_view resource_type;  ///< which is the associated data too
    std::string resource;
  };

  std::optional<std::string> request_fault(const HttpCall& call) const;
  Result carry_out(const V3Path& path, const wire::JsonObject& body, const Fields& query);
  Result carry_out_order(const V3Path& path, const wire::JsonObject& body, const Fields& query);
  Result place(const V3Path& path, const wire::JsonObject& body);
  Result query(const V3Path& path, const V3Identity& identity);
  Result close(const V3Path& path, const V3Identity& identity);
  Result refund(const wire::JsonObject& body);
  Result query_refund(const V3Path& path, const Fields& query) const;
  std::optional<GatewayOrder> find(const V3Path& path) const;
  Result spoil(Result result, const V3Path& path, FaultKind fault) const;
  Result spoil_refund(Result result, std::string_view out_refund_no, FaultKind fault) const;
  Notification notification(const Event& event, const std::optional<Fault>& fault);
  std::string payment_object(const GatewayOrder& order, const MerchantIdentity& merchant) const;
  std::string certificates() const;
  Fields signature(std::string_view body, const V3Keys::Signer& signer,
                   const std::optional<Fault>& fault) const;
  Reply signed_reply(int status, std::string body, const HttpCall& call,
                     const std::optional<Fault>& fault) const;

  V3Merchant merchant_;
  std::shared_ptr<V3Keys> keys_;
  Store& store_;
  Clock& clock_;
  Random& random_;
  Log& log_;
};

}  // namespace wxpay::sandbox
