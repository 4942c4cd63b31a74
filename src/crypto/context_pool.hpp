#pragma once

#include <functional>
#include <mutex>
#include <vector>

#include "crypto/openssl.hpp"

namespace wxpay::crypto {

/// Contexts of one key for one operation. To prepare one costs a good part of a verification, and a context
/// serves one thread at a time: so each is lent out, and kept for the next.
class ContextPool {
 public:
  /// @param prepare  makes a context that is ready for its operation
  explicit ContextPool(std::function<KeyContext()> prepare) : prepare_{std::move(prepare)} {}

  /// Lends a context until the end of the call.
  template <class Operation>
  auto with_context(Operation operation) {
    const Loan loan{*this};
    return operation(loan.context.get());
  }

 private:
  struct Loan {
    explicit Loan(ContextPool& lender) : pool{lender}, context{lender.take()} {}
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;
    Loan(Loan&&) = delete;
    Loan& operator=(Loan&&) = delete;
    ~Loan() { pool.give_back(std::move(context)); }

    ContextPool& pool;
    KeyContext context;
  };

  KeyContext take();
  void give_back(KeyContext context) noexcept;

  std::function<KeyContext()> prepare_;
  std::mutex mutex_;
  std::size_t made_ = 0;
  std::vector<KeyContext> idle_;
};

}  // namespace wxpay::crypto
