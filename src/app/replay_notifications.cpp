#include "app/replay_notifications.hpp"

#include <memory>
#include <utility>
#include <variant>

#include "app/notification_outcome.hpp"
#include "wxpay/time.hpp"

namespace wxpay::app {

namespace {

/// An answer to a notification is a line.
constexpr std::size_t largest_answer = 65'536;

/// As they came, a line each; empty where only the body was saved.
std::string header_lines(const std::vector<HttpHeader>& headers) {
  std::size_t size = 0;
  for (const auto& [name, value] : headers) size += name.size() + value.size() + 4;
  std::string lines;
  lines.reserve(size);
  for (const auto& [name, value] : headers) {
    lines += name;
    lines += ": ";
    lines += value;
    lines += "\r\n";
  }
  return lines;
}

}  // namespace

/// A worker verifies it, the ledger takes it, and a worker sends it on.
class NotificationReplay::Item final : public PipelineItem {
 public:
  Item(NotificationReplay& replay, SavedNotification saved) : replay_{replay}, saved_{std::move(saved)} {
    result_.source = std::move(saved_.source);
    result_.reason = saved_.unreadable;
  }

  const ReplayResult& result() const noexcept { return result_; }

  Next first() const override { return saved_.unreadable.empty() ? Next::work : Next::done; }

  Next work(std::size_t worker) override {
    if (!std::exchange(verified_, true)) return verify();
    forward(replay_.deps_.transport(worker));
    return Next::done;
  }

  Next record() override {
    try {
      if (notification_.evidence) {
        notification_.evidence->kept = true;
        settle(*notification_.evidence);
      }
      if (notification_.refund) {
        notification_.refund->kept = true;
        settle(*notification_.refund);
      }
    } catch (const UnreadableOrder& error) {
      // Of this order alone; it would be in the way of all others in the transaction.
      record_failed(error);
      return Next::done;
    }
    const auto outcome = kept_as(result_.outcome, adds_proof_);
    if (!replay_.options_.dry_run && is_kept(outcome, notification_)) keep(outcome);
    return is_to_be_forwarded() ? Next::work : Next::done;
  }

  bool record_failed(const Error& error) override {
    const bool is_of_the_ledger = error.kind() == ErrorKind::ledger ||
                                  error.kind() == ErrorKind::ledger_value ||
                                  error.kind() == ErrorKind::ledger_busy;
    if (!is_of_the_ledger) return false;
    result_.outcome = NotificationOutcome::failed;
    result_.reason = error.what();
    result_.note.clear();
    return true;
  }

  std::size_t weight() const override { return saved_.message.body.size() + sizeof *this; }

 private:
  Next verify() {
    if (!saved_.foreign.empty()) {
      result_.outcome = NotificationOutcome::malformed;
      result_.reason = std::move(saved_.foreign);
      return Next::done;
    }
    if (saved_.is_line) replay_.deps_.take_apart(saved_);
    if (saved_.too_large) {
      result_.outcome = NotificationOutcome::malformed;
      result_.reason = "it is larger than " + std::to_string(largest_notification) + " bytes";
      return Next::done;
    }
    notification_ = replay_.deps_.reader.read(saved_.message);
    if (const auto& longest = replay_.options_.longest_age) refuse_older_than(*longest);
    result_.note = std::move(notification_.note);
    result_.outcome = outcome_of(notification_.verdict);
    result_.kind = notification_.kind;
    result_.out_trade_no = notification_.out_trade_no;
    result_.transaction_id = notification_.transaction_id;
    result_.out_refund_no = notification_.out_refund_no;
    result_.reason = std::move(notification_.reason);
    const bool concerns_the_ledger = notification_.evidence || notification_.refund ||
                                     (!replay_.options_.dry_run && is_kept(result_.outcome, notification_));
    return concerns_the_ledger ? Next::record : Next::done;
  }

  /// One that was caught on its way may be sent again, signature and all.
  void refuse_older_than(std::chrono::seconds longest) {
    using enum NotificationVerdict;
    if (notification_.verdict == bad_signature || notification_.verdict == malformed ||
        notification_.verdict == unverified) {
      return;
    }
    const auto& sent_at = notification_.sent_at;
    if (sent_at && std::chrono::abs(replay_.deps_.clock.now() - *sent_at) <= longest) return;
    notification_.verdict = bad_signature;
    notification_.evidence.reset();
    notification_.refund.reset();
    notification_.reason = sent_at
                               ? "the notification was signed at " + format_rfc3339(*sent_at) +
                                     ", longer ago than --max-age allows"
                               : "the notification does not say when it was signed, which --max-age needs";
  }

  void settle(const PaymentEvidence& evidence) {
    const auto settled = replay_.settle(evidence);
    adds_proof_ = settled.settlement.adds_proof;
    result_.outcome = outcome_of(settled, notification_.is_of_other_app);
    result_.reason = reason_for(result_.outcome, settled, evidence);
    const bool after_close = settled.order && settled.settlement.paid_after_close;
    result_.note = after_close ? "PAID_AFTER_CLOSE" : "";
  }

  void settle(const RefundEvidence& evidence) {
    const auto settled = replay_.settle(evidence);
    result_.outcome = outcome_of(settled);
    result_.reason = reason_for(result_.outcome, settled, evidence);
  }

  void keep(NotificationOutcome outcome) {
    const auto& deps = replay_.deps_;
    deps.notifications->keep({.at = deps.clock.now(),
                              .mch_id = deps.mch_id,
                              .out_trade_no = result_.out_trade_no,
                              .outcome = std::string{to_string(outcome)},
                              .digest = notification_.digest,
                              .raw = saved_.message.body,
                              .kind = notification_.kind.value_or(NotificationKind::payment),
                              .headers = header_lines(saved_.message.headers)});
  }

  bool is_to_be_forwarded() const {
    const auto& options = replay_.options_;
    if (options.forward_to.empty() || options.dry_run) return false;
    return result_.outcome == NotificationOutcome::applied ||
           result_.outcome == NotificationOutcome::already_applied;
  }

  void forward(Transport& transport) {
    const auto& options = replay_.options_;
    const auto& reader = replay_.deps_.reader;
    auto headers = reader.headers_to_forward(saved_.message);
    const auto answer = transport.send({.url = options.forward_to,
                                        .headers = std::move(headers),
                                        .body = saved_.message.body,
                                        .timeout = options.forward_timeout,
                                        .largest_response = largest_answer});
    if (const auto* failure = std::get_if<TransportFailure>(&answer)) {
      result_.forward_error = failure->message;
      return;
    }
    const auto& response = std::get<HttpResponse>(answer);
    result_.forwarded = response.status;
    result_.forward_error = reader.refusal_in(response);
  }

  NotificationReplay& replay_;
  SavedNotification saved_;
  Notification notification_;
  ReplayResult result_;
  bool verified_ = false;
  bool adds_proof_ = false;  ///< the ledger had the payment of an import, and has its proof now
};

namespace {

constexpr std::size_t waiting_for_a_worker = 1024;
constexpr std::size_t in_one_transaction = 1024;

Pipeline::Transact transact_with(const ReplayOptions& options, OrderLedger* ledger) {
  if (options.dry_run) return [](const std::function<void()>& work) { work(); };
  return [ledger](const std::function<void()>& work) { ledger->transact(work); };
}

}  // namespace

NotificationReplay::NotificationReplay(ReplayOptions options, ReplayDeps deps)
    : options_{std::move(options)},
      deps_{std::move(deps)},
      pipeline_{{.workers = options_.workers,
                 .ahead = waiting_for_a_worker,
                 .group = in_one_transaction,
                 .record_in_order = true},
                transact_with(options_, deps_.ledger),
                deps_.stop} {}

void NotificationReplay::run(const Source& source, const Sink& sink) {
  pipeline_.run({.read = [&]() -> std::unique_ptr<PipelineItem> {
                   auto saved = source.read();
                   if (!saved) return nullptr;
                   return std::make_unique<Item>(*this, std::move(*saved));
                 },
                 .readable = source.readable},
                {.give = [&](PipelineItem& item) { sink.result(static_cast<Item&>(item).result()); },
                 .leave = [](PipelineItem&) {},
                 .pause = sink.pause});
}

/// A dry run holds each against the ledger alone: two about one refund are both as the first.
RefundSettleResult NotificationReplay::settle(const RefundEvidence& evidence) {
  if (!options_.dry_run) return deps_.refunds->settle_refund(evidence);
  if (deps_.refunds == nullptr) return {};
  return deps_.refunds->preview_refund(evidence);
}

SettleResult NotificationReplay::settle(const PaymentEvidence& evidence) {
  if (!options_.dry_run) return deps_.ledger->settle(evidence);
  if (deps_.ledger == nullptr) return {};
  const auto& number = evidence.out_trade_no;
  auto order = deps_.ledger->find(evidence.merchant.mch_id, number);
  if (!order) return {};
  if (const auto changed = changed_.find(number.text()); changed != changed_.end()) {
    order->state = changed->second.state;
    order->proven_state = changed->second.proven_state;
    order->transaction_id = changed->second.transaction_id;
  }
  const auto settlement = wxpay::settle(*order, evidence);
  if (settlement.verdict == Verdict::apply) {
    apply(*order, evidence, settlement, deps_.clock.now());
    changed_.insert_or_assign(number.text(),
                              Changed{order->state, order->proven_state, order->transaction_id});
  }
  return {settlement, std::move(order)};
}

}  // namespace wxpay::app
