#include <iostream>
#include <wxpay/gateway_client.hpp>
#include <wxpay/http_transport.hpp>
#include <wxpay/ledger.hpp>
#include <wxpay/signing.hpp>
#include <wxpay/v2_gateway.hpp>

// Names the parts with the most behind them, so that they must link: the API, what drives its calls, and the
// ledger.
const auto make_api = &wxpay::make_v2_api;
const auto drive = &wxpay::GatewayClient::drive;
const auto make_transport = &wxpay::net::make_http_transport;
const auto open_ledger = &wxpay::open_ledger;

int main() {
  const wxpay::Fields fields{{"appid", "wxd930ea5d5a258f4f"},
                             {"mch_id", "10000100"},
                             {"device_info", "1000"},
                             {"body", "test"},
                             {"nonce_str", "ibuaiVcKdpRxkhJA"}};
  const wxpay::Secret key{"192006250b4c09247ec02edce69f6a2d"};
  std::cout << wxpay::sign_fields(fields, wxpay::SignType::md5, key) << '\n';
  return make_api != nullptr && drive != nullptr && make_transport != nullptr && open_ledger != nullptr ? 0
                                                                                                        : 1;
}
