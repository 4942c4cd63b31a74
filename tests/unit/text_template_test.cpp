#include "base/text_template.hpp"

#include <doctest/doctest.h>

using wxpay::TextTemplate;

TEST_CASE("a form is its text with values in the gaps, by their numbers") {
  const auto gap = [](std::size_t number) { return TextTemplate::gap(number); };
  struct Row {
    std::string text, filled;
  };
  const Row rows[] = {
      {"", ""},
      {"no gap", "no gap"},
      {gap(0), "zero"},
      {"a=" + gap(1) + "&b=" + gap(0) + ";", "a=one&b=zero;"},
      {gap(2) + gap(2), "twotwo"},
      {"支付" + gap(1) + "\n", "支付one\n"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    std::string out{"before "};
    TextTemplate{row.text}.append_to(out, {"zero", "one", "two"});
    CHECK(out == "before " + row.filled);
  }
}

TEST_CASE("every gap has a mark of its own") {
  for (std::size_t number = 0; number < 10; ++number) {
    std::string out;
    TextTemplate{TextTemplate::gap(number)}.append_to(out,
                                                      {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"});
    CHECK(out == std::to_string(number));
  }
}
