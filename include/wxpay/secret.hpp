#pragma once

#include <string>
#include <string_view>

namespace wxpay {

/// A key or password. It cannot be printed, compared or copied by accident, and its bytes are wiped at the
/// end.
class Secret {
 public:
  explicit Secret(std::string value);
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret();

  /// The bytes themselves, for the code that computes with them and for nothing else.
  std::string_view reveal() const noexcept { return value_; }
  /// A second holder of the same secret, asked for by name.
  Secret duplicate() const { return Secret{std::string{value_}}; }

 private:
  void wipe() noexcept;
  std::string value_;
};

}  // namespace wxpay
