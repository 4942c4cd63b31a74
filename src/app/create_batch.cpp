#include "app/create_batch.hpp"

#include <algorithm>
#include <memory>
#include <utility>
#include <variant>

#include "app/batch_records.hpp"
#include "app/csv_columns.hpp"
#include "domain/limits.hpp"
#include "wire/file_kind.hpp"
#include "wxpay/error.hpp"

namespace wxpay::app {

BatchInput::BatchInput(wire::RecordReader& reader, OrderDefaults defaults, const Clock& clock)
    : reader_{reader}, defaults_{std::move(defaults)}, clock_{clock} {
  auto header = read_csv_header(reader_, "the batch", "the header of the batch");
  if (!header) return;
  header_ = std::move(header->text);
  columns_.emplace(header->names);
}

std::optional<BatchInput::Entry> BatchInput::next() {
  std::optional<Entry> found;  // the one that is returned: an entry is too large to be moved about
  auto raw = reader_.next();
  if (!raw) return found;
  auto& entry = found.emplace();
  entry.raw = std::move(*raw);
  entry.problem = entry.raw.problem;
  if (!entry.problem.empty()) return found;
  try {
    const auto request = parse(entry.raw.text);
    entry.out_trade_no = request.out_trade_no.value_or("");
    entry.request = check_order_request(request, defaults_, clock_.now());
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::usage) throw;
    entry.problem = error.what();
    if (entry.out_trade_no.empty()) entry.out_trade_no = number_in(entry.raw.text);
  }
  return found;
}

/// The number as far as it can be read, so that the result of a bad record names it.
std::string BatchInput::number_in(const std::string& record) const {
  if (record.size() > limits::largest_record) return {};
  if (!columns_) return out_trade_no_in(record);
  const auto cells = wire::split_csv(record, columns_->count());
  const auto* found = std::get_if<std::vector<std::string>>(&cells);
  return found == nullptr ? std::string{} : columns_->out_trade_no_in(*found);
}

OrderRequest BatchInput::parse(const std::string& record) const {
  check_record_size(record);
  if (!columns_) return parse_order_request(record);
  return columns_->read(split_record(record, columns_->count()));
}

class CreateBatch::Item final : public PipelineItem {
 public:
  Item(CreateBatch& batch, BatchInput::Entry entry) : batch_{batch}, entry_{std::move(entry)} {
    if (entry_.request) creation_.emplace(std::move(*entry_.request), batch_.deps_.clock);
  }

  Next first() const override { return creation_ ? Next::record : Next::done; }

  Next record() override {
    // Two records of one number must not be sent side by side: the second finds what the first made.
    if (!holds_number_) {
      if (!batch_.under_way_.insert(creation_->out_trade_no().text()).second) return Next::wait;
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

  Call* question(std::size_t worker) override {
    auto* call = next_question(worker);
    // Until the contrary is known, as an error may come in between.
    if (call != nullptr) is_sent_ = true;
    return call;
  }

  Next work(std::size_t /*worker*/) override {
    is_sent_ = !creation_->was_not_sent() || throttle_retries_.any();
    if (!is_sent_) return Next::leave;
    if (!batch_.deps_.stop.requested() && batch_.failures_.add(creation_->failed())) batch_.pipeline_.halt();
    return Next::record;
  }

  std::size_t weight() const override { return sizeof(Item) + 2 * entry_.raw.text.size() + 1024; }

  BatchResult result(bool finished) {
    BatchResult result;
    const bool is_bad = !entry_.problem.empty();
    result.kind = is_unreadable_                      ? BatchResult::Kind::unreadable
                  : is_sent_ && (is_bad || !finished) ? BatchResult::Kind::not_recorded
                  : is_bad                            ? BatchResult::Kind::bad
                  : finished                          ? BatchResult::Kind::created
                                                      : BatchResult::Kind::not_sent;
    result.line = entry_.raw.line;
    result.raw = std::move(entry_.raw.text);
    result.out_trade_no = std::move(entry_.out_trade_no);
    result.problem = std::move(entry_.problem);
    if (creation_) result.creation = &*creation_;
    return result;
  }

 private:
  bool goes_on() {
    try {
      return creation_->record(batch_.deps_.ledger);
    } catch (const UnreadableOrder& error) {
      entry_.problem = error.what();
      is_unreadable_ = true;
      return false;
    }
  }

  void free_number() {
    if (std::exchange(holds_number_, false)) batch_.under_way_.erase(creation_->out_trade_no().text());
  }

  Call* next_question(std::size_t worker) {
    const auto& gateways = batch_.deps_.gateways;
    auto& gateway = gateways.gateway(worker);
    if (auto* call = creation_->question(gateway)) return call;
    if (!creation_->told_to_slow_down()) return nullptr;
    if (!throttle_retries_.again(gateways.rate_limiter, batch_.deps_.stop)) return nullptr;
    creation_->ask_again();
    return creation_->question(gateway);
  }

  CreateBatch& batch_;
  BatchInput::Entry entry_;
  std::optional<Creation> creation_;
  bool holds_number_ = false;
  bool is_sent_ = false;
  bool is_unreadable_ = false;
  ThrottleRetries throttle_retries_;
};

CreateBatch::CreateBatch(BatchInput& input, BatchOptions options, BatchDeps deps)
    : input_{input},
      options_{options},
      deps_{std::move(deps)},
      pipeline_{{.workers = deps_.gateways.drivers, .ahead = intents_ahead(options.jobs, options.rate)},
                [this](const std::function<void()>& work) { deps_.ledger.transact(work); },
                deps_.stop,
                deps_.gateways.resources(options.jobs, deps_.clock)},
      failures_{options.max_errors} {}

void CreateBatch::run(const Output& output) {
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
