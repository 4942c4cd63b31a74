#include <doctest/doctest.h>

#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "fuzz/targets.hpp"

namespace {

std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

}  // namespace

TEST_CASE("no input of the corpus, among them all that a fuzzer found, breaks a rule") {
  for (const auto& target : wxpay::fuzz::targets) {
    const auto folder = std::filesystem::path{WXPAY_FUZZ_CORPUS} / target.name;
    int inputs = 0;
    for (const auto& entry : std::filesystem::directory_iterator{folder}) {
      CAPTURE(entry.path().string());
      CHECK_NOTHROW(target.check(bytes_of(entry.path())));
      ++inputs;
    }
    CAPTURE(folder.string());
    CHECK(inputs > 2);
  }
}
