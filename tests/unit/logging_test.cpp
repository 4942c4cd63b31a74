#include "cli/logging.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <string>

#include "support/temporary_file.hpp"

TEST_CASE("a line of the log stays one line, with nothing in it that a terminal would follow") {
  const wxpay::test::TemporaryFile file{""};
  const auto log = wxpay::cli::make_log({wxpay::LogLevel::info, file.path()});
  log->write(wxpay::LogLevel::info, "a\x1b[31m\r\nb\xC2\x9B\xE2\x80\xAE 茶");
  std::ifstream written{file.path()};
  std::string line;
  REQUIRE(std::getline(written, line));
  CHECK(line.ends_with(" a [31m  b      茶"));
  CHECK_FALSE(std::getline(written, line));
}
