#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "wxpay/clock.hpp"
#include "wxpay/error.hpp"
#include "wxpay/ledger.hpp"

namespace wxpay::app {

/// One piece of work on its way through the pipeline. It alternates between the ledger, which one thread
/// writes, and what takes time, which many threads do.
class PipelineItem {
 public:
  enum class Next {
    record,  ///< the ledger's turn
    work,    ///< a worker's turn
    wait,    ///< the ledger's turn again, but later: an item before it must end first
    done
  };

  PipelineItem() = default;
  PipelineItem(const PipelineItem&) = delete;
  PipelineItem& operator=(const PipelineItem&) = delete;
  virtual ~PipelineItem() = default;

  /// What an item that was just read needs: record, work or done.
  virtual Next first() const { return Next::record; }
  /// In the ledger's thread, in one transaction with other items: what it writes counts only when the
  /// transaction was committed, which is before the item is seen again.
  virtual Next record(OrderLedger& ledger) = 0;
  /// In the thread of this worker, from 0 on. Says what happened by the item's own state, not by throwing.
  /// @return record or done
  virtual Next work(std::size_t worker) = 0;
  /// The transaction of its last `record` failed and wrote nothing.
  /// @return whether the item has a result all the same; false ends the run with the error
  virtual bool record_failed(const Error& /*error*/) { return false; }
  /// Bytes that it holds, roughly.
  virtual std::size_t weight() const { return 1024; }
};

struct PipelineOptions {
  std::size_t workers = 1;
  std::size_t ahead = 64;                ///< items that wait for a worker, at most
  std::size_t window = 16UL << 20U;      ///< bytes of items between reading and giving out, at most
  std::size_t group = 256;               ///< items in one transaction, at most
  bool record_in_order = false;          ///< an item is recorded only when all before it were
};

/// Called in the thread that runs the pipeline.
struct PipelineEnds {
  /// The next item; null at the end.
  std::function<std::unique_ptr<PipelineItem>()> read;
  /// A finished item, in the order of reading, after its commit.
  std::function<void(PipelineItem&)> give;
  /// An item that was read and, as the run was stopped, not worked on; in the order of reading.
  std::function<void(PipelineItem&)> leave;
  /// Some results were given, or a moment has passed without any: the time to show them.
  std::function<void()> pause;
};

/// A stream of items: read, worked on by many threads, recorded by one in groups that share a transaction,
/// given out in the order of reading. Holds a bounded part of the stream, however long it is.
class Pipeline {
 public:
  /// @param ledger  null where no item records anything (then `record` is called without a ledger's thread)
  Pipeline(PipelineOptions options, OrderLedger* ledger, const Stop& stop);
  ~Pipeline();
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  /// Returns when every item was given or left. When it is asked to stop, by `stop`, by halt() or by an
  /// error, it reads and begins nothing more, ends what is under way, records and gives it, and leaves the
  /// rest.
  /// @throws what read, give, leave, pause or a transaction threw, after what was under way has ended
  void run(const PipelineEnds& ends);

  /// Asks for a stop from any thread, for a reason of the caller's.
  void halt() noexcept;
  bool halted() const noexcept;

 private:
  class Run;
  PipelineOptions options_;
  OrderLedger* ledger_;
  const Stop& stop_;
  std::unique_ptr<struct PipelineState> state_;
};

}  // namespace wxpay::app
