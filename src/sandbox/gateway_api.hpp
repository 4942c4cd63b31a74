#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/text.hpp"
#include "sandbox/fault.hpp"
#include "sandbox/reply.hpp"
#include "sandbox/store.hpp"
#include "wxpay/fields.hpp"

namespace wxpay::sandbox {

/// What a client showed of who it is.
enum class ShownCertificate : std::uint8_t {
  not_asked,  ///< no TLS
  none,
  other,  ///< not the merchant's, or one that is not valid now
  merchant
};

/// One HTTP request, as far as it matters here.
struct HttpCall {
  std::string_view method;
  std::string_view path;
  std::string_view body;
  Fields headers{};
  Fields query{};
  std::string_view target{};  ///< path and query as they were sent, which a signature may cover
  ShownCertificate shown = ShownCertificate::not_asked;

  /// The first header of this name, in any case; empty where there is none.
  std::string_view header(std::string_view name) const {
    const auto wanted = to_lower(std::string{name});
    const auto found = std::find_if(headers.begin(), headers.end(),
                                    [&wanted](const auto& field) { return to_lower(field.first) == wanted; });
    return found == headers.end() ? std::string_view{} : std::string_view{found->second};
  }
};

/// What WeChat Pay sends to a merchant's back end.
struct Notification {
  Fields headers;
  std::string body;
};

/// What the back end answered. WeChat Pay sends a notification again unless it was taken.
struct NotifyAnswer {
  bool taken = false;
  std::string code{};  ///< SUCCESS or FAIL; empty where the answer has none
  std::string text{};  ///< what it says besides
};

/// An API of WeChat Pay that the gateway speaks: messages read and written, over the one store of orders.
class GatewayApi {
 public:
  virtual ~GatewayApi() = default;

  /// Nothing when the path is none of this API; a reply when the request is refused before anything else.
  using Route = std::variant<std::monostate, Operation, Reply>;
  virtual Route route(const HttpCall& call) const = 0;
  /// The operations whose path contains this text.
  virtual std::vector<Operation> operations_at(std::string_view part_of_path) const = 0;
  /// @param fault  spoils the answer; what a fault does to HTTP is the caller's
  virtual Reply answer(Operation operation, const HttpCall& call, const std::optional<Fault>& fault) = 0;

  /// Whether orders and refunds of this scheme are this API's.
  virtual bool signs_by(PayScheme scheme) const = 0;
  /// Of the payment of an order that this API made.
  /// @param fault  spoils it
  virtual Notification notification(const GatewayOrder& order, const std::optional<Fault>& fault) = 0;
  /// Of the end of a refund that this API accepted.
  virtual Notification refund_notification(const RefundOfOrder& refund,
                                           const std::optional<Fault>& fault) = 0;
};

}  // namespace wxpay::sandbox
