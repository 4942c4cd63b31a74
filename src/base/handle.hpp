#pragma once

#include <memory>

namespace wxpay {

/// Gives a C resource back with its own function.
template <auto Release>
struct Releaser {
  void operator()(auto* resource) const noexcept { Release(resource); }
};

/// Owns a handle of a C library.
template <class T, auto Release>
using Handle = std::unique_ptr<T, Releaser<Release>>;

}  // namespace wxpay
