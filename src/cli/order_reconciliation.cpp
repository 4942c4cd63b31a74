#include "cli/order_reconciliation.hpp"

#include "cli/clock_watch.hpp"

namespace wxpay::cli {

namespace {

std::string counted_orders(std::int64_t count) {
  return std::to_string(count) + (count == 1 ? " order" : " orders");
}

std::string mismatch_text(const app::ReconcileResult& result) {
  const auto& number = result.query.out_trade_no;
  const auto text = "order " + number + " does not agree: ";
  if (result.error) {
    return text + result.error->what() +
           "; nothing was applied: a wrong key or app, or somebody changes answers ('wxpayctl doctor')";
  }
  return text + result.query.reason + "; nothing was applied: compare 'wxpayctl query --read-only " + number +
         "' with 'wxpayctl orders show " + number + "'";
}

}  // namespace

void OrderReconciliation::count(const app::ReconcileResult& result, Progress& progress) {
  using Kind = app::ReconcileResult::Kind;
  if (result.error && result.error->kind() == ErrorKind::interrupted) return;
  const auto alert = [&](const std::string& text) {
    progress.clear();
    output_.alert(text);
  };
  ++checked_;
  const auto& query = result.query;
  progress.add(result.kind == Kind::failed || result.kind == Kind::mismatched);
  if (result.time_lies_ahead && time_lies_ahead_++ == 0) first_ahead_ = query.out_trade_no;
  if (result.closing == app::Closing::clock_not_believed) ++not_closed_by_clock_;
  if (result.closing == app::Closing::age_unknown && age_unknown_++ == 0)
    first_age_unknown_ = query.out_trade_no;
  if (result.not_reversed && not_reversed_++ == 0) first_not_reversed_ = query.out_trade_no;
  if (result.paid_after_close) {
    ++paid_after_close_;
    alert("order " + query.out_trade_no + " was paid after it was closed (transaction " +
          query.transaction_id + "): deliver or refund");
  }
  if (result.payable_though_closed) {
    progress.clear();
    output_.warn("order " + query.out_trade_no + " is closed here and can still be paid: 'wxpayctl close " +
                 query.out_trade_no + "' closes it at WeChat Pay");
  }
  switch (result.kind) {
    case Kind::unchanged:
      return;
    case Kind::updated:
      ++updated_;
      return;
    case Kind::still_open:
      ++still_open_;
      return;
    case Kind::closed:
      ++closed_;
      return;
    case Kind::reversed:
      ++reversed_;
      return;
    case Kind::mismatched:
      ++mismatched_;
      alert(mismatch_text(result));
      return;
    case Kind::failed:
      ++failed_;
      if (result.error->kind() == ErrorKind::key) code_ = gravest(code_, exit_config);
      if (!first_failed_) first_failed_ = result;
      return;
  }
}

void OrderReconciliation::end(const app::ReconcileOrders& reconcile) {
  clock_error_ = reconcile.clock_error();
  gave_up_ = reconcile.gave_up();
  other_apps_ = reconcile.of_other_apps();
}

bool OrderReconciliation::found_nothing() const {
  return updated_ + closed_ + reversed_ + mismatched_ + paid_after_close_ + failed_ + not_closed() == 0;
}

void OrderReconciliation::add_to(report::Record& summary) const {
  summary.number("checked", checked_)
      .number("updated", updated_)
      .number("stillOpen", still_open_)
      .number("closed", closed_)
      .number("mismatched", mismatched_)
      .number("paidAfterClose", paid_after_close_)
      .number("failed", failed_);
}

void OrderReconciliation::add_exceptions_to(report::Record& summary) const {
  if (other_apps_ > 0) summary.number("otherApps", other_apps_);
  if (not_closed() > 0) summary.number("notClosed", not_closed());
  if (reversed_ > 0) summary.number("reversed", reversed_);
}

void OrderReconciliation::report_failures() const {
  if (first_failed_) {
    const auto& error = *first_failed_->error;
    const bool was_asked = error.kind() == ErrorKind::ledger_value;
    const auto what = counted_orders(failed_) +
                      (was_asked ? " could not be settled" : " could not be asked about") +
                      ", the first is " + first_failed_->query.out_trade_no + ": " + error.what();
    output_.report(Error{error.kind(), gave_up_ ? what + "; stopped, as too many in a row failed" : what,
                         error.hint(), error.code()});
  } else if (gave_up_) {
    output_.alert("stopped, as too many answers in a row are not to be trusted");
  }
}

void OrderReconciliation::report_left_alone() const {
  report_clock();
  if (not_reversed_ > 0) {
    output_.warn(
        counted_orders(not_reversed_) +
        " of micropay nobody paid, and this profile cannot reverse: that takes API v2 with the client "
        "certificate; the first is " +
        first_not_reversed_);
  }
  if (other_apps_ > 0) {
    output_.warn(counted_orders(other_apps_) +
                 " of another app or sub-merchant left alone: run reconcile with its profile too");
  }
}

int OrderReconciliation::code() const {
  auto code = code_;
  if (mismatched_ > 0) code = gravest(code, exit_integrity);
  if (failed_ + not_closed_by_clock_ > 0) code = gravest(code, exit_unknown);
  if (paid_after_close_ > 0) code = gravest(code, exit_differences);
  return code;
}

/// What times say that cannot be: one warning a kind, also with -q.
void OrderReconciliation::report_clock() const {
  if (time_lies_ahead_ > 0) {
    output_.alert(counted_orders(time_lies_ahead_) + (time_lies_ahead_ == 1 ? ": its" : ": their") +
                  " time lies in the future: was the clock wrong? Asked about all the same; the first is " +
                  first_ahead_);
  }
  const auto not_closed = counted_orders(not_closed_by_clock_) + " may have expired and " +
                          (not_closed_by_clock_ == 1 ? "was" : "were") + " not closed";
  if (clock_error_) {
    const auto problem = describe_wrong_clock(*clock_error_);
    output_.alert(not_closed_by_clock_ == 0 ? problem : not_closed + ": " + problem);
  } else if (not_closed_by_clock_ > 0) {
    output_.alert(not_closed + ": the gateway's answers have no Date to hold this machine's clock against");
  }
  if (age_unknown_ > 0) {
    output_.alert(counted_orders(age_unknown_) + (age_unknown_ == 1 ? " was" : " were") +
                  " not closed, as nobody knows the true time of creation: the clock was wrong; "
                  "'wxpayctl close " +
                  first_age_unknown_ + "' closes the first");
  }
}

}  // namespace wxpay::cli
