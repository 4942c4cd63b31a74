#include "base/enumeration.hpp"
#include "wxpay/transport.hpp"

namespace wxpay {

std::string_view to_string(HttpMethod method) {
  switch (method) {
    case HttpMethod::get:
      return "GET";
    case HttpMethod::post:
      return "POST";
    case HttpMethod::put:
      return "PUT";
    case HttpMethod::patch:
      return "PATCH";
    case HttpMethod::del:
      return "DELETE";
  }
  return {};
}

std::optional<HttpMethod> parse_http_method(std::string_view text) { return parse_named<HttpMethod>(text); }

}  // namespace wxpay
