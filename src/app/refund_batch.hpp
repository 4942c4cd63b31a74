#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_set>

#include "app/gateway_pool.hpp"
#include "app/pipeline.hpp"
#include "app/refund_order.hpp"
#include "app/refund_request.hpp"
#include "app/throttling.hpp"
#include "wire/records.hpp"
#include "wxpay/transport.hpp"

namespace wxpay::app {

/// What became of one record of a batch of refunds.
struct RefundBatchResult {
  enum class Kind {
    bad,           ///< the record itself is wrong; nothing was written or sent
    unreadable,    ///< the ledger has order or refund with what cannot be read; nothing was written
    refunded,      ///< has a RefundResult, of whatever outcome
    not_sent,      ///< the batch was stopped before
    not_recorded,  ///< it may have been sent, but no answer is in the ledger: UNKNOWN
  };
  Kind kind = Kind::bad;
  std::size_t line = 0;   ///< on which the record begins
  std::string raw;        ///< the record as it stood in the input
  RefundNumbers numbers;  ///< as given, where they could be read
  std::string problem;    ///< of a bad record, or why its answer could not be recorded
  const Refunding* refunding = nullptr;
};

struct RefundBatchOptions {
  std::size_t jobs = 1;          ///< requests at once
  std::int64_t rate = 1;         ///< requests a second, at most
  std::int64_t max_errors = 20;  ///< stops after so many in a row that were refused or not answered
  std::chrono::seconds interval{refund_interval};  ///< between two refunds of one order
};

/// What a batch works with; all of it must outlive the run.
struct RefundBatchDeps {
  RefundBooks books;
  GatewayPool gateways;
  Clock& clock;
  const Stop& stop;
};

/// The records of a batch as refunds, one after the other.
class RefundBatchInput {
 public:
  /// Reads the header of CSV.
  /// @throws Error{usage}  a header that names no such columns
  RefundBatchInput(wire::RecordReader& reader, MerchantIdentity merchant);

  struct Entry {
    wire::RawRecord raw;
    RefundNumbers numbers;                 ///< as given, where they could be read
    std::optional<RefundRequest> request;  ///< none: the record is bad
    std::string problem;
  };
  std::optional<Entry> next();
  /// The first record of CSV, for a file of records in the same format; empty for JSON Lines.
  const std::string& header() const { return header_; }

 private:
  RefundFields parse(const std::string& record) const;
  RefundNumbers numbers_in(const std::string& record) const;

  wire::RecordReader& reader_;
  MerchantIdentity merchant_;
  std::string header_;
  std::optional<RefundColumns> columns_;
};

/// Refunds many orders (wxpayctl-refund(1), --batch). Running it again with the same input is always safe.
class RefundBatch {
 public:
  RefundBatch(RefundBatchInput& input, RefundBatchOptions options, RefundBatchDeps deps);

  struct Output {
    std::function<void(const RefundBatchResult&)> result;  ///< in the order of the input
    std::function<bool()> readable;                        ///< of the input, see PipelineSource
    std::function<void()> pause;
  };
  /// @throws Error{ledger}  what was under way is UNKNOWN and is finished by the next run
  void run(const Output& output);

  /// Asks for a stop, from any thread.
  void halt() noexcept { pipeline_.halt(); }
  /// Whether every record of the input has a result.
  bool finished() const noexcept { return pipeline_.finished(); }
  /// Whether it stopped since too many in a row failed.
  bool gave_up() const noexcept { return failures_.given_up(); }

 private:
  class Item;

  RefundBatchInput& input_;
  RefundBatchOptions options_;
  RefundBatchDeps deps_;
  Pipeline pipeline_;
  std::unordered_set<std::string> under_way_;  ///< numbers of which one record is being refunded
  FailureStreak failures_;
};

}  // namespace wxpay::app
