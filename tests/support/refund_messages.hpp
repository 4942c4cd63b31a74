#pragma once

#include <string>

#include "support/signed_answer.hpp"
#include "wire/req_info.hpp"
#include "wire/xml.hpp"

namespace wxpay::test {

/// What the notification of a refund of 15 fen tells.
inline Fields told_of_refund(FieldChanges changes = {}) {
  return with_changes({{"out_refund_no", "R20261123180002@shop-7|01"},
                       {"out_trade_no", "T20261123180001"},
                       {"refund_account", "REFUND_SOURCE_RECHARGE_FUNDS"},
                       {"refund_fee", "15"},
                       {"refund_id", "50300908092026112300012345678"},
                       {"refund_recv_accout", "支付用户零钱"},
                       {"refund_request_source", "API"},
                       {"refund_status", "SUCCESS"},
                       {"settlement_refund_fee", "15"},
                       {"settlement_total_fee", "100"},
                       {"success_time", "2026-11-23 18:05:49"},
                       {"total_fee", "100"},
                       {"transaction_id", "4200000001202611230000000001"}},
                      changes);
}

/// The document that is encrypted, with another root than what is sent has.
inline std::string root_document(const Fields& fields) {
  auto document = wire::to_xml(fields);
  document.replace(0, 5, "<root>\n");
  return document.replace(document.size() - 6, 6, "\n</root>");
}

/// The notification that holds it.
inline std::string enveloped(const std::string& req_info, FieldChanges changes = {}) {
  return wire::to_xml(with_changes({{"return_code", "SUCCESS"},
                                    {"appid", "wxd678efh567hg6787"},
                                    {"mch_id", "1900000109"},
                                    {"nonce_str", "5K8264ILTKCH16CQ2502SI8ZNMTM67VS"},
                                    {"req_info", req_info}},
                                   changes));
}

/// It, encrypted.
inline std::string sealed(const std::string& document, const char* key = shop_key) {
  return wire::seal_req_info(document, Secret{key});
}

/// A whole notification of API v2.
inline std::string refund_notification(FieldChanges changes = {}) {
  return enveloped(sealed(root_document(told_of_refund(changes))));
}

}  // namespace wxpay::test
