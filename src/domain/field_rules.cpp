#include "domain/field_rules.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "base/url.hpp"
#include "domain/limits.hpp"

namespace wxpay {

std::string text_fault(std::string_view text, std::size_t longest) {
  if (!is_utf8(text)) return "is not UTF-8";
  if (text.size() > longest) {
    return "is longer than " + std::to_string(longest) + " bytes: it has " + std::to_string(text.size());
  }
  if (has_control_character(text)) return "has a control character or line break";
  // Some readers of the signed text trim it, others do not (reference of API v2, 3.3).
  if (has_outer_blank(text)) return "begins or ends with a blank";
  return "";
}

std::string body_fault(std::string_view body) { return text_fault(body, limits::longest_body); }

std::string refund_reason_fault(std::string_view reason) {
  if (auto fault = text_fault(reason, limits::longest_refund_reason); !fault.empty()) return fault;
  // WeChat Pay takes characters of one to three bytes in UTF-8 (API v3 reference, 1).
  const bool has_long_character =
      std::any_of(reason.begin(), reason.end(), [](char c) { return static_cast<unsigned char>(c) >= 0xF0; });
  return has_long_character ? "holds a character that WeChat Pay does not take, as an emoji" : "";
}

std::string notify_url_fault(std::string_view url) {
  if (auto fault = text_fault(url, limits::longest_notify_url); !fault.empty()) return fault;
  const auto parsed = parse_url(url);
  if (!parsed.url) return parsed.fault;
  if (!url.starts_with("http://") && !url.starts_with("https://"))
    return "has a scheme that is not in lower case";
  if (parsed.url->has_query) return "has a query string, which WeChat Pay does not allow";
  if (parsed.url->has_fragment) return "has a fragment (`#…`)";
  return "";
}

std::string merchant_id_fault(std::string_view id) {
  return is_digits(id) && id.size() <= limits::longest_id ? "" : "is not a number of 1 to 32 digits";
}

std::string app_id_fault(std::string_view id) {
  return is_visible(id) && id.size() <= limits::longest_id ? "" : "is not 1 to 32 visible ASCII characters";
}

bool is_plain_id(std::string_view text, std::size_t longest) {
  return text.size() <= longest && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
         });
}

}  // namespace wxpay
