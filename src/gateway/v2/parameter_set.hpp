#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "wire/malformed.hpp"
#include "wxpay/fields.hpp"

namespace wxpay::v2 {

enum class SetForm : std::uint8_t { json, xml, lines, one_line };

/// A set of parameters as somebody gave it.
struct ParameterSet {
  SetForm form = SetForm::json;
  Fields fields;
};

/// Reads a JSON object, an XML document, lines of `name=value`, or one line of `a=1&b=2`, told apart by the
/// first character and by whether there is one line or more. Values are taken as they stand: nothing is
/// trimmed or decoded but what JSON and XML themselves ask for. Refused is what would be signed otherwise
/// than it is sent: names of other characters than `A-Z a-z 0-9 _`, JSON values that are neither texts nor
/// whole numbers nor null, control characters and several fields in one of the lines; and `key`, which is
/// never a field.
std::variant<ParameterSet, wire::Malformed> parse_parameters(std::string_view text);

/// What in the set is signed as it stands but was perhaps not meant so.
std::vector<std::string> doubts_about(const ParameterSet& set);

/// Whether a field has the name under which others hand on the merchant's key, in whatever case.
bool names_key(std::string_view name);

/// What the set says of its own type, as `sign_type` or as `signType`; empty for nothing.
std::string named_sign_type(const Fields& fields);

/// Why a merchant never signs such a set: only WeChat Pay signs what has a return_code or result_code, as a
/// field or written into a value, and only this program prints returnCode and resultCode. Empty for any
/// other.
std::string never_signed_by_merchant(const Fields& fields);

}  // namespace wxpay::v2
