#include "cli/result_fields.hpp"

namespace wxpay::cli {

namespace {

const char* result_code(app::Reply reply) {
  switch (reply) {
    case app::Reply::accepted:
      return "SUCCESS";
    case app::Reply::refused:
      return "FAIL";
    case app::Reply::unknown:
      return "UNKNOWN";
  }
  return "UNKNOWN";
}

}  // namespace

void describe_answer(report::Record& record, const Said& said) {
  if (said.trust == Said::Trust::no_answer) return;
  record.text("returnCode", said.verified() ? "SUCCESS" : "FAIL").text_if_set("returnMsg", said.remark);
}

void describe_reply(report::Record& record, app::Reply reply, const std::string& code,
                    const std::string& text) {
  record.text("resultCode", result_code(reply)).text_if_set("errCode", code).text_if_set("errCodeDes", text);
}

}  // namespace wxpay::cli
