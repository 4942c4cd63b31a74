#include <doctest/doctest.h>

#include "wxpay/fen.hpp"

using wxpay::Fen;

namespace {

struct Row {
  std::string_view text;
  std::optional<Fen> expected;
};

}  // namespace

TEST_CASE("parse_yuan accepts at most two decimals and never rounds") {
  const Row rows[] = {
      {"0.01", Fen{1}},
      {"12.00", Fen{1200}},
      {"12", Fen{1200}},
      {"1.5", Fen{150}},
      {"19.90", Fen{1990}},
      {"99999999.99", Fen{9'999'999'999}},
      {"1.005", {}},
      {"-0.01", {}},
      {"+1", {}},
      {"1e3", {}},
      {"", {}},
      {".5", {}},
      {"5.", {}},
      {"01.00", {}},
      {"0", {}},
      {"0.00", {}},
      {"100000000", {}},
      {" 1", {}},
      {"1 ", {}},
      {"1,00", {}},
      {"１.００", {}},
      {"0x10", {}},
      {"10.005", {}},
      {"1.2.3", {}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    CHECK((wxpay::parse_yuan(row.text) == row.expected));
  }
}

TEST_CASE("parse_fen accepts whole fen of at most ten digits and nothing else") {
  const Row rows[] = {
      {"1", Fen{1}}, {"1000", Fen{1000}}, {"9999999999", wxpay::largest_fee},
      {"0", {}},     {"-1", {}},          {"+1", {}},
      {"1e3", {}},   {"10.0", {}},        {"10000000000", {}},
      {"", {}},      {" 1", {}},          {"007", {}},
      {"１０", {}},  {"1 ", {}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    CHECK((wxpay::parse_fen(row.text) == row.expected));
  }
}

TEST_CASE("an answer's amount may be zero") {
  CHECK((wxpay::parse_wire_fen("0") == Fen{0}));
  CHECK((wxpay::parse_wire_fen("00") == std::nullopt));
  CHECK((wxpay::parse_wire_fen("1.00") == std::nullopt));
}

TEST_CASE("a sum that does not fit is refused") {
  CHECK_THROWS_AS(Fen{INT64_MAX} + Fen{1}, std::overflow_error);
}
