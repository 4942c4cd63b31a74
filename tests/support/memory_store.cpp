#include "support/memory_store.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "support/memory_orders.hpp"
#include "support/memory_refunds.hpp"
#include "support/memory_rows.hpp"
#include "wxpay/error.hpp"

namespace wxpay::test {

namespace {

using ledger::entry_place_of;
using ledger::number_in;
using ledger::place_of;
using ledger::RowStream;
using ledger::SubjectKind;
using ledger::Value;

// Of a row of the kept notifications: ledger::notification_columns.
constexpr std::size_t mch_id_column = 2;
constexpr std::size_t outcome_column = 4;
constexpr std::size_t digest_column = 5;

struct Tables {
  Table orders, refunds, history, notifications;
};

struct Job {
  bool is_taken = false;
  std::vector<std::pair<MerchantIdentity, std::chrono::sys_seconds>> complete;
};

/// What stores at one path share.
struct Kept {
  Tables tables;
  std::map<LedgerJob, Job> jobs;
  std::int64_t commits = 0;
  bool is_being_written = false;
};

using Memory = std::map<std::filesystem::path, Kept>;

class WriteTransaction final : public ledger::StoreTransaction {
 public:
  /// @param own_commits  how many of the commits are this store's
  WriteTransaction(Kept& kept, std::int64_t& own_commits) : kept_{kept}, own_commits_{own_commits} {
    if (kept_.is_being_written) throw Error{ErrorKind::ledger_busy, "somebody else is writing"};
    kept_.is_being_written = true;
    before_ = kept_.tables;
  }
  WriteTransaction(const WriteTransaction&) = delete;
  WriteTransaction& operator=(const WriteTransaction&) = delete;
  WriteTransaction(WriteTransaction&&) = delete;
  WriteTransaction& operator=(WriteTransaction&&) = delete;
  ~WriteTransaction() override {
    if (!committed_) std::swap(kept_.tables, before_);
    kept_.is_being_written = false;
  }
  void commit() override {
    committed_ = true;
    ++kept_.commits;
    ++own_commits_;
  }

 private:
  Kept& kept_;
  std::int64_t& own_commits_;
  Tables before_;
  bool committed_ = false;
};

/// One thread at a time uses the memory, so nobody writes while it is read.
class ReadTransaction final : public ledger::StoreTransaction {
 public:
  void commit() override {}
};

class MemoryLock final : public JobLock {
 public:
  explicit MemoryLock(Job& job) : job_{job} {
    if (job_.is_taken) throw Error{ErrorKind::lock_held, "another run is at work"};
    job_.is_taken = true;
  }
  MemoryLock(const MemoryLock&) = delete;
  MemoryLock& operator=(const MemoryLock&) = delete;
  MemoryLock(MemoryLock&&) = delete;
  MemoryLock& operator=(MemoryLock&&) = delete;
  ~MemoryLock() override { job_.is_taken = false; }

  void set_complete(const MerchantIdentity& merchant, std::chrono::sys_seconds started) override {
    job_.complete.emplace_back(merchant, started);
  }

 private:
  Job& job_;
};

class MemoryStore final : public ledger::LedgerStore {
 public:
  MemoryStore(std::shared_ptr<Memory> memory, const std::filesystem::path& path)
      : name_{path.string()}, memory_{std::move(memory)}, kept_{(*memory_)[path]} {}

  const std::string& name() const override { return name_; }
  std::unique_ptr<ledger::StoreTransaction> begin_writing() override {
    return std::make_unique<WriteTransaction>(kept_, own_commits_);
  }
  std::unique_ptr<ledger::StoreTransaction> begin_reading() override {
    return std::make_unique<ReadTransaction>();
  }
  bool others_wrote() override {
    const auto of_others = kept_.commits - own_commits_;
    return std::exchange(commits_of_others_, of_others) != of_others;
  }
  void require_one_state() override {}

  std::unique_ptr<RowStream> find_order(const MerchantId& mch_id, const OutTradeNo& out_trade_no) override {
    return stream_of(rows_where(tables_.orders, [&](const KeptRow& row) {
      return text_at(row, place_of("mch_id")) == mch_id.text() &&
             text_at(row, place_of("out_trade_no")) == out_trade_no.text();
    }));
  }

  std::int64_t last_order() override {
    return tables_.orders.empty() ? 0 : number_at(tables_.orders.back(), 0);
  }

  std::vector<bool> insert_orders(std::span<const ledger::OrderRow> rows) override {
    std::vector<bool> added;
    for (const auto& row : rows) {
      const auto new_row = kept(row);
      added.push_back(std::none_of(tables_.orders.begin(), tables_.orders.end(), [&](const KeptRow& other) {
        return text_at(other, place_of("mch_id")) == text_at(new_row, place_of("mch_id")) &&
               text_at(other, place_of("out_trade_no")) == text_at(new_row, place_of("out_trade_no"));
      }));
      if (added.back()) tables_.orders.push_back(new_row);
    }
    return added;
  }

  void update_order(const ledger::OrderRow& row, ChangedBy changed_by) override {
    auto& old = *std::find_if(tables_.orders.begin(), tables_.orders.end(), [&](const KeptRow& other) {
      return number_at(other, 0) == number_in(row.front());
    });
    const auto take = [&](std::size_t place) { old.at(place) = KeptValue{row.at(place)}; };
    if (changed_by == ChangedBy::evidence) {
      std::for_each(ledger::settled_order_columns.begin(), ledger::settled_order_columns.end(), take);
    } else {
      std::for_each(ledger::changing_order_columns.begin(), ledger::changing_order_columns.end(), take);
    }
  }

  std::unique_ptr<RowStream> orders(const MerchantId& mch_id, const OrderFilter& filter) override {
    return stream_of(listed_orders(tables_.orders, mch_id, filter));
  }

  std::unique_ptr<RowStream> page(const MerchantId& mch_id, const OpenOrders& which,
                                  const OrderCursor& cursor, std::size_t most) override {
    auto rows = rows_where(open_orders(tables_.orders, mch_id, which),
                           [&](const KeptRow& row) { return number_at(row, 0) > cursor.seq; });
    limit(rows, most);
    return stream_of(std::move(rows));
  }

  std::unique_ptr<RowStream> page(const MerchantId& mch_id, const ClosedOrders& which,
                                  const OrderCursor& cursor, std::size_t most) override {
    const auto place = [](const KeptRow& row) {
      return std::pair{number_at(row, place_of("updated_at")), number_at(row, 0)};
    };
    auto rows = rows_where(closed_orders(tables_.orders, mch_id, which), [&](const KeptRow& row) {
      return place(row) > std::pair{cursor.instant, cursor.seq};
    });
    std::sort(rows.begin(), rows.end(),
              [&](const KeptRow& one, const KeptRow& other) { return place(one) < place(other); });
    limit(rows, most);
    return stream_of(std::move(rows));
  }

  std::int64_t count(const MerchantId& mch_id, const OpenOrders& which) override {
    return std::ssize(open_orders(tables_.orders, mch_id, which));
  }
  std::int64_t count(const MerchantId& mch_id, const ClosedOrders& which) override {
    return std::ssize(closed_orders(tables_.orders, mch_id, which));
  }

  std::unique_ptr<RowStream> find_refund(const MerchantId& mch_id,
                                         const OutRefundNo& out_refund_no) override {
    return stream_of(refunds_with(tables_.refunds, mch_id, ledger::refund_place_of("out_refund_no"),
                                  out_refund_no.text()));
  }
  std::unique_ptr<RowStream> refunds_of(const MerchantId& mch_id, const OutTradeNo& out_trade_no) override {
    return stream_of(
        refunds_with(tables_.refunds, mch_id, ledger::refund_place_of("out_trade_no"), out_trade_no.text()));
  }
  std::int64_t last_refund() override {
    return tables_.refunds.empty() ? 0 : number_at(tables_.refunds.back(), 0);
  }
  void insert_refund(const ledger::RefundRow& row) override { tables_.refunds.push_back(kept(row)); }
  void update_refund(const ledger::RefundRow& row) override {
    auto& old = *std::find_if(tables_.refunds.begin(), tables_.refunds.end(), [&](const KeptRow& other) {
      return number_at(other, 0) == number_in(row.front());
    });
    for (const auto place : ledger::changing_refund_columns) old.at(place) = KeptValue{row.at(place)};
  }
  std::unique_ptr<RowStream> refunds(const MerchantId& mch_id, const RefundFilter& filter) override {
    return stream_of(listed_refunds(tables_.refunds, mch_id, filter));
  }
  std::unique_ptr<RowStream> page(const MerchantId& mch_id, const OpenRefunds& which,
                                  const OrderCursor& cursor, std::size_t most) override {
    auto rows = rows_where(open_refunds(tables_.refunds, mch_id, which),
                           [&](const KeptRow& row) { return number_at(row, 0) > cursor.seq; });
    limit(rows, most);
    return stream_of(std::move(rows));
  }
  std::int64_t count(const MerchantId& mch_id, const OpenRefunds& which) override {
    return std::ssize(open_refunds(tables_.refunds, mch_id, which));
  }
  std::unique_ptr<RowStream> over_refunded() override {
    return stream_of(over_refunded_orders(tables_.orders, tables_.refunds));
  }

  std::optional<ledger::ChainEnd> last_entry() override {
    if (tables_.history.empty()) return std::nullopt;
    const auto& last = tables_.history.back();
    return ledger::ChainEnd{number_at(last, 0), text_at(last, last.size() - 1)};
  }

  void append_entries(std::span<const ledger::HistoryRow> rows) override {
    for (const auto& row : rows) tables_.history.push_back(kept(row));
  }

  std::unique_ptr<RowStream> entries() override { return stream_of(tables_.history); }

  std::unique_ptr<RowStream> entries_of(const ledger::Subject& subject) override {
    return stream_of(rows_where(tables_.history, [&](const KeptRow& row) {
      return subject_of(row) == std::pair{std::string{subject.kind}, subject.seq};
    }));
  }

  std::optional<ledger::ChainEnd> last_notification() override {
    if (tables_.notifications.empty()) return std::nullopt;
    const auto& last = tables_.notifications.back();
    return ledger::ChainEnd{number_at(last, 0), text_at(last, ledger::notification_hash)};
  }

  bool append_notifications(std::span<const ledger::NotificationRow> rows) override {
    auto all = tables_.notifications;
    for (const auto& row : rows) {
      const auto new_row = kept(row);
      const bool is_there = std::any_of(all.begin(), all.end(), [&](const KeptRow& other) {
        const auto same = [&](std::size_t column) {
          return text_at(other, column) == text_at(new_row, column);
        };
        return same(mch_id_column) && same(mch_id_column + 1) && same(outcome_column) && same(digest_column);
      });
      if (is_there) return false;
      all.push_back(new_row);
    }
    tables_.notifications = std::move(all);
    return true;
  }

  std::unique_ptr<RowStream> notifications() override { return stream_of(tables_.notifications); }

  std::unique_ptr<RowStream> notifications_of(const MerchantId& mch_id,
                                              const OutTradeNo& out_trade_no) override {
    return stream_of(rows_where(tables_.notifications, [&](const KeptRow& row) {
      return text_at(row, mch_id_column) == mch_id.text() &&
             text_at(row, mch_id_column + 1) == out_trade_no.text();
    }));
  }

  std::unique_ptr<RowStream> subjects(const SubjectKind& kind) override { return stream_of(rows_of(kind)); }

  std::unique_ptr<RowStream> links(const SubjectKind& kind) override {
    Table links;
    for (const auto& entry : tables_.history) {
      const auto [name, key] = subject_of(entry);
      if (name != kind.name) continue;
      links.push_back({entry.front(), KeptValue{Value{key}}, entry.at(entry_place_of("from_state")),
                       entry.at(entry_place_of("to_state")), entry.at(entry_place_of("order_hash_before")),
                       entry.at(entry_place_of("order_hash"))});
    }
    std::stable_sort(links.begin(), links.end(), [](const KeptRow& one, const KeptRow& other) {
      return number_at(one, 1) < number_at(other, 1);
    });
    return stream_of(std::move(links));
  }

  std::unique_ptr<RowStream> notified_entries() override {
    Table found;
    for (const auto& entry : tables_.history) {
      if (!is_notified(entry)) continue;
      const auto is_kept = std::any_of(tables_.notifications.begin(), tables_.notifications.end(),
                                       [&](const KeptRow& notification) {
                                         return is_applied(notification) && names(entry, notification);
                                       });
      found.push_back({entry.front(), entry.at(entry_place_of("details")),
                       KeptValue{Value{std::int64_t{is_kept ? 1 : 0}}}});
    }
    return stream_of(std::move(found));
  }

  std::unique_ptr<RowStream> notifications_without_entry() override {
    return stream_of(rows_where(tables_.notifications, [&](const KeptRow& notification) {
      return is_applied(notification) &&
             std::none_of(tables_.history.begin(), tables_.history.end(), [&](const KeptRow& entry) {
               return is_notified(entry) && names(entry, notification);
             });
    }));
  }

  std::string problem() override { return {}; }

  void backup(const std::filesystem::path& target) override {
    if (memory_->contains(target)) throw Error{ErrorKind::file, target.string() + " exists already"};
    (*memory_)[target].tables = tables_;
  }

  std::unique_ptr<JobLock> lock(LedgerJob job) override {
    return std::make_unique<MemoryLock>(kept_.jobs[job]);
  }
  std::optional<std::chrono::sys_seconds> last_complete(LedgerJob job,
                                                        const MerchantIdentity& merchant) override {
    const auto& complete = kept_.jobs[job].complete;
    const auto found = std::find_if(complete.rbegin(), complete.rend(),
                                    [&](const auto& run) { return run.first == merchant; });
    return found == complete.rend() ? std::nullopt : std::optional{found->second};
  }

 private:
  static bool is_applied(const KeptRow& notification) {
    return text_at(notification, outcome_column) == "APPLIED";
  }

  static bool is_notified(const KeptRow& entry) {
    return text_at(entry, entry_place_of("source")) == "notify" &&
           !text_at(entry, entry_place_of("digest")).empty();
  }

  const Table& rows_of(const SubjectKind& kind) const {
    static const Table none;
    if (kind.name == ledger::refund_subject) return tables_.refunds;
    return kind.name == ledger::order_subject ? tables_.orders : none;
  }

  static std::pair<std::string, std::int64_t> subject_of(const KeptRow& entry) {
    const auto kind = text_at(entry, entry_place_of("subject_kind"));
    if (!kind.empty()) return {kind, number_at(entry, entry_place_of("subject_seq"))};
    return {std::string{ledger::order_subject}, number_at(entry, entry_place_of("order_seq"))};
  }

  /// Whether they are of one subject and of the same bytes.
  bool names(const KeptRow& entry, const KeptRow& notification) const {
    if (text_at(entry, entry_place_of("digest")) != text_at(notification, digest_column)) return false;
    const auto subject = subject_of(entry);
    const auto* kind = ledger::find_subject_kind(subject.first);
    if (kind == nullptr || !kind->is_notified) return false;
    const auto place = [kind](std::string_view column) {
      return static_cast<std::size_t>(std::distance(
          kind->columns.begin(), std::find(kind->columns.begin(), kind->columns.end(), column)));
    };
    const auto& rows = rows_of(*kind);
    return std::any_of(rows.begin(), rows.end(), [&](const KeptRow& row) {
      return number_at(row, 0) == subject.second &&
             text_at(row, place("mch_id")) == text_at(notification, mch_id_column) &&
             text_at(row, place("out_trade_no")) == text_at(notification, mch_id_column + 1);
    });
  }

  std::string name_;
  std::shared_ptr<Memory> memory_;
  Kept& kept_;
  Tables& tables_ = kept_.tables;
  std::int64_t own_commits_ = 0;
  std::int64_t commits_of_others_ = 0;  ///< when others_wrote was asked last
};

}  // namespace

StoreOpener memory_stores() {
  return [memory = std::make_shared<Memory>()](const std::filesystem::path& path) {
    return std::make_unique<MemoryStore>(memory, path);
  };
}

}  // namespace wxpay::test
