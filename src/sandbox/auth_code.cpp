#include "sandbox/auth_code.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include "base/text.hpp"

namespace wxpay::sandbox {

namespace {

constexpr std::size_t code_size = 18;
constexpr std::size_t digits_that_tell = 2;
/// The payer needs as long as it takes to ask twice.
constexpr int few_queries = 3;

struct Row {
  std::string_view digits;
  CodeEnding ending;
};

using enum OrderState;
constexpr std::array rows{
    Row{"01", {CodeAnswer::userpaying, userpaying, Pending{success, few_queries}}},
    Row{"02", {CodeAnswer::userpaying, userpaying}},
    Row{"03", {CodeAnswer::userpaying, userpaying, Pending{payerror, few_queries}}},
    Row{"04", {CodeAnswer::system_error, success}},
    Row{"05", {CodeAnswer::system_error, notpay}},
    Row{"06", {CodeAnswer::not_enough, payerror}},
    Row{"07", {CodeAnswer::code_expired, notpay}},
    Row{"08", {CodeAnswer::code_invalid, notpay}},
    Row{"09", {CodeAnswer::bank_error, userpaying, Pending{success, few_queries}}},
    Row{"10", {CodeAnswer::paid, success, std::nullopt, 1}},
    Row{"11", {CodeAnswer::userpaying, userpaying, Pending{notpay, few_queries}}},
    Row{"12", {CodeAnswer::userpaying, userpaying, std::nullopt, 1}},
    Row{"13", {CodeAnswer::trade_error, payerror}},
};

}  // namespace

bool is_auth_code(std::string_view code) {
  return code.size() == code_size && is_digits(code) && code[0] == '1' && code[1] <= '5';
}

CodeEnding ending_of(std::string_view auth_code) {
  const auto digits = auth_code.substr(auth_code.size() - std::min(auth_code.size(), digits_that_tell));
  const auto* const found =
      std::find_if(rows.begin(), rows.end(), [digits](const Row& row) { return row.digits == digits; });
  return found == rows.end() ? CodeEnding{} : found->ending;
}

}  // namespace wxpay::sandbox
