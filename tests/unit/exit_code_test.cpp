#include "cli/exit_code.hpp"

#include <doctest/doctest.h>

#include <array>

using namespace wxpay;
using cli::gravest;

TEST_CASE("of two exit codes the graver counts, and no error is ever lost") {
  constexpr int codes = 256;
  for (int a = 0; a < codes; ++a) {
    for (int b = 0; b < codes; ++b) {
      const int code = gravest(a, b);
      CHECK((code == a || code == b));
      CHECK((code == 0) == (a == 0 && b == 0));
    }
  }
  constexpr std::array order{130, 70, 5, 7, 8, 3, 4, 1, 6, 141, 0};
  for (std::size_t i = 1; i < order.size(); ++i) {
    CHECK(gravest(order.at(i - 1), order.at(i)) == order.at(i - 1));
    CHECK(gravest(order.at(i), order.at(i - 1)) == order.at(i - 1));
  }
}

TEST_CASE("the help has every exit code that an error ends with") {
  const auto help = cli::exit_code_help() + " ";
  for (int kind = 0; kind <= static_cast<int>(ErrorKind::internal); ++kind) {
    const auto code = std::to_string(cli::exit_code(static_cast<ErrorKind>(kind)));
    CAPTURE(code);
    CHECK((help.find(" " + code + " ") != std::string::npos ||
           help.find("/" + code + "/") != std::string::npos));
  }
}
