#include "crypto/context_pool.hpp"

namespace wxpay::crypto {

KeyContext ContextPool::take() {
  {
    const std::lock_guard lock{mutex_};
    if (!idle_.empty()) {
      auto context = std::move(idle_.back());
      idle_.pop_back();
      return context;
    }
    // There is room for every context, so that giving one back cannot fail.
    idle_.reserve(++made_);
  }
  auto context = prepare_();
  if (!context) fail("no context for a key");
  return context;
}

void ContextPool::give_back(KeyContext context) noexcept {
  const std::lock_guard lock{mutex_};
  idle_.push_back(std::move(context));
}

}  // namespace wxpay::crypto
