#include "sandbox/v2_notify_answer.hpp"

#include <variant>

#include "wire/xml.hpp"

namespace wxpay::sandbox {

NotifyAnswer read_v2_notify_answer(int status, std::string_view body) {
  const auto parsed = wire::parse_xml(body);
  const auto* fields = std::get_if<Fields>(&parsed);
  if (fields == nullptr) return {};
  NotifyAnswer answer;
  answer.code = fields->get("return_code");
  answer.text = fields->get("return_msg");
  answer.taken = status / 100 == 2 && answer.code == "SUCCESS";
  return answer;
}

}  // namespace wxpay::sandbox
