#pragma once

#include <memory>
#include <optional>

#include "app/outcome.hpp"
#include "wxpay/gateway.hpp"
#include "wxpay/order_ledger.hpp"

namespace wxpay::app {

/// The calls of a request that changes something at WeChat Pay: the request, and a query where its answer
/// leaves open what is true. The caller makes its intent durable before, and settles the answers after.
/// @tparam Asked  what the query gives
template <class Outcome, class Asked = QueryOutcome>
class ChangeCalls {
 public:
  /// The call to be driven next; null: all has been asked.
  /// @param start  makes the call that asks for the change
  /// @param is_in_doubt  whether after this refusal only a query can tell what is true
  /// @param start_query  makes that query
  template <class Start, class IsInDoubt, class StartQuery>
  Call* next(const Start& start, const IsInDoubt& is_in_doubt, const StartQuery& start_query) {
    if (!answer_ && !change_) {
      change_ = start();
      return change_.get();
    }
    if (!answer_) {
      answer_ = change_->outcome();
      change_.reset();
      const auto* refused = std::get_if<Refused>(&*answer_);
      if (refused != nullptr && is_in_doubt(*refused)) query_ = start_query();
      return query_.get();
    }
    if (query_) query_answer_ = query_->outcome();
    query_.reset();
    return nullptr;
  }

  void restart() {
    answer_.reset();
    query_answer_.reset();
  }

  const std::optional<Outcome>& answer() const noexcept { return answer_; }
  /// Where there was a doubt.
  const std::optional<Asked>& query_answer() const noexcept { return query_answer_; }

 private:
  std::unique_ptr<CallOf<Outcome>> change_;
  std::optional<Outcome> answer_;
  std::unique_ptr<CallOf<Asked>> query_;
  std::optional<Asked> query_answer_;
};

/// Whether the ledger took the evidence, had it already, or has no such order.
bool agrees(const SettleResult& settled);

/// What the order is now.
/// @param before  what it was, where the ledger has no such order
OrderState state_after(const SettleResult& settled, OrderState before);

/// WeChat Pay has no order to close, so nothing can be paid: it is as good as closed.
PaymentEvidence closed_as_unknown(const MerchantId& mch_id, const OutTradeNo& out_trade_no,
                                  const Refused& refused);

/// What is told where there is no answer: why.
Said said_of(const Unknown& unknown);

}  // namespace wxpay::app
