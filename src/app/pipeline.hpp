#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>

#include "wxpay/clock.hpp"
#include "wxpay/error.hpp"
#include "wxpay/gateway.hpp"
#include "wxpay/transport.hpp"

namespace wxpay::app {

/// One piece of work on its way through the pipeline. It alternates between the ledger, which one thread
/// writes, and what takes time, which other threads do.
class PipelineItem {
 public:
  enum class Next {
    record,  ///< the ledger's turn
    work,    ///< a worker's turn
    wait,    ///< the ledger's turn again, but later: an item before it must end first
    leave,   ///< it ends unfinished, as the run was stopped before its work began
    done
  };

  PipelineItem() = default;
  PipelineItem(const PipelineItem&) = delete;
  PipelineItem& operator=(const PipelineItem&) = delete;
  PipelineItem(PipelineItem&&) = delete;
  PipelineItem& operator=(PipelineItem&&) = delete;
  virtual ~PipelineItem() = default;

  /// What an item that was just read needs: record, work or done.
  virtual Next first() const { return Next::record; }
  /// In the thread that runs the pipeline, in one transaction with other items: what it writes counts only
  /// when the transaction was committed, which is before the item is seen again. Where that fails by the
  /// value of one item, it is called again in a smaller transaction, and must then do the same once more.
  virtual Next record() = 0;
  /// What is to be asked of WeChat Pay before `work`, in the thread of this worker; null: nothing, or nothing
  /// more. Asked again when the call has been driven. Only where the pipeline has resources for requests.
  virtual Call* question(std::size_t worker);
  /// Before this its questions are not asked, and it takes no slot meanwhile; in the past: at once. A stop
  /// leaves it.
  virtual std::chrono::sys_seconds not_before() const { return {}; }
  /// In the thread of this worker, from 0 on. Says what happened by the item's own state.
  /// @return record, leave or done
  virtual Next work(std::size_t worker) = 0;
  /// The transaction of its last `record` failed and wrote nothing: with Error{ledger_value} by a value of
  /// this item alone.
  /// @return whether the item is done all the same, with that as its result; false ends the run
  virtual bool record_failed(const Error& error);
  /// Bytes that it holds, roughly.
  virtual std::size_t weight() const;
};

struct PipelineOptions {
  std::size_t workers = 1;
  std::size_t ahead = 64;            ///< items that wait for a worker, at most
  std::size_t window = 16UL << 20U;  ///< bytes of items between reading and giving out, at most
  std::size_t group = 256;           ///< items in one transaction, at most
  bool record_in_order = false;      ///< an item is recorded only when all before it were
};

/// What carries the questions of the items: each worker drives several at once.
struct RequestResources {
  std::size_t slots = 1;  ///< questions at once, over all workers
  std::function<AsyncTransport&(std::size_t worker)> async_transport;
  RateLimiter& rate_limiter;
  const Clock& clock;
};

/// Where the items come from; called in the thread that runs the pipeline.
struct PipelineSource {
  /// The next item; null at the end.
  std::function<std::unique_ptr<PipelineItem>()> read;
  /// Whether `read` would return at once. Asked while other items are under way, whose results are not to
  /// wait for a slow input; empty: always.
  std::function<bool()> readable;
};

/// Where the items go to; called in the thread that runs the pipeline.
struct PipelineSink {
  /// A finished item, in the order of reading, after its commit.
  std::function<void(PipelineItem&)> give;
  /// An item that was read but, as the run was stopped, not finished; in the order of reading.
  std::function<void(PipelineItem&)> leave;
  /// Some results were given, or a moment has passed: the time to show them.
  std::function<void()> pause;
};

/// A stream of items: read, worked on by several threads, recorded by one in groups that share a transaction,
/// given out in the order of reading. Holds a bounded part of the stream, however long that is.
class Pipeline {
 public:
  /// Runs the work in one transaction, or in none where nothing is written.
  using Transact = std::function<void(const std::function<void()>& work)>;

  Pipeline(PipelineOptions options, Transact transact, const Stop& stop,
           std::optional<RequestResources> resources = {});
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;
  Pipeline(Pipeline&&) = delete;
  Pipeline& operator=(Pipeline&&) = delete;
  ~Pipeline();

  /// Returns when every item that was read was given or left. When it is asked to stop, by `stop`, by halt()
  /// or by an error, it reads and begins nothing more, ends what is under way, records and gives it, and
  /// leaves the rest.
  /// @throws what source, sink, a worker or a transaction threw, after what was under way has ended
  /// @throws Error{internal}  no item can go on, which is a fault of this program; the items are left
  void run(const PipelineSource& source, const PipelineSink& sink);

  /// Asks for a stop, for a reason of the caller's; from any thread.
  void halt() noexcept;
  /// After run(): whether the input came to its end and no item was left.
  bool finished() const noexcept;

 private:
  class Run;
  std::unique_ptr<Run> run_;
};

}  // namespace wxpay::app
