#include "gateway/v3/request_id.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace wxpay::v3 {

namespace {

struct Meaning {
  std::string_view digits;
  std::string_view meaning;
};

constexpr std::array meanings{Meaning{"268512771", "order not found"},
                              Meaning{"268447840", "rate limit"},
                              Meaning{"268435461", "illegal parameter"},
                              Meaning{"268435464", "a value out of range"},
                              Meaning{"268449538", "already paid"},
                              Meaning{"268498689", "already paid"},
                              Meaning{"270924358", "a parameter that is not known"},
                              Meaning{"268443715", "the merchant is closed or cannot be used"},
                              Meaning{"268447843", "the order is of another merchant"},
                              Meaning{"268447914", "the order is no longer valid"},
                              Meaning{"268448010", "the merchant may not collect money now"},
                              Meaning{"268449641", "the order can be reversed only, not closed"},
                              Meaning{"268443699", "signature"},
                              Meaning{"268501013", "JSAPI needs an openid"},
                              Meaning{"268498688", "the parameters differ from those of the first request"},
                              Meaning{"268445527", "appid and mchid are not bound"},
                              Meaning{"268443705", "sub_mchid is the provider's own"},
                              Meaning{"268443704", "sub_mchid is missing"},
                              Meaning{"268447845", "the order is of another sub-merchant"},
                              Meaning{"268443701", "the sub-merchant is not the provider's"}};

}  // namespace

RequestId request_id_of(const HttpResponse& response) {
  RequestId id;
  id.text = shortened(without_control_characters(std::string{response.header("Request-ID").value_or("")}));
  const auto dash = id.text.rfind('-');
  if (dash == std::string::npos) return id;
  const auto digits = std::string_view{id.text}.substr(dash + 1);
  const auto* const found = std::find_if(meanings.begin(), meanings.end(),
                                         [digits](const Meaning& known) { return known.digits == digits; });
  if (found != meanings.end()) id.reason = std::string{digits}.append(": ").append(found->meaning);
  return id;
}

}  // namespace wxpay::v3
