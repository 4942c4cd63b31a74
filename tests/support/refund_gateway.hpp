#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "support/scripted_gateway.hpp"
#include "support/v2_wire.hpp"

namespace wxpay::test {

/// The order whose refunds a RefundGateway has: 300 fen of 1000 each.
inline constexpr const char* refunded_order = "ORDER-20261128001";

/// The refund number that a request names.
inline std::string refund_number_in(const std::string& request) {
  if (tested_api().name == "v2") return v2_element(request, "out_refund_no");
  constexpr std::string_view in_path = "/v3/refund/domestic/refunds/";
  if (const auto at = request.find(in_path); at != std::string::npos) {
    const auto number = request.substr(at + in_path.size());
    return number.substr(0, number.find_first_of("/? "));
  }
  return Json::parse(request.substr(request.find("\r\n\r\n") + 4)).at("out_refund_no").get<std::string>();
}

/// Accepted, or being processed: a query's answer of API v2 numbers what it says.
inline WireFields right_refund_answer(const std::string& request, Operation operation) {
  const std::string index = operation == Operation::query_refund ? "_0" : "";
  WireFields answer{{"return_code", "SUCCESS"},
                    {"return_msg", "OK"},
                    {"appid", shop_app_id},
                    {"mch_id", shop_mch_id},
                    {"nonce_str", "IITRi8Ia"},
                    {"result_code", "SUCCESS"},
                    {"out_trade_no", refunded_order},
                    {"transaction_id", "1217752501201407033233368018"},
                    {"total_fee", "1000"},
                    {"out_refund_no" + index, refund_number_in(request)},
                    {"refund_id" + index, "50300908092026112800012345678"},
                    {"refund_fee" + index, "300"}};
  if (operation == Operation::query_refund) {
    answer["refund_count"] = "1";
    answer["refund_status_0"] = "PROCESSING";
  }
  return answer;
}

/// A ScriptedGateway that answers well about refunds too.
class RefundGateway {
 public:
  RefundGateway() { change({}); }
  void spoil(ScriptedGateway::Spoil how) { gateway_.spoil(std::move(how)); }
  /// Answers with the right fields, some of them replaced or, by an empty value, left out where the answer is
  /// about a refund.
  void change(const WireFields& changes, bool is_signed_well = true) {
    gateway_.spoil([changes, is_signed_well](Peer& peer, const std::string& request) {
      for (const auto operation : {Operation::refund, Operation::query_refund}) {
        if (!tested_api().asks(operation, request)) continue;
        auto answer = right_refund_answer(request, operation);
        for (const auto& [name, value] : changes) answer[name] = value;
        std::erase_if(answer, [](const auto& field) { return field.second.empty(); });
        peer.send(tested_api().answer(operation, {.said = answer, .is_signed_well = is_signed_well}));
        return;
      }
      peer.send(wire_answer(request, {.said = right_answer(request)}));
    });
  }
  RawServer& server() { return gateway_.server(); }

 private:
  ScriptedGateway gateway_;
};

}  // namespace wxpay::test
