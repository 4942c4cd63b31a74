#include "wxpay/secret.hpp"

#include <string.h>

#include <utility>

namespace wxpay {

Secret::Secret(std::string value) : value_{value} { explicit_bzero(value.data(), value.size()); }

// A moved-from short string keeps its bytes, so a secret is copied and the source wiped.
Secret::Secret(Secret&& other) noexcept {
  value_ = other.value_;
  other.wipe();
}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe();
    value_ = other.value_;
    other.wipe();
  }
  return *this;
}

Secret::~Secret() { wipe(); }

void Secret::wipe() noexcept {
  explicit_bzero(value_.data(), value_.size());
  value_.clear();
}

}  // namespace wxpay
