#include <string>
#include <string_view>
#include <variant>

#include "base/text.hpp"
#include "fuzz/rules.hpp"
#include "fuzz/shop.hpp"
#include "fuzz/targets.hpp"
#include "gateway/v2/parameter_set.hpp"
#include "gateway/v2/pay_set.hpp"
#include "gateway/v2/sign_explained.hpp"

namespace wxpay::fuzz {

namespace {

/// A set as one line of `name=value` for each field.
std::string in_lines(const Fields& fields) {
  std::string lines;
  for (const auto& [name, value] : fields) lines += name + "=" + value + "\n";
  return lines;
}

bool has_bare_name(const std::string& name) {
  return !name.empty() &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") ==
             std::string::npos;
}

}  // namespace

void check_parameters(std::string_view input) {
  const auto parsed = v2::parse_parameters(input);
  const auto* set = std::get_if<v2::ParameterSet>(&parsed);
  if (set == nullptr) {
    expect(!std::get<wire::Malformed>(parsed).why.empty(), "a refusal has a reason");
    return;
  }
  for (const auto& [name, value] : set->fields) {
    expect(has_bare_name(name) && to_lower(name) != "key", "names are bare, and none is the key's");
    expect(set->form == v2::SetForm::json || set->form == v2::SetForm::xml ||
               input.find(name + "=" + value) != std::string_view::npos,
           "values are taken as they stand");
  }
  if (set->form == v2::SetForm::lines) {
    const auto again = v2::parse_parameters(in_lines(set->fields));
    const auto* read = std::get_if<v2::ParameterSet>(&again);
    expect(read != nullptr && same(read->fields, set->fields), "a set that is written can be read");
  }
  v2::doubts_about(*set);
  v2::named_sign_type(set->fields);
  v2::never_signed_by_merchant(set->fields);
  const auto account = shop_account(SignType::md5);
  const auto key = account.key.reveal();
  const auto explained = v2::explain_canonical(set->fields, account.key);
  expect(explained.canonical_string.find(key) == std::string::npos, "what is explained never shows the key");
  for (const auto& line : explained.in_hex) {
    expect(line.find(key) == std::string::npos && line.find(to_hex(key)) == std::string::npos,
           "what is explained never shows the key, in hex neither");
  }
  v2::explain_mismatch(set->fields, SignType::hmac_sha256, account.key);
  if (!v2::is_pay_set(set->fields)) return;
  const auto pay = v2::read_pay_set(set->fields, shop());
  const auto* pay_set = std::get_if<v2::PaySet>(&pay);
  if (pay_set == nullptr) return;
  v2::explain_pay_mismatch(*pay_set, account.sign_type, account.key);
}

}  // namespace wxpay::fuzz
