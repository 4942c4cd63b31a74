#include "wxpay/secret.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <concepts>
#include <ostream>
#include <type_traits>
#include <utility>

using wxpay::Secret;

namespace {

template <class T>
concept Printable = requires(std::ostream& out, const T& value) {
  out << value;
};

static_assert(!std::is_copy_constructible_v<Secret>);
static_assert(!std::is_copy_assignable_v<Secret>);
static_assert(std::is_nothrow_move_constructible_v<Secret>);
static_assert(std::is_nothrow_move_assignable_v<Secret>);
static_assert(!Printable<Secret>);
static_assert(!std::equality_comparable<Secret>);
static_assert(!std::is_convertible_v<Secret, std::string>);
static_assert(!std::is_convertible_v<Secret, std::string_view>);
static_assert(!std::is_convertible_v<std::string, Secret>);

constexpr const char* key = "0123456789abcdef0123456789abcdef";

}  // namespace

TEST_CASE("a secret is revealed by name, and duplicated by name") {
  const Secret secret{key};
  CHECK(secret.reveal() == key);
  const auto second = secret.duplicate();
  CHECK(second.reveal() == key);
  CHECK(second.reveal().data() != secret.reveal().data());
}

TEST_CASE("a secret that was moved from holds nothing") {
  Secret first{key};
  const auto* bytes = first.reveal().data();
  Secret second{std::move(first)};
  CHECK(second.reveal() == key);
  CHECK(first.reveal().empty());                     // NOLINT(bugprone-use-after-move): that is the question
  CHECK(std::count(bytes, bytes + 32, '\0') == 32);  // its buffer is still its own, and wiped
  Secret third{"other"};
  third = std::move(second);
  CHECK(third.reveal() == key);
  CHECK(second.reveal().empty());  // NOLINT(bugprone-use-after-move)
  auto& same = third;
  third = std::move(same);
  CHECK(third.reveal() == key);
}
