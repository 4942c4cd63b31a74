#include <string>
#include <string_view>
#include <variant>

#include "app/parameter_set.hpp"
#include "app/pay_set.hpp"
#include "app/sign_explained.hpp"
#include "base/text.hpp"
#include "fuzz/rules.hpp"
#include "fuzz/shop.hpp"
#include "fuzz/targets.hpp"

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
  const auto parsed = app::parse_parameters(input);
  const auto* set = std::get_if<app::ParameterSet>(&parsed);
  if (set == nullptr) {
    expect(!std::get<wire::Malformed>(parsed).why.empty(), "a refusal has a reason");
    return;
  }
  for (const auto& [name, value] : set->fields) {
    expect(has_bare_name(name) && to_lower(name) != "key", "names are bare, and none is the key's");
    expect(set->form == app::SetForm::json || set->form == app::SetForm::xml ||
               input.find(name + "=" + value) != std::string_view::npos,
           "values are taken as they stand");
  }
  if (set->form == app::SetForm::lines) {
    const auto again = app::parse_parameters(in_lines(set->fields));
    const auto* read = std::get_if<app::ParameterSet>(&again);
    expect(read != nullptr && same(read->fields, set->fields), "a set that is written can be read");
  }
  app::doubts_about(*set);
  app::named_sign_type(set->fields);
  app::never_signed_by_merchant(set->fields);
  const auto account = shop_account(SignType::md5);
  const auto key = account.key.reveal();
  const auto explained = app::explain_canonical(set->fields, account.key);
  expect(explained.canonical_string.find(key) == std::string::npos, "what is explained never shows the key");
  for (const auto& line : explained.in_hex) {
    expect(line.find(key) == std::string::npos && line.find(to_hex(key)) == std::string::npos,
           "what is explained never shows the key, in hex neither");
  }
  app::explain_mismatch(set->fields, SignType::hmac_sha256, account.key);
  if (!app::is_pay_set(set->fields)) return;
  const auto pay = app::read_pay_set(set->fields, shop());
  const auto* pay_set = std::get_if<app::PaySet>(&pay);
  if (pay_set == nullptr) return;
  app::explain_pay_mismatch(*pay_set, account.sign_type, account.key);
}

}  // namespace wxpay::fuzz
