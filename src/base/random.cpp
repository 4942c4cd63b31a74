#include <array>

#include "wxpay/clock.hpp"

namespace wxpay {

std::string make_nonce(Random& random) {
  static constexpr std::string_view alphabet =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  // 62 of 64 values are used and the rest drawn again, so that every character is equally likely.
  std::string nonce(32, '0');
  std::array<std::byte, 40> bytes{};
  auto at = nonce.begin();
  while (at != nonce.end()) {
    random.fill(bytes);
    for (const std::byte byte : bytes) {
      const auto index = std::to_integer<std::size_t>(byte & std::byte{0x3F});
      if (index < alphabet.size() && at != nonce.end()) *at++ = alphabet[index];
    }
  }
  return nonce;
}

}  // namespace wxpay
