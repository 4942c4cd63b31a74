#include <iostream>
#include <wxpay/ledger.hpp>
#include <wxpay/signing.hpp>
#include <wxpay/v2_gateway.hpp>

// Names the parts with the most behind them, so that they must link: the gateway and the ledger.
const auto make_gateway = &wxpay::make_v2_gateway;
const auto open_ledger = &wxpay::open_ledger;

int main() {
  const wxpay::Fields fields{{"appid", "wxd930ea5d5a258f4f"},
                             {"mch_id", "10000100"},
                             {"device_info", "1000"},
                             {"body", "test"},
                             {"nonce_str", "ibuaiVcKdpRxkhJA"}};
  const wxpay::Secret key{"192006250b4c09247ec02edce69f6a2d"};
  std::cout << wxpay::sign_fields(fields, wxpay::SignType::md5, key) << '\n';
  return make_gateway != nullptr && open_ledger != nullptr ? 0 : 1;
}
