#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "sandbox/gateway_api.hpp"
#include "sandbox/store.hpp"
#include "sandbox/v2_request.hpp"
#include "wxpay/clock.hpp"
#include "wxpay/identifiers.hpp"
#include "wxpay/log.hpp"
#include "wxpay/secret.hpp"
#include "wxpay/sign_type.hpp"

namespace wxpay::sandbox {

/// The answers of API v2 for one merchant: protocol faults unsigned with return_code FAIL, everything else
/// signed by the algorithm of the request. Any thread may call anything.
class V2Api final : public GatewayApi {
 public:
  /// @param random  must bear calls from many threads
  V2Api(MerchantIdentity merchant, Secret key, Store& store, Clock& clock, Random& random, Log& log)
      : merchant_{std::move(merchant)},
        key_{std::move(key)},
        store_{store},
        clock_{clock},
        random_{random},
        log_{log} {}

  Route route(const HttpCall& call) const override;
  std::vector<Operation> operations_at(std::string_view part_of_path) const override {
    return v2_operations_at(part_of_path);
  }
  Reply answer(Operation operation, const HttpCall& call, const std::optional<Fault>& fault) override;
  bool signs_by(PayScheme scheme) const override { return sign_type_of(scheme).has_value(); }
  /// As API v2, 9_7, has it, signed as the order was.
  Notification notification(const GatewayOrder& order, const std::optional<Fault>& fault) override;
  /// As API v2, 9_16, has it: not signed, but encrypted by the key.
  Notification refund_notification(const RefundOfOrder& refund, const std::optional<Fault>& fault) override;

 private:
  struct Call {
    Operation operation;
    Fields request;
    SignType sign_type = SignType::md5;
  };

  std::variant<Call, std::string> accept(Operation operation, std::string_view body) const;
  std::optional<std::string> identity_fault(const Fields& request) const;
  std::variant<Fields, V2Refusal> carry_out(const Call& call);
  std::variant<Fields, V2Refusal> place(const Call& call);
  std::variant<Fields, V2Refusal> query(const Fields& request);
  std::variant<Fields, V2Refusal> close(const Fields& request);
  std::variant<Fields, V2Refusal> pay_by_code(const Call& call);
  std::variant<Fields, V2Refusal> reverse(const Fields& request);
  std::variant<Fields, V2Refusal> refund(const Call& call);
  std::variant<Fields, V2Refusal> query_refund(const Fields& request) const;
  /// The order that a request names.
  std::optional<GatewayOrder> find(const Fields& request) const;
  Fields common_part(const Fields& request);
  /// The fault's change of a signed answer, before it is signed.
  Fields spoil(Fields answer, const Call& call, FaultKind fault);
  Fields forged_order(const Call& call, FaultKind fault);
  std::string signed_xml(Fields answer, SignType type, const std::optional<Fault>& fault) const;

  MerchantIdentity merchant_;
  Secret key_;
  Store& store_;
  Clock& clock_;
  Random& random_;
  Log& log_;
};

}  // namespace wxpay::sandbox
