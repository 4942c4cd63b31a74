#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sandbox/fault.hpp"
#include "sandbox/reply.hpp"

namespace wxpay::sandbox {

/// One HTTP request, as far as it matters here.
struct HttpCall {
  std::string_view method;
  std::string_view path;
  std::string_view body;
  std::string content_type;
  std::string host;
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
};

}  // namespace wxpay::sandbox
