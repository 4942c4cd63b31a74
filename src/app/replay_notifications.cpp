#include "app/replay_notifications.hpp"

#include <memory>
#include <utility>
#include <variant>

#include "base/text.hpp"
#include "wxpay/time.hpp"

namespace wxpay::app {

namespace {

/// An answer to a notification is a line.
constexpr std::size_t largest_answer = 65'536;

/// The words that WeChat Pay is told where it is answered FAIL; empty: it is answered SUCCESS.
std::string_view refusal_of(NotificationOutcome outcome) {
  switch (outcome) {
    case NotificationOutcome::applied:
    case NotificationOutcome::already_applied:
    case NotificationOutcome::not_paid:
    case NotificationOutcome::ignored:
    case NotificationOutcome::other_app:
      return {};
    case NotificationOutcome::bad_signature:
      return "the signature does not hold";
    case NotificationOutcome::wrong_merchant:
      return "another merchant or app";
    case NotificationOutcome::amount_mismatch:
      return "another amount";
    case NotificationOutcome::transaction_mismatch:
      return "paid by another transaction";
    case NotificationOutcome::unknown_order:
      return "unknown order";
    case NotificationOutcome::malformed:
      return "malformed";
    case NotificationOutcome::unverified:
      return "not verified";
    case NotificationOutcome::unreadable:
      return "not readable";
    case NotificationOutcome::failed:
      return "not recorded";
  }
  return "not recorded";
}

NotificationOutcome outcome_of(NotificationVerdict verdict) {
  switch (verdict) {
    case NotificationVerdict::paid:
      return NotificationOutcome::applied;
    case NotificationVerdict::not_paid:
      return NotificationOutcome::not_paid;
    case NotificationVerdict::refund:
    case NotificationVerdict::ignored:
      return NotificationOutcome::ignored;
    case NotificationVerdict::bad_signature:
      return NotificationOutcome::bad_signature;
    case NotificationVerdict::wrong_merchant:
      return NotificationOutcome::wrong_merchant;
    case NotificationVerdict::unverified:
      return NotificationOutcome::unverified;
    case NotificationVerdict::malformed:
      break;
  }
  return NotificationOutcome::malformed;
}

/// @param is_of_other_app  whether it names another app than the profile's
NotificationOutcome outcome_of(const SettleResult& settled, bool is_of_other_app) {
  if (!settled.order) {
    return is_of_other_app ? NotificationOutcome::other_app : NotificationOutcome::unknown_order;
  }
  switch (settled.settlement.verdict) {
    case Verdict::apply:
      return settled.settlement.adds_proof ? NotificationOutcome::already_applied
                                           : NotificationOutcome::applied;
    case Verdict::wrong_merchant:
      return NotificationOutcome::wrong_merchant;
    case Verdict::amount_mismatch:
      return NotificationOutcome::amount_mismatch;
    case Verdict::transaction_mismatch:
      return NotificationOutcome::transaction_mismatch;
    case Verdict::already_applied:
    case Verdict::no_news:
    case Verdict::stale:
    case Verdict::state_mismatch:
    case Verdict::state_proven:
      break;
  }
  return NotificationOutcome::already_applied;
}

/// What the ledger keeps it as: a proof that was added is applied, though the payment itself is no news.
NotificationOutcome kept_as(NotificationOutcome outcome, bool adds_proof) {
  return adds_proof ? NotificationOutcome::applied : outcome;
}

std::string reason_for(NotificationOutcome outcome, const SettleResult& settled,
                       const PaymentEvidence& evidence) {
  if (outcome == NotificationOutcome::unknown_order) return "the ledger does not know this order";
  if (outcome == NotificationOutcome::other_app) {
    return "it is about the app " + evidence.merchant.app_id.text() +
           ", whose order the ledger does not have";
  }
  if (outcome == NotificationOutcome::wrong_merchant) {
    return "the ledger has the order under another app or sub-merchant";
  }
  if (outcome == NotificationOutcome::amount_mismatch) {
    const auto currency =
        evidence.fee_type.empty() ? "" : " " + without_control_characters(evidence.fee_type);
    return "it says " + std::to_string(evidence.total_fee->count()) + currency + ", the ledger " +
           std::to_string(settled.order->intent.total_fee.count());
  }
  if (outcome == NotificationOutcome::transaction_mismatch) {
    return "the order was paid by transaction " + settled.order->transaction_id.text();
  }
  return {};
}

/// What the ledger keeps as it came: not what changed nothing, nor what is worthless. A refund changes
/// nothing yet, and is the only message about it.
bool is_kept(NotificationOutcome outcome, const Notification& notification) {
  switch (outcome) {
    case NotificationOutcome::malformed:
      return !notification.digest.empty();
    case NotificationOutcome::ignored:
      return notification.kind == NotificationKind::refund;
    case NotificationOutcome::applied:
    case NotificationOutcome::bad_signature:
    case NotificationOutcome::wrong_merchant:
    case NotificationOutcome::amount_mismatch:
    case NotificationOutcome::transaction_mismatch:
    case NotificationOutcome::unknown_order:
      return true;
    default:
      return false;
  }
}

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

std::string_view to_string(NotificationOutcome outcome) {
  switch (outcome) {
    case NotificationOutcome::applied:
      return "APPLIED";
    case NotificationOutcome::already_applied:
      return "ALREADY_APPLIED";
    case NotificationOutcome::not_paid:
      return "NOT_PAID";
    case NotificationOutcome::ignored:
      return "IGNORED";
    case NotificationOutcome::other_app:
      return "OTHER_APP";
    case NotificationOutcome::bad_signature:
      return "BAD_SIGNATURE";
    case NotificationOutcome::wrong_merchant:
      return "WRONG_MERCHANT";
    case NotificationOutcome::amount_mismatch:
      return "AMOUNT_MISMATCH";
    case NotificationOutcome::transaction_mismatch:
      return "TRANSACTION_MISMATCH";
    case NotificationOutcome::unknown_order:
      return "UNKNOWN_ORDER";
    case NotificationOutcome::malformed:
      return "MALFORMED";
    case NotificationOutcome::unverified:
      return "UNVERIFIED";
    case NotificationOutcome::unreadable:
      return "UNREADABLE";
    case NotificationOutcome::failed:
      return "FAILED";
  }
  return "FAILED";
}

NotificationReply notification_reply(const NotificationReader& reader, NotificationOutcome outcome) {
  return reader.reply(refusal_of(outcome));
}

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
    result_.reason = std::move(notification_.reason);
    const bool concerns_the_ledger =
        notification_.evidence || (!replay_.options_.dry_run && is_kept(result_.outcome, notification_));
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
