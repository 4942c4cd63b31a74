#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include "support/v3_keys.hpp"

TEST_CASE("many threads sign, verify, encrypt and decrypt by one key at once") {
  const auto key = wxpay::test::merchant_key();
  const auto other_half = key.public_key();
  std::atomic<int> good{0};
  constexpr int threads = 4;
  constexpr int rounds = 25;
  const auto work = [&key, &other_half, &good](int number) {
    for (int i = 0; i < rounds; ++i) {
      const auto message = std::to_string(number * rounds + i);
      const auto signature = key.sign(message);
      if (!other_half.verify(message, signature) || other_half.verify(message + "x", signature)) continue;
      const auto plaintext = key.decrypt(other_half.encrypt(message));
      if (plaintext && plaintext->reveal() == message) ++good;
    }
  };
  std::vector<std::thread> running;
  for (int i = 0; i < threads; ++i) running.emplace_back(work, i);
  for (auto& thread : running) thread.join();
  CHECK(good == threads * rounds);
}
