// The rules are in settle.hpp, and this carries them out, on any store.
#include "ledger/ledger.hpp"

#include <functional>
#include <optional>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

#include "ledger/entry_rows.hpp"
#include "ledger/hash_chain.hpp"
#include "ledger/history_writer.hpp"
#include "ledger/kept_notifications.hpp"
#include "ledger/ledger_check.hpp"
#include "ledger/order_cache.hpp"
#include "ledger/order_changes.hpp"
#include "ledger/order_inserter.hpp"
#include "ledger/order_pages.hpp"
#include "ledger/order_rows.hpp"
#include "ledger/replaced_parameters.hpp"
#include "ledger/subject.hpp"

namespace wxpay::ledger {

namespace {

class StoredLedger final : public Ledger {
 public:
  StoredLedger(std::unique_ptr<LedgerStore> store, std::string actor, const Clock& clock)
      : clock_{clock}, store_{std::move(store)}, history_{*store_, std::move(actor)} {}

  std::optional<Order> find(const MerchantId& mch_id, const OutTradeNo& out_trade_no) override {
    std::optional<Order> order;
    const auto rows = store_->find_order(mch_id, out_trade_no);
    if (const auto row = rows->next(); !row.empty()) {
      order = read_order(row.first<order_columns.size()>(), store_->name()).order;
    }
    store_->require_one_state();
    return order;
  }

  BeginResult begin(const OrderIntent& intent, const DefaultedFields& defaulted) override {
    Change change{*this};
    const auto now = clock_.now();
    // Most numbers are new, and the insertion itself finds out.
    if (auto order = create(intent, now)) {
      change.commit();
      return {plan_create(nullptr, intent, defaulted, now), std::move(*order)};
    }
    auto loaded = load(intent.merchant.mch_id, intent.out_trade_no, change);
    if (!loaded) {
      throw Error{
          ErrorKind::ledger,
          "the ledger " + store_->name() + " did not take an order: something in it is not wxpayctl's",
          "`wxpayctl ledger check` names it"};
    }
    auto& known = loaded->stored.order;
    auto decision = plan_create(&known, intent, defaulted, now);
    const bool replaces = decision.plan == CreatePlan::replace;
    const bool renews = known.prepay && (decision.plan == CreatePlan::again || replaces);
    auto order = replaces ? replace(*loaded, intent, now) : std::move(known);
    change.commit();
    return {std::move(decision), std::move(order), renews};
  }

  SettleResult settle(const PaymentEvidence& evidence) override {
    Change change{*this};
    auto loaded = load(evidence.merchant.mch_id, evidence.out_trade_no, change);
    if (!loaded) {
      change.commit();
      return {};
    }
    auto& stored = loaded->stored;
    if (evidence.source == EvidenceSource::hand && was_only_imported(stored.seq)) {
      stored.order.proven_state = OrderState::creating;
    }
    const auto settlement = wxpay::settle(stored.order, evidence);
    if (settlement.verdict == Verdict::apply) {
      const auto from = stored.order.state;
      const auto now = clock_.now();
      apply(stored.order, evidence, settlement, now);
      const auto row = to_row(stored.seq, stored.order);
      store_->update_order(row, ChangedBy::evidence);
      auto entry = new_entry(now, from, settlement.to, evidence.source, std::move(loaded->row_hash));
      entry.reason = reason_of(evidence, settlement);
      entry.digest = evidence.digest;
      if (evidence.kept) entry.details = kept_mark;
      history_.append(order_kind(), row, std::move(entry));
    }
    change.commit();
    return {settlement, std::move(stored.order)};
  }

  SettleResult preview(const PaymentEvidence& evidence) override {
    auto order = find(evidence.merchant.mch_id, evidence.out_trade_no);
    if (!order) return {};
    const auto settlement = wxpay::settle(*order, evidence);
    return {settlement, std::move(order)};
  }

  std::size_t import(std::span<const Order> orders) override {
    Change change{*this};
    const auto imported = order_inserter_.import(orders, clock_.now());
    change.commit();
    return imported;
  }

  void keep(KeptNotification notification) override {
    Change change{*this};
    notifications_.keep(std::move(notification));
    change.commit();
  }

  void note(const MerchantId& mch_id, const OutTradeNo& out_trade_no, EvidenceSource source,
            const std::string& reason) override {
    Change change{*this};
    auto loaded = load(mch_id, out_trade_no, change);
    if (loaded) {
      const auto state = loaded->stored.order.state;
      auto entry = new_entry(clock_.now(), state, state, source, std::move(loaded->row_hash));
      entry.reason = reason;
      history_.append(order_kind(), to_row(loaded->stored.seq, loaded->stored.order), std::move(entry));
    }
    change.commit();
    if (!loaded) {
      throw Error{ErrorKind::refused,
                  "the ledger does not know the order " + out_trade_no.text(),
                  {},
                  "NOT_IN_LEDGER"};
    }
  }

  void transact(const std::function<void()>& work) override {
    Change change{*this};
    {
      const Depth depth{depth_};
      work();
    }
    if (doomed_) {
      throw Error{ErrorKind::ledger, "a change to the ledger failed, so none of those made with it was kept"};
    }
    change.commit();
  }

  std::vector<KeptNotification> notifications(const MerchantId& mch_id,
                                              const OutTradeNo& out_trade_no) override {
    auto kept = notifications_.of_order(mch_id, out_trade_no);
    store_->require_one_state();
    return kept;
  }

  std::vector<Order> page(const MerchantId& mch_id, const OpenOrders& which, OrderCursor& cursor,
                          std::size_t most) override {
    return page_of(*store_, mch_id, which, cursor, most);
  }
  std::vector<Order> page(const MerchantId& mch_id, const ClosedOrders& which, OrderCursor& cursor,
                          std::size_t most) override {
    return page_of(*store_, mch_id, which, cursor, most);
  }
  std::int64_t count(const MerchantId& mch_id, const OpenOrders& which) override {
    return store_->count(mch_id, which);
  }
  std::int64_t count(const MerchantId& mch_id, const ClosedOrders& which) override {
    return store_->count(mch_id, which);
  }
  void list(const MerchantId& mch_id, const OrderFilter& filter,
            const std::function<bool(const Order&)>& visit) override {
    list_orders(*store_, mch_id, filter, visit);
    store_->require_one_state();
  }

  std::vector<HistoryEntry> history(const MerchantId& mch_id, const OutTradeNo& out_trade_no) override {
    std::vector<HistoryEntry> entries;
    history_.flush();
    const auto orders = store_->find_order(mch_id, out_trade_no);
    if (const auto order = orders->next(); !order.empty()) {
      const auto rows = store_->entries_of({order_subject, number_in(order.front())});
      for (auto row = rows->next(); !row.empty(); row = rows->next()) {
        entries.push_back(read_order_entry(row, store_->name()));
      }
    }
    store_->require_one_state();
    return entries;
  }

  CheckReport check(const std::optional<std::string>& expected_head) override {
    require_no_transaction();
    return check_ledger(*store_, expected_head);
  }

  void backup(const std::filesystem::path& target) override {
    require_no_transaction();
    store_->backup(target);
  }

  std::unique_ptr<JobLock> lock(LedgerJob job) override { return store_->lock(job); }
  std::optional<std::chrono::sys_seconds> last_complete(LedgerJob job,
                                                        const MerchantIdentity& merchant) override {
    return store_->last_complete(job, merchant);
  }

 private:
  class Depth {
   public:
    explicit Depth(int& depth) : depth_{depth} { ++depth_; }
    Depth(const Depth&) = delete;
    Depth& operator=(const Depth&) = delete;
    Depth(Depth&&) = delete;
    Depth& operator=(Depth&&) = delete;
    ~Depth() { --depth_; }

   private:
    int& depth_;
  };

  /// One change: a transaction of its own, or a part of the one that `transact` holds. A part that fails
  /// dooms the whole, even where its exception was swallowed: the store may have rolled back already.
  class Change {
   public:
    explicit Change(StoredLedger& owner) : owner_{owner} {
      if (owner_.depth_ == 0) {
        transaction_ = owner_.store_->begin_writing();
        owner_.order_inserter_.begin();
        owner_.history_.begin();
        owner_.notifications_.begin();
        if (owner_.store_->others_wrote()) owner_.order_cache_.forget();
        owner_.doomed_ = false;
      } else if (owner_.doomed_) {
        throw Error{ErrorKind::ledger, "an earlier change of the same transaction failed"};
      }
    }
    Change(const Change&) = delete;
    Change& operator=(const Change&) = delete;
    Change(Change&&) = delete;
    Change& operator=(Change&&) = delete;
    ~Change() {
      if (done_) return;
      owner_.doomed_ = true;
      owner_.order_cache_.forget();
      owner_.history_.forget();
      owner_.notifications_.forget();
    }
    /// Nothing was written for it, so its failure is no other part's.
    void leave() noexcept { done_ = true; }
    void commit() {
      if (transaction_) {
        owner_.history_.flush();
        owner_.notifications_.flush();
        transaction_->commit();
      }
      done_ = true;
    }

   private:
    StoredLedger& owner_;
    std::unique_ptr<StoreTransaction> transaction_;
    bool done_ = false;
  };

  void require_no_transaction() const {
    if (depth_ != 0) throw std::logic_error{"not inside OrderLedger::transact"};
  }

  /// To be called before the change has written anything.
  std::optional<Loaded> load(const MerchantId& mch_id, const OutTradeNo& out_trade_no, Change& change) {
    if (auto begun = order_cache_.take(mch_id, out_trade_no)) return begun;
    const auto rows = store_->find_order(mch_id, out_trade_no);
    const auto row = rows->next();
    if (row.empty()) return std::nullopt;
    try {
      return Loaded{read_order(row.first<order_columns.size()>(), store_->name()),
                    hash_subject(order_subject, order_columns, row)};
    } catch (const UnreadableOrder&) {
      change.leave();
      throw;
    }
  }

  /// Whether nobody but a person has said anything of the order since it was imported.
  bool was_only_imported(std::int64_t seq) {
    history_.flush();
    bool imported = false;
    const auto rows = store_->entries_of({order_subject, seq});
    for (auto row = rows->next(); !row.empty(); row = rows->next()) {
      const auto source = parse_evidence_source(text_of(row[entry_place_of("source")]));
      imported = imported || source == EvidenceSource::import;
      if (source == EvidenceSource::import || source == EvidenceSource::hand) continue;
      // An entry without a digest that changes no state is a note.
      const auto& from = row[entry_place_of("from_state")];
      const bool changes_state =
          !is_null(from) && number_in(from) != number_in(row[entry_place_of("to_state")]);
      if (changes_state || !is_null(row[entry_place_of("digest")])) return false;
    }
    return imported;
  }

  std::optional<Order> create(const OrderIntent& intent, std::chrono::sys_seconds now) {
    StoredOrder stored{0, new_order(intent, now, now)};
    auto row_hash = order_inserter_.add(stored);
    if (!row_hash) return std::nullopt;
    order_cache_.keep({stored, std::move(*row_hash)});
    return std::move(stored.order);
  }

  /// The new parameters take the number of an order that was refused; its history keeps the old ones.
  Order replace(Loaded& loaded, const OrderIntent& intent, std::chrono::sys_seconds now) {
    const auto& before = loaded.stored;
    StoredOrder after{before.seq, new_order(intent, before.order.created_at, now)};
    auto entry = new_entry(now, before.order.state, after.order.state, EvidenceSource::create,
                           std::move(loaded.row_hash));
    entry.details = replaced_parameters(to_row(before.seq, before.order));
    const auto row = to_row(after.seq, after.order);
    store_->update_order(row, ChangedBy::new_try);
    order_cache_.keep({after, history_.append(order_kind(), row, std::move(entry))});
    return std::move(after.order);
  }

  const Clock& clock_;
  std::unique_ptr<LedgerStore> store_;
  int depth_ = 0;
  bool doomed_ = false;
  OrderCache order_cache_;
  HistoryWriter history_;
  OrderInserter order_inserter_{*store_, history_};
  KeptNotifications notifications_{*store_};
};

}  // namespace

std::unique_ptr<Ledger> make_ledger(std::unique_ptr<LedgerStore> store, std::string actor,
                                    const Clock& clock) {
  return std::make_unique<StoredLedger>(std::move(store), std::move(actor), clock);
}

}  // namespace wxpay::ledger
