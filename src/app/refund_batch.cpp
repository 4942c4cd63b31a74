#include "app/refund_batch.hpp"

#include <algorithm>
#include <memory>
#include <utility>
#include <variant>

#include "app/batch_records.hpp"
#include "app/csv_columns.hpp"
#include "domain/limits.hpp"
#include "wxpay/error.hpp"

namespace wxpay::app {

RefundBatchInput::RefundBatchInput(wire::RecordReader& reader, MerchantIdentity merchant)
    : reader_{reader}, merchant_{std::move(merchant)} {
  auto header = read_csv_header(reader_, "the batch", "the header of the batch");
  if (!header) return;
  header_ = std::move(header->text);
  columns_.emplace(header->names);
}

std::optional<RefundBatchInput::Entry> RefundBatchInput::next() {
  std::optional<Entry> found;
  auto raw = reader_.next();
  if (!raw) return found;
  auto& entry = found.emplace();
  entry.raw = std::move(*raw);
  entry.problem = entry.raw.problem;
  if (!entry.problem.empty()) return found;
  try {
    const auto fields = parse(entry.raw.text);
    entry.numbers = {fields.out_trade_no.value_or(""), fields.out_refund_no.value_or("")};
    entry.request = check_refund_fields(fields, merchant_);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::usage) throw;
    entry.problem = error.what();
    if (entry.numbers.out_refund_no.empty()) entry.numbers = numbers_in(entry.raw.text);
  }
  return found;
}

/// The numbers as far as they can be read, so that the result of a bad record names them.
RefundNumbers RefundBatchInput::numbers_in(const std::string& record) const {
  if (record.size() > limits::largest_record) return {};
  if (!columns_) return refund_numbers_in(record);
  const auto cells = wire::split_csv(record, columns_->count());
  const auto* found = std::get_if<std::vector<std::string>>(&cells);
  return found == nullptr ? RefundNumbers{} : columns_->numbers_in(*found);
}

RefundFields RefundBatchInput::parse(const std::string& record) const {
  check_record_size(record);
  if (!columns_) return parse_refund_fields(record);
  return columns_->read(split_record(record, columns_->count()));
}

class RefundBatch::Item final : public PipelineItem {
 public:
  Item(RefundBatch& batch, RefundBatchInput::Entry entry) : batch_{batch}, entry_{std::move(entry)} {
    if (entry_.request) refunding_.emplace(std::move(*entry_.request), batch_.options_.interval);
  }

  Next first() const override { return refunding_ ? Next::record : Next::done; }

  Next record() override {
    // Two records of one number must not be sent side by side: the second finds what the first made.
    if (!holds_number_) {
      if (!batch_.under_way_.insert(refunding_->request().out_refund_no.text()).second) return Next::wait;
      holds_number_ = true;
    }
    if (goes_on()) return Next::work;
    free_number();
    return Next::done;
  }

  /// A value that the ledger cannot keep is this record's trouble alone.
  bool record_failed(const Error& error) override {
    if (error.kind() != ErrorKind::ledger_value) return false;
    free_number();
    entry_.problem = error.what();
    return true;
  }

  std::chrono::sys_seconds not_before() const override { return refunding_->not_before(); }

  Call* question(std::size_t worker) override {
    auto* call = next_question(worker);
    // Until the contrary is known, as an error may come in between.
    if (call != nullptr && refunding_->is_sending()) is_sent_ = true;
    return call;
  }

  Next work(std::size_t /*worker*/) override {
    if (!refunding_->is_sending()) {
      if (refunding_->was_not_sent()) return Next::leave;
      if (!batch_.deps_.stop.requested() && refunding_->order_query_failed()) count_failure(true);
      return Next::record;
    }
    is_sent_ = !refunding_->was_not_sent() || throttle_retries_.any();
    if (!is_sent_) return Next::leave;
    if (!batch_.deps_.stop.requested()) count_failure(refunding_->failed());
    return Next::record;
  }

  std::size_t weight() const override { return sizeof(Item) + 2 * entry_.raw.text.size() + 1024; }

  RefundBatchResult result(bool finished) {
    using Kind = RefundBatchResult::Kind;
    RefundBatchResult result;
    const bool is_bad = !entry_.problem.empty();
    result.kind = is_unreadable_                      ? Kind::unreadable
                  : is_sent_ && (is_bad || !finished) ? Kind::not_recorded
                  : is_bad                            ? Kind::bad
                  : finished                          ? Kind::refunded
                                                      : Kind::not_sent;
    result.line = entry_.raw.line;
    result.raw = std::move(entry_.raw.text);
    result.numbers = std::move(entry_.numbers);
    result.problem = std::move(entry_.problem);
    if (refunding_) result.refunding = &*refunding_;
    return result;
  }

 private:
  bool goes_on() {
    try {
      return refunding_->record(batch_.deps_.books);
    } catch (const UnreadableOrder& error) {
      entry_.problem = error.what();
      is_unreadable_ = true;
      return false;
    }
  }

  void count_failure(bool failed) {
    if (batch_.failures_.add(failed)) batch_.pipeline_.halt();
  }

  void free_number() {
    if (std::exchange(holds_number_, false))
      batch_.under_way_.erase(refunding_->request().out_refund_no.text());
  }

  Call* next_question(std::size_t worker) {
    const auto& gateways = batch_.deps_.gateways;
    auto& gateway = gateways.gateway(worker);
    if (auto* call = refunding_->question(gateway)) return call;
    if (!refunding_->told_to_slow_down()) return nullptr;
    if (!throttle_retries_.again(gateways.rate_limiter, batch_.deps_.stop)) return nullptr;
    refunding_->ask_again();
    return refunding_->question(gateway);
  }

  RefundBatch& batch_;
  RefundBatchInput::Entry entry_;
  std::optional<Refunding> refunding_;
  bool holds_number_ = false;
  bool is_sent_ = false;
  bool is_unreadable_ = false;
  ThrottleRetries throttle_retries_;
};

RefundBatch::RefundBatch(RefundBatchInput& input, RefundBatchOptions options, RefundBatchDeps deps)
    : input_{input},
      options_{options},
      deps_{std::move(deps)},
      pipeline_{{.workers = deps_.gateways.drivers, .ahead = intents_ahead(options.jobs, options.rate)},
                [this](const std::function<void()>& work) { deps_.books.orders.transact(work); },
                deps_.stop,
                deps_.gateways.resources(options.jobs, deps_.clock)},
      failures_{options.max_errors} {}

void RefundBatch::run(const Output& output) {
  pipeline_.run({.read = [this]() -> std::unique_ptr<PipelineItem> {
                   auto entry = input_.next();
                   if (!entry) return nullptr;
                   return std::make_unique<Item>(*this, std::move(*entry));
                 },
                 .readable = output.readable},
                {.give = [&](PipelineItem& item) { output.result(static_cast<Item&>(item).result(true)); },
                 .leave = [&](PipelineItem& item) { output.result(static_cast<Item&>(item).result(false)); },
                 .pause = output.pause});
}

}  // namespace wxpay::app
