#pragma once

#include <string>
#include <string_view>

namespace wxpay::sandbox {

/// What the merchant's back end answered to a notification. WeChat Pay sends it again unless it was taken.
struct NotifyAnswer {
  bool taken = false;
  std::string code;  ///< SUCCESS or FAIL; empty where it is no answer
  std::string text;  ///< what it says besides
};

NotifyAnswer read_notify_answer(std::string_view body);

}  // namespace wxpay::sandbox
