#pragma once

#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "support/raw_server.hpp"
#include "support/shop.hpp"

namespace wxpay::test {

/// A shop whose gateway and ledger must stay untouched.
struct Offline {
  explicit Offline(const std::string& more_of_the_profile = {}) {
    shop.configure(gateway.url(""), more_of_the_profile);
  }
  Offline(const Offline&) = delete;
  Offline& operator=(const Offline&) = delete;
  Offline(Offline&&) = delete;
  Offline& operator=(Offline&&) = delete;
  ~Offline() {
    CHECK(gateway.connections() == 0);
    CHECK_FALSE(std::filesystem::exists(shop.path("state")));
  }
  Json sign(std::vector<std::string> arguments, int code = 0, const std::string& input = {}) const {
    arguments.insert(arguments.begin(), "sign");
    arguments.emplace_back("--json");
    const auto result = shop.run(arguments, input);
    CAPTURE(result.err);
    CHECK(result.code == code);
    return json_line(code == 0 || code == 5 ? result.out : result.err);
  }

  RawServer gateway{answering({http_answer("<xml/>")})};
  Shop shop;
};

}  // namespace wxpay::test
