// The rules are in settle.hpp and refund.hpp, and this carries them out, on any store.
#include "ledger/ledger.hpp"

#include <functional>
#include <optional>
#include <span>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

#include "ledger/history_writer.hpp"
#include "ledger/kept_notifications.hpp"
#include "ledger/ledger_check.hpp"
#include "ledger/order_book.hpp"
#include "ledger/order_pages.hpp"
#include "ledger/order_rows.hpp"
#include "ledger/refund_book.hpp"
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
    if (auto order = order_book_.create(intent, now)) {
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
    auto order = replaces ? order_book_.replace(*loaded, intent, now) : std::move(known);
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
    if (evidence.source == EvidenceSource::hand && order_book_.was_only_imported(stored.seq)) {
      stored.order.proven_state = OrderState::creating;
    }
    const auto settlement = wxpay::settle(stored.order, evidence);
    if (settlement.verdict == Verdict::apply) order_book_.settle(*loaded, evidence, settlement, clock_.now());
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
    const auto imported = order_book_.import(orders, clock_.now());
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

  std::optional<Refund> find_refund(const MerchantId& mch_id, const OutRefundNo& out_refund_no) override {
    auto found = refund_book_.find(mch_id, out_refund_no);
    store_->require_one_state();
    if (!found) return std::nullopt;
    return std::move(found->stored.refund);
  }

  std::vector<Refund> refunds_of(const MerchantId& mch_id, const OutTradeNo& out_trade_no) override {
    auto found = refund_book_.of_order(mch_id, out_trade_no);
    store_->require_one_state();
    return found;
  }

  RefundBegin begin_refund(const RefundRequest& wanted, std::chrono::seconds interval) override {
    Change change{*this};
    const auto& mch_id = wanted.merchant.mch_id;
    auto loaded = load(mch_id, wanted.out_trade_no, change);
    auto known = read_for(change, [&] { return refund_book_.find(mch_id, wanted.out_refund_no); });
    const auto all = read_for(change, [&] { return refund_book_.of_order(mch_id, wanted.out_trade_no); });
    const auto* order = loaded ? &loaded->stored.order : nullptr;
    const auto now = clock_.now();
    RefundBegin begun;
    begun.decision = plan_refund(order, all, known ? &known->stored.refund : nullptr, wanted, now);
    begun.was_unknown = known && known->stored.refund.state == RefundState::unknown;
    begun.refund = refund_book_.begin_refund(begun.decision, wanted, order, std::move(known),
                                             refund_turn(all, wanted.out_refund_no, interval, now), now);
    if (loaded) {
      begun.order = loaded->stored.order;
      order_book_.keep(std::move(*loaded));
    }
    change.commit();
    return begun;
  }

  RefundSettleResult settle_refund(const RefundEvidence& evidence) override {
    Change change{*this};
    const auto& mch_id = evidence.merchant.mch_id;
    auto known = read_for(change, [&] { return refund_book_.find(mch_id, evidence.out_refund_no); });
    const auto out_trade_no = known ? known->stored.refund.intent.out_trade_no : evidence.out_trade_no;
    auto loaded = load(mch_id, out_trade_no, change);
    // What is left of the order concerns only a refund whose amount does not count yet.
    const bool counts_already = known && holds_amount(known->stored.refund.state);
    const auto all = counts_already
                         ? std::vector<Refund>{}
                         : read_for(change, [&] { return refund_book_.of_order(mch_id, out_trade_no); });
    const auto now = clock_.now();
    auto judged = judge_refund(known ? &known->stored.refund : nullptr,
                               loaded ? &loaded->stored.order : nullptr, all, evidence, now);
    if (judged.settlement.verdict == RefundVerdict::apply) {
      judged.refund = refund_book_.settle_refund(evidence, judged.settlement, std::move(*judged.refund),
                                                 std::move(known), now);
      if (loaded && is_accepted(judged.refund->state)) {
        const auto refunded = evidence_of_refunded_order(evidence, *judged.refund);
        const auto settlement = wxpay::settle(loaded->stored.order, refunded);
        if (settlement.verdict == Verdict::apply) order_book_.settle(*loaded, refunded, settlement, now);
      }
    }
    RefundSettleResult result{judged.settlement, std::move(judged.refund), std::nullopt};
    if (loaded) {
      result.order = loaded->stored.order;
      order_book_.keep(std::move(*loaded));
    }
    change.commit();
    return result;
  }

  RefundSettleResult preview_refund(const RefundEvidence& evidence) override {
    const auto& mch_id = evidence.merchant.mch_id;
    const auto known = find_refund(mch_id, evidence.out_refund_no);
    const auto out_trade_no = known ? known->intent.out_trade_no : evidence.out_trade_no;
    auto order = find(mch_id, out_trade_no);
    auto judged = judge_refund(known ? &*known : nullptr, order ? &*order : nullptr,
                               refunds_of(mch_id, out_trade_no), evidence, clock_.now());
    return {judged.settlement, std::move(judged.refund), std::move(order)};
  }

  void list_refunds(const MerchantId& mch_id, const RefundFilter& filter,
                    const std::function<bool(const Refund&)>& visit) override {
    ledger::list_refunds(*store_, mch_id, filter, visit);
    store_->require_one_state();
  }
  std::vector<Refund> page_refunds(const MerchantId& mch_id, const OpenRefunds& which, OrderCursor& cursor,
                                   std::size_t most) override {
    return page_of(*store_, mch_id, which, cursor, most);
  }
  std::int64_t count_refunds(const MerchantId& mch_id, const OpenRefunds& which) override {
    return store_->count(mch_id, which);
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
    history_.flush();
    auto entries = history_of(*store_, mch_id, out_trade_no);
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
        owner_.order_book_.begin();
        owner_.refund_book_.begin();
        owner_.history_.begin();
        owner_.notifications_.begin();
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
      owner_.order_book_.forget();
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

  /// Reads before the change has written anything, so that what cannot be read concerns nothing else.
  template <class Read>
  static std::invoke_result_t<Read> read_for(Change& change, Read read) {
    try {
      return read();
    } catch (const UnreadableOrder&) {
      change.leave();
      throw;
    }
  }
  std::optional<Loaded> load(const MerchantId& mch_id, const OutTradeNo& out_trade_no, Change& change) {
    return read_for(change, [&] { return order_book_.load(mch_id, out_trade_no); });
  }

  const Clock& clock_;
  std::unique_ptr<LedgerStore> store_;
  int depth_ = 0;
  bool doomed_ = false;
  HistoryWriter history_;
  OrderBook order_book_{*store_, history_};
  RefundBook refund_book_{*store_, history_};
  KeptNotifications notifications_{*store_};
};

}  // namespace

std::unique_ptr<Ledger> make_ledger(std::unique_ptr<LedgerStore> store, std::string actor,
                                    const Clock& clock) {
  return std::make_unique<StoredLedger>(std::move(store), std::move(actor), clock);
}

}  // namespace wxpay::ledger
