#include "ledger/subject.hpp"

#include <algorithm>
#include <array>

#include "ledger/order_rows.hpp"
#include "ledger/refund_rows.hpp"

namespace wxpay::ledger {

namespace {

constexpr std::array kinds{SubjectKind{.name = order_subject,
                                       .with_article = "an order",
                                       .table = "orders",
                                       .columns = order_columns,
                                       .name_column = place_of("out_trade_no"),
                                       .state_column = place_of("state"),
                                       .is_notified = true},
                           SubjectKind{.name = refund_subject,
                                       .with_article = "a refund",
                                       .table = "refunds",
                                       .columns = refund_columns,
                                       .name_column = refund_place_of("out_refund_no"),
                                       .state_column = refund_place_of("state"),
                                       .is_notified = true}};

}  // namespace

std::span<const SubjectKind> subject_kinds() { return kinds; }

const SubjectKind& refund_kind() { return kinds.back(); }

const SubjectKind* find_subject_kind(std::string_view name) {
  const auto* found =
      std::find_if(kinds.begin(), kinds.end(), [name](const SubjectKind& kind) { return kind.name == name; });
  return found == kinds.end() ? nullptr : found;
}

}  // namespace wxpay::ledger
