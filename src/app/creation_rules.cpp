#include "app/creation_rules.hpp"

#include "app/order_request.hpp"

namespace wxpay::app {

std::optional<CreationRefusal> refusal_of(CreatePlan plan, const OrderIntent& stored) {
  switch (plan) {
    case CreatePlan::differs:
      return CreationRefusal{"OUT_TRADE_NO_USED", "the number belongs to an order with other parameters"};
    case CreatePlan::paid:
      return CreationRefusal{"ORDERPAID", paid_text};
    case CreatePlan::closed:
      return CreationRefusal{"ORDERCLOSED", closed_text};
    case CreatePlan::again:
      if (const auto problem = ambiguity_of(stored); !problem.empty()) {
        return CreationRefusal{"PARAM_ERROR",
                               problem + "; it was stored before and is not sent again: use a new number"};
      }
      return std::nullopt;
    case CreatePlan::first:
    case CreatePlan::replace:
    case CreatePlan::reuse:
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace wxpay::app
