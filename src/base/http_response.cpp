#include <algorithm>

#include "base/text.hpp"
#include "wxpay/transport.hpp"

namespace wxpay {

namespace {

bool is_name(std::string_view text, std::string_view name) {
  const auto lower = [](char c) { return 'A' <= c && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(text.begin(), text.end(), name.begin(), name.end(),
                    [lower](char a, char b) { return lower(a) == lower(b); });
}

}  // namespace

std::optional<std::string_view> HttpResponse::header(std::string_view name) const {
  std::string_view rest{header_lines};
  while (!rest.empty()) {
    const auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || !is_name(line.substr(0, colon), name)) continue;
    return trim(line.substr(colon + 1));
  }
  return std::nullopt;
}

}  // namespace wxpay
