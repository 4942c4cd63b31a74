#pragma once

#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>

#include "support/raw_server.hpp"
#include "support/shop.hpp"

namespace wxpay::test {

/// What such a request asks for.
inline Operation operation_of(const std::string& request) {
  for (const auto operation : {Operation::create, Operation::query, Operation::close}) {
    if (tested_api().asks(operation, request)) return operation;
  }
  throw std::logic_error{"a request that asks for nothing known: " + request};
}

/// What WeChat Pay would answer to this request: a creation is accepted, an order that is asked about is paid
/// with 1000 fen, one that is to be closed is closed.
inline WireFields right_answer(const std::string& request) {
  WireFields answer{{"return_code", "SUCCESS"}, {"return_msg", "OK"},      {"appid", shop_app_id},
                    {"mch_id", shop_mch_id},    {"nonce_str", "IITRi8Ia"}, {"result_code", "SUCCESS"}};
  const auto operation = operation_of(request);
  if (operation == Operation::close) return answer;
  answer["trade_type"] = "JSAPI";
  if (operation == Operation::create) {
    answer["prepay_id"] = "wx201411101639507cbf6ffd8b0779950874";
    return answer;
  }
  answer["out_trade_no"] = tested_api().order_of(request);
  answer["trade_state"] = "SUCCESS";
  answer["total_fee"] = "1000";
  answer["fee_type"] = "CNY";
  answer["cash_fee"] = "1000";
  answer["transaction_id"] = "1217752501201407033233368018";
  answer["time_end"] = "20261123100000";
  answer["openid"] = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o";
  return answer;
}

/// The answer to this request as it goes over the wire.
inline std::string wire_answer(const std::string& request, const WireAnswer& answer) {
  return tested_api().answer(operation_of(request), answer);
}

/// A gateway of the merchant of Shop::configure that answers well until it is told to spoil its answers.
class ScriptedGateway {
 public:
  using Spoil = std::function<void(Peer&, const std::string& request)>;

  /// Answers every request like this; nothing: well again. The connection is closed after each such answer.
  void spoil(Spoil how) {
    const std::lock_guard lock{mutex_};
    spoil_ = std::move(how);
  }
  /// Answers with the right fields, some of them replaced or, by an empty value, left out.
  void change(const WireFields& changes, bool is_signed_well = true) {
    spoil([changes, is_signed_well](Peer& peer, const std::string& request) {
      auto answer = right_answer(request);
      for (const auto& [name, value] : changes) answer[name] = value;
      std::erase_if(answer, [](const auto& field) { return field.second.empty(); });
      peer.send(wire_answer(request, {.said = answer, .is_signed_well = is_signed_well}));
    });
  }
  RawServer& server() { return server_; }

 private:
  void serve(Peer& peer) {
    while (const auto request = peer.read_request()) {
      Spoil how;
      {
        const std::lock_guard lock{mutex_};
        how = spoil_;
      }
      if (how) return how(peer, *request);
      if (!peer.send(wire_answer(*request, {.said = right_answer(*request)}))) return;
    }
  }

  std::mutex mutex_;
  Spoil spoil_;
  RawServer server_{[this](Peer& peer) { serve(peer); }};
};

}  // namespace wxpay::test
