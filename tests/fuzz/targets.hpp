#pragma once

#include <array>
#include <string_view>

namespace wxpay::fuzz {

// Each takes whatever bytes there are, and throws Broken where one of its rules does not hold. Any other
// exception, and any report of a sanitizer, is a fault as well.
void check_config(std::string_view input);
void check_documents(std::string_view input);
void check_json(std::string_view input);
void check_keys(std::string_view input);
void check_ledger_rows(std::string_view input);
void check_messages(std::string_view input);
void check_orders(std::string_view input);
void check_parameters(std::string_view input);
void check_records(std::string_view input);
void check_saved(std::string_view input);
void check_state_file(std::string_view input);
void check_v3_messages(std::string_view input);
void check_xml(std::string_view input);

struct Target {
  std::string_view name;  ///< of its folder in corpus/, too
  void (*check)(std::string_view input);
};

inline constexpr std::array targets{
    Target{"config", check_config},
    Target{"documents", check_documents},
    Target{"json", check_json},
    Target{"keys", check_keys},
    Target{"ledger_rows", check_ledger_rows},
    Target{"messages", check_messages},
    Target{"orders", check_orders},
    Target{"parameters", check_parameters},
    Target{"records", check_records},
    Target{"saved", check_saved},
    Target{"state_file", check_state_file},
    Target{"v3_messages", check_v3_messages},
    Target{"xml", check_xml},
};

}  // namespace wxpay::fuzz
