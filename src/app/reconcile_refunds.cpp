#include "app/reconcile_refunds.hpp"

#include <algorithm>
#include <memory>
#include <utility>
#include <variant>

#include "wxpay/error.hpp"

namespace wxpay::app {

namespace {

using RefundKind = RefundReconciliation::Kind;

constexpr std::size_t refunds_of_a_page = 512;
constexpr std::int64_t most_unanswered_in_a_row = 20;

}  // namespace

/// One refund: asked about and settled.
class ReconcileRefunds::Item final : public PipelineItem {
 public:
  Item(ReconcileRefunds& run, OutRefundNo number) : run_{run}, number_{std::move(number)} {}

  Next first() const override { return Next::work; }

  Call* question(std::size_t worker) override {
    const auto& gateways = run_.deps_.gateways;
    auto& gateway = gateways.gateway(worker);
    return query_.next(gateways.rate_limiter, run_.deps_.stop,
                       [&] { return gateway.start_query_refund(number_); });
  }

  Next work(std::size_t /*worker*/) override {
    if (!run_.deps_.stop.requested() && run_.failures_.add(is_unanswered())) run_.pipeline_.halt();
    return Next::record;
  }

  Next record() override {
    result_ = {};
    const bool dry_run = run_.options_.dry_run;
    try {
      result_.query = settle_refund_answer(query_.outcome(), run_.deps_.merchant, number_,
                                           &run_.deps_.refunds, dry_run ? WriteBack::no : WriteBack::yes,
                                           run_.started_ - run_.options_.older_than);
    } catch (const UnreadableOrder& error) {
      fail(error);
      return Next::done;
    } catch (const Error& error) {
      // Of the answer; what the ledger says ends the transaction.
      if (exit_is_of_ledger(error.kind())) throw;
      fail(error);
      return Next::done;
    }
    if (result_.query.outcome == Outcome::integrity) {
      result_.kind = RefundKind::mismatched;
    } else if (result_.query.written) {
      result_.kind = RefundKind::updated;
    }
    return Next::done;
  }

  /// An answer that the ledger cannot keep is the trouble of this refund alone.
  bool record_failed(const Error& error) override {
    if (error.kind() != ErrorKind::ledger_value) return false;
    result_ = {};
    fail(error);
    return true;
  }

  const RefundReconciliation& result() const { return result_; }

 private:
  static bool exit_is_of_ledger(ErrorKind kind) {
    return kind == ErrorKind::ledger || kind == ErrorKind::ledger_value || kind == ErrorKind::ledger_busy;
  }

  bool is_unanswered() const {
    const auto& outcome = query_.outcome();
    if (const auto* refused = std::get_if<Refused>(&outcome)) return !refused->said.verified();
    return std::holds_alternative<Unknown>(outcome);
  }

  void fail(const Error& error) {
    result_.query.out_refund_no = number_.text();
    result_.kind = error.kind() == ErrorKind::untrusted ? RefundKind::mismatched : RefundKind::failed;
    result_.error = error;
  }

  ReconcileRefunds& run_;
  OutRefundNo number_;
  ThrottledCall<RefundOutcome> query_;
  RefundReconciliation result_;
};

ReconcileRefunds::ReconcileRefunds(ReconcileRefundsOptions options, ReconcileRefundsDeps deps)
    : options_{options},
      deps_{std::move(deps)},
      started_{deps_.clock.now()},
      pipeline_{{.workers = deps_.gateways.drivers, .ahead = 256},
                [this](const std::function<void()>& work) {
                  if (options_.dry_run) return work();
                  deps_.orders.transact(work);
                },
                deps_.stop,
                deps_.gateways.resources(options_.jobs, deps_.clock)},
      failures_{most_unanswered_in_a_row} {}

void ReconcileRefunds::run(const Output& output) {
  pipeline_.run({.read = [this]() -> std::unique_ptr<PipelineItem> {
                   auto refund = next();
                   if (!refund) return nullptr;
                   return std::make_unique<Item>(*this, std::move(refund->intent.out_refund_no));
                 },
                 .readable = {}},
                {.give = [&](PipelineItem& item) { output.result(static_cast<Item&>(item).result()); },
                 .leave = [](PipelineItem&) {},
                 .pause = output.pause});
}

std::int64_t ReconcileRefunds::count() const {
  const auto all = deps_.refunds.count_refunds(deps_.merchant.mch_id, which());
  return options_.limit ? std::min(all, *options_.limit) : all;
}

OpenRefunds ReconcileRefunds::which() const {
  return {.until = started_ - options_.older_than + std::chrono::seconds{1}};
}

std::optional<Refund> ReconcileRefunds::next() {
  if (options_.limit && asked_ >= *options_.limit) return std::nullopt;
  if (page_place_ == page_.size()) {
    page_ = deps_.refunds.page_refunds(deps_.merchant.mch_id, which(), cursor_, refunds_of_a_page);
    page_place_ = 0;
    if (page_.empty()) return std::nullopt;
  }
  ++asked_;
  return std::move(page_[page_place_++]);
}

}  // namespace wxpay::app
