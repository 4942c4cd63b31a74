#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "support/market.hpp"

namespace wxpay::test {

using Texts = std::vector<std::string>;
using Counts = std::map<std::string, int>;

struct ReconcileMarket : Market {
  void order(const std::string& number, const Texts& more = {}) const {
    CHECK(shop.run(create(number, more)).code == 0);
  }
  Json reconcile(Texts more = {}, int code = 0) const {
    Texts arguments{"reconcile", "--older-than", "0s", "--rate", "10000"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return json(arguments, code);
  }
  /// As cron runs it.
  Result quiet(Texts more = {}) const {
    Texts arguments{"-q", "reconcile", "--older-than", "0s"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return shop.run(arguments);
  }
  std::string state(const std::string& number) const {
    return json({"orders", "show", number})["state"].get<std::string>();
  }
  void close_by_hand(const std::string& number) const {
    CHECK(shop.run({"orders", "mark", number, "--state", "CLOSED", "--reason", "a test"}).code == 0);
  }
};

/// What was closed in the second in which a run begins is for the next run.
inline void wait_for_next_second() {
  using std::chrono::system_clock;
  std::this_thread::sleep_until(std::chrono::ceil<std::chrono::seconds>(system_clock::now()));
}

/// The counts of a summary, by name, without those that are 0.
inline Counts counts(const Json& summary) {
  Counts found;
  for (const auto* key :
       {"checked", "updated", "stillOpen", "closed", "mismatched", "paidAfterClose", "failed"}) {
    if (summary.at(key) != 0) found[key] = summary.at(key);
  }
  return found;
}

inline std::string batch_of(const std::string& prefix, int count) {
  std::string text = "outTradeNo,openid,totalFee\n";
  for (int i = 0; i < count; ++i) text += numbered(prefix, i) + ",o1,1000\n";
  return text;
}

}  // namespace wxpay::test
