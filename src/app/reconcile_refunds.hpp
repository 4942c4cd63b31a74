#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "app/gateway_pool.hpp"
#include "app/pipeline.hpp"
#include "app/query_refund.hpp"
#include "app/throttling.hpp"
#include "wxpay/clock.hpp"
#include "wxpay/gateway.hpp"
#include "wxpay/order_ledger.hpp"
#include "wxpay/refund_ledger.hpp"

namespace wxpay::app {

/// What became of one refund.
struct RefundReconciliation {
  enum class Kind {
    unchanged,   ///< still UNKNOWN or PROCESSING
    updated,     ///< something was written
    mismatched,  ///< something does not agree; nothing was written
    failed,      ///< no answer, or one that the ledger cannot keep
  };
  Kind kind = Kind::unchanged;
  RefundQueryResult query;
  std::optional<Error> error;  ///< of failed and, where the answer was not to be trusted, of mismatched
};

struct ReconcileRefundsOptions {
  std::size_t jobs = 1;
  std::chrono::seconds older_than{300};  ///< what was sent later is left alone
  std::optional<std::int64_t> limit;     ///< refunds to ask about, at most
  bool dry_run = false;                  ///< asks, but writes nothing
};

struct ReconcileRefundsDeps {
  OrderLedger& orders;
  RefundLedger& refunds;  ///< of the same ledger
  MerchantIdentity merchant;
  GatewayPool gateways;
  Clock& clock;
  const Stop& stop;
};

/// Asks WeChat Pay about every refund that is UNKNOWN or PROCESSING and settles the answers
/// (wxpayctl-reconcile(1)). Never sends a refund. Running it again is always safe. It gives up after 20
/// refunds in a row without an answer.
class ReconcileRefunds {
 public:
  ReconcileRefunds(ReconcileRefundsOptions options, ReconcileRefundsDeps deps);

  struct Output {
    std::function<void(const RefundReconciliation&)> result;
    std::function<void()> pause;
  };
  /// @throws Error{ledger}
  void run(const Output& output);

  /// How many refunds it would ask about now.
  std::int64_t count() const;
  void halt() noexcept { pipeline_.halt(); }
  bool finished() const noexcept { return pipeline_.finished(); }
  bool gave_up() const noexcept { return failures_.given_up(); }
  /// Of those that it went past.
  const UnreadableOrders& unreadable() const noexcept { return cursor_.unreadable; }

 private:
  class Item;
  OpenRefunds which() const;
  std::optional<Refund> next();

  ReconcileRefundsOptions options_;
  ReconcileRefundsDeps deps_;
  std::chrono::sys_seconds started_;
  Pipeline pipeline_;
  FailureStreak failures_;
  OrderCursor cursor_;
  std::vector<Refund> page_;
  std::size_t page_place_ = 0;
  std::int64_t asked_ = 0;
};

}  // namespace wxpay::app
