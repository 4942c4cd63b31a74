#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_set>

#include "app/create_order.hpp"
#include "app/gateway_pool.hpp"
#include "app/order_request.hpp"
#include "app/pipeline.hpp"
#include "app/throttling.hpp"
#include "wire/records.hpp"
#include "wxpay/transport.hpp"

namespace wxpay::app {

/// What became of one record of a batch.
struct BatchResult {
  enum class Kind {
    bad,           ///< the record itself is wrong; nothing was written or sent
    unreadable,    ///< the ledger has the number with what cannot be read; nothing was written
    created,       ///< has a CreateResult, of whatever outcome
    not_sent,      ///< the batch was stopped before
    not_recorded,  ///< it may have been sent, but no answer is in the ledger: CREATING
  };
  Kind kind = Kind::bad;
  std::size_t line = 0;      ///< on which the record begins
  std::string raw;           ///< the record as it stood in the input
  std::string out_trade_no;  ///< as given, where it could be read
  std::string problem;  ///< of a bad record or an unreadable order, or why its answer could not be recorded
  const Creation* creation = nullptr;
};

struct BatchOptions {
  std::size_t jobs = 1;          ///< requests at once
  std::int64_t rate = 1;         ///< requests a second, at most
  std::int64_t max_errors = 20;  ///< stops after so many in a row that were refused or not answered
};

/// What a batch works with; all of it must outlive the run.
struct BatchDeps {
  OrderLedger& ledger;
  GatewayPool gateways;
  Clock& clock;
  const Stop& stop;
};

/// The records of a batch as requests, one after the other.
class BatchInput {
 public:
  /// Reads the header of CSV.
  /// @throws Error{usage}  a header that names no such columns
  BatchInput(wire::RecordReader& reader, OrderDefaults defaults, const Clock& clock);

  struct Entry {
    wire::RawRecord raw;
    std::string out_trade_no;               ///< as given, where it could be read
    std::optional<CheckedRequest> request;  ///< none: the record is bad
    std::string problem;
  };
  std::optional<Entry> next();
  /// The first record of CSV, for a file of records in the same format; empty for JSON Lines.
  const std::string& header() const { return header_; }

 private:
  OrderRequest parse(const std::string& record) const;
  std::string number_in(const std::string& record) const;

  wire::RecordReader& reader_;
  OrderDefaults defaults_;
  const Clock& clock_;
  std::string header_;
  std::optional<OrderColumns> columns_;
};

/// Creates many prepay orders (wxpayctl-create-order(1), --batch). Running it again with the same input is
/// always safe.
class CreateBatch {
 public:
  CreateBatch(BatchInput& input, BatchOptions options, BatchDeps deps);

  struct Output {
    std::function<void(const BatchResult&)> result;  ///< in the order of the input
    std::function<bool()> readable;                  ///< of the input, see PipelineSource
    std::function<void()> pause;
  };
  /// @throws Error{ledger}  what was under way is CREATING and is finished by the next run
  void run(const Output& output);

  /// Asks for a stop, from any thread.
  void halt() noexcept { pipeline_.halt(); }
  /// Whether every record of the input has a result.
  bool finished() const noexcept { return pipeline_.finished(); }
  /// Whether it stopped since too many in a row failed.
  bool gave_up() const noexcept { return failures_.given_up(); }

 private:
  class Item;

  BatchInput& input_;
  BatchOptions options_;
  BatchDeps deps_;
  Pipeline pipeline_;
  std::unordered_set<std::string> under_way_;  ///< numbers of which one record is being created
  FailureStreak failures_;
};

}  // namespace wxpay::app
