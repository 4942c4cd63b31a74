#include "wxpay/ledger_address.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace wxpay {

namespace {

constexpr std::string_view sqlite = "sqlite:";

bool is_scheme_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '+' || c == '-';
}

LedgerAddress::Parsed at_fault(std::string fault) {
  return {std::nullopt, std::move(fault), "write a path, or sqlite:PATH"};
}

}  // namespace

LedgerAddress::Parsed LedgerAddress::parse(std::string_view text) {
  const auto colon = text.find(':');
  const auto scheme = colon == std::string_view::npos ? "" : to_lower(text.substr(0, colon));
  const bool has_scheme = scheme.size() > 1 && std::all_of(scheme.begin(), scheme.end(), is_scheme_character);
  if (scheme == "postgresql" || scheme == "postgres") {
    return at_fault("is a PostgreSQL ledger, which is not supported yet by this version");
  }
  if (has_scheme && scheme != "sqlite") return at_fault("has the unknown scheme " + scheme);
  const auto path = has_scheme ? text.substr(sqlite.size()) : text;
  if (path.empty()) return at_fault("names no file");
  if (path.front() == ':') return at_fault("must be a file");
  if (has_control_character(path)) return at_fault("has a control character");
  return {LedgerAddress{std::filesystem::path{path}}, {}, {}};
}

LedgerAddress LedgerAddress::resolved(
    const std::function<std::filesystem::path(const std::string&)>& resolve_path) const {
  return LedgerAddress{resolve_path(file_.string())};
}

std::string LedgerAddress::text() const {
  return std::string{sqlite} + std::filesystem::absolute(file_).lexically_normal().string();
}

}  // namespace wxpay
