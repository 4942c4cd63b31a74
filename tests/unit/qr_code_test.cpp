#include "report/qr_code.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "wxpay/error.hpp"

namespace {

constexpr std::string_view line_start = "\x1b[30;107m";
constexpr std::string_view line_end = "\x1b[0m";

/// The modules of a picture, true for dark; empty when the picture is not made as it should be.
std::vector<std::vector<bool>> modules_of(const std::string& picture) {
  std::vector<std::vector<bool>> modules;
  std::string_view rest{picture};
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    if (end == std::string_view::npos) return {};
    auto line = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    if (!line.starts_with(line_start) || !line.ends_with(line_end)) return {};
    line.remove_prefix(line_start.size());
    line.remove_suffix(line_end.size());
    std::vector<bool> upper, lower;
    while (!line.empty()) {
      const bool blank = line.starts_with(" ");
      const bool full = line.starts_with("█");
      upper.push_back(full || line.starts_with("▀"));
      lower.push_back(full || line.starts_with("▄"));
      if (!blank && !upper.back() && !lower.back()) return {};
      line.remove_prefix(blank ? 1 : 3);
    }
    modules.push_back(upper);
    modules.push_back(lower);
  }
  return modules;
}

/// Whether the 7 by 7 pattern, by which a reader finds the code, is at this place.
bool has_finder(const std::vector<std::vector<bool>>& modules, std::size_t left, std::size_t top) {
  for (std::size_t y = 0; y < 7; ++y) {
    for (std::size_t x = 0; x < 7; ++x) {
      const bool rim = x == 0 || x == 6 || y == 0 || y == 6;
      const bool core = x >= 2 && x <= 4 && y >= 2 && y <= 4;
      if (modules.at(top + y).at(left + x) != (rim || core)) return false;
    }
  }
  return true;
}

}  // namespace

TEST_CASE("a QR code has its size, its three finders and its quiet zone") {
  for (const std::string content : {"weixin://wxpay/bizpayurl?pr=NwY5Mz9", "x", "支付"}) {
    CAPTURE(content);
    const auto modules = modules_of(wxpay::report::qr_code(content));
    REQUIRE_FALSE(modules.empty());
    const auto width = modules[0].size();
    constexpr std::size_t quiet = 2;
    const auto side = width - 2 * quiet;
    CHECK(side >= 21);
    CHECK((side - 17) % 4 == 0);
    CHECK(modules.size() >= width);
    CHECK(modules.size() <= width + 1);
    CHECK(has_finder(modules, quiet, quiet));
    CHECK(has_finder(modules, quiet + side - 7, quiet));
    CHECK(has_finder(modules, quiet, quiet + side - 7));
    CHECK_FALSE(has_finder(modules, quiet + side - 7, quiet + side - 7));
    for (std::size_t y = 0; y < modules.size(); ++y) {
      REQUIRE(modules[y].size() == width);
      for (std::size_t x = 0; x < width; ++x) {
        const bool inside = x >= quiet && x < quiet + side && y >= quiet && y < quiet + side;
        if (!inside) REQUIRE_FALSE(modules[y][x]);
      }
    }
  }
}

TEST_CASE("another link is another code, the same link the same") {
  CHECK(wxpay::report::qr_code("weixin://a") == wxpay::report::qr_code("weixin://a"));
  CHECK(wxpay::report::qr_code("weixin://a") != wxpay::report::qr_code("weixin://b"));
}

TEST_CASE("a text that fits into no code is an error") {
  CHECK_THROWS_AS(wxpay::report::qr_code(std::string(5000, 'x')), wxpay::Error);
}
