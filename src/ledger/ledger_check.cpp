#include "ledger/ledger_check.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "ledger/entry_rows.hpp"
#include "ledger/hash_chain.hpp"
#include "ledger/kept_notifications.hpp"
#include "ledger/subject.hpp"

namespace wxpay::ledger {

namespace {

std::string entry_name(std::int64_t number) { return "entry " + std::to_string(number); }

/// Whether an entry may name this kind. One about an order has the order's key in a column of its own
/// instead.
bool may_be_named(std::string_view kind) {
  return kind != order_subject && find_subject_kind(kind) != nullptr;
}

class Checker {
 public:
  explicit Checker(LedgerStore& store) : store_{store} {}

  CheckReport run(const std::optional<std::string>& expected_head) {
    const auto snapshot = store_.begin_reading();
    const auto expected = expected_head ? to_lower(*expected_head) : std::string{};
    attempt([&] { walk_chain(expected); });
    // What follows can only be read, and is only worth it, while the chain itself holds.
    for (const auto& kind : subject_kinds()) {
      auto& rows = report_.rows.emplace_back(RowCount{std::string{kind.table}});
      attempt([&] { walk_subjects(kind, rows.count); });
    }
    attempt([&] {
      const auto kept = walk_notifications(store_, expected);
      report_.notifications = kept.count;
      report_.notifications_head = kept.head;
      met_expected_ = met_expected_ || kept.met_expected;
      found_if_any(kept.problem);
    });
    if (!met_expected_) {
      found("the head " + expected + " is not in this chain: its end was cut off or it was rewritten");
    }
    if (report_.ok) attempt([&] { found_if_any(untied_entry(store_)); });
    if (report_.ok) attempt([&] { found_if_any(over_refunded_order()); });
    if (report_.ok) attempt([&] { found_if_any(store_.problem()); });
    snapshot->commit();
    return std::move(report_);
  }

 private:
  /// Damage that stops the reading is a finding like any other.
  template <class Work>
  void attempt(Work work) {
    try {
      work();
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::ledger) throw;
      found(error.what());
    }
  }

  void found(const std::string& problem, std::optional<std::int64_t> entry = std::nullopt) {
    if (!report_.ok) return;  // the first is named; the others often follow from it
    report_.ok = false;
    report_.problem = problem;
    report_.bad_entry = entry;
  }

  void found_if_any(const std::string& problem) {
    if (!problem.empty()) found(problem);
  }

  void walk_chain(const std::string& expected_head) {
    auto previous = chain_start();
    report_.head = to_hex(previous);
    met_expected_ = expected_head.empty() || expected_head == report_.head;
    std::int64_t last_number = 0;
    const auto rows = store_.entries();
    for (auto row = rows->next(); !row.empty(); row = rows->next()) {
      const auto number = number_in(row.front());
      if (const auto next = number_after(last_number); number != next) {
        found(entry_name(next) + " is missing", next);
      }
      if (hash_entry(previous, entry_columns, row.first<entry_columns.size()>()) != text_of(row.back())) {
        found(entry_name(number) + " does not match its hash", number);
      }
      if (const auto kind = text_in(row[entry_place_of("subject_kind")]); kind && !may_be_named(*kind)) {
        found(entry_name(number) + " is about what this program does not know: " + std::string{*kind},
              number);
      }
      previous = text_of(row.back());
      report_.head = to_hex(previous);
      met_expected_ = met_expected_ || expected_head == report_.head;
      last_number = number;
      ++report_.entries;
    }
  }

  /// A link of an entry to its subject; one without number is none.
  struct Link {
    std::int64_t number = 0;
    std::int64_t subject = 0;
    std::optional<std::int64_t> from;
    std::int64_t to = 0;
    std::optional<std::string> hash_before;
    std::string hash_after;
  };

  static Link next_link(RowStream& links) {
    const auto row = links.next();
    if (row.empty()) return {};
    const auto column = [row](LinkColumn which) -> const Value& {
      return row[static_cast<std::size_t>(which)];
    };
    Link link;
    link.number = number_in(column(LinkColumn::number));
    link.subject = number_in(column(LinkColumn::subject));
    const auto& from = column(LinkColumn::from_state);
    if (!is_null(from)) link.from = number_in(from);
    link.to = number_in(column(LinkColumn::to_state));
    const auto& hash_before = column(LinkColumn::hash_before);
    if (!is_null(hash_before)) link.hash_before = text_of(hash_before);
    link.hash_after = text_of(column(LinkColumn::hash_after));
    return link;
  }

  /// Merges the subjects of a kind with the history, both by subject.
  void walk_subjects(const SubjectKind& kind, std::int64_t& count) {
    const auto subjects = store_.subjects(kind);
    const auto links = store_.links(kind);
    auto link = next_link(*links);
    for (auto row = subjects->next(); !row.empty(); row = subjects->next()) {
      ++count;
      const auto seq = number_in(row.front());
      for (; link.number != 0 && link.subject < seq; link = next_link(*links)) without_subject(kind, link);
      Link last;
      for (; link.number != 0 && link.subject == seq; link = next_link(*links)) {
        follow(kind, link, last);
        last = std::move(link);
      }
      compare(kind, row, last);
    }
    for (; link.number != 0; link = next_link(*links)) without_subject(kind, link);
  }

  void without_subject(const SubjectKind& kind, const Link& link) {
    found(entry_name(link.number) + " belongs to " + std::string{kind.with_article} + " that is missing",
          link.number);
  }

  /// Holds an entry against the one before it about the same subject.
  void follow(const SubjectKind& kind, const Link& link, const Link& last) {
    const bool is_first = last.number == 0;
    const bool links = is_first ? !link.from && !link.hash_before : link.from == last.to;
    const auto name = entry_name(link.number);
    if (!links) {
      found(name + " does not follow the " + std::string{kind.name} + "'s entry before it", link.number);
    } else if (!is_first && link.hash_before.value_or("") != last.hash_after) {
      found("the " + std::string{kind.name} + " of " + name + " was changed outside this program before it",
            link.number);
    }
  }

  /// Holds a subject against its last entry.
  void compare(const SubjectKind& kind, std::span<const Value> row, const Link& last) {
    const auto name = "the " + std::string{kind.name} + " " + std::string{text_of(row[kind.name_column])};
    if (last.number == 0) {
      found(name + " has no history");
    } else if (hash_subject(kind.name, kind.columns, row) != last.hash_after ||
               number_in(row[kind.state_column]) != last.to) {
      found(name + " was changed outside this program: it does not match its last entry, " +
            std::to_string(last.number));
    }
  }

  /// The rows may each match its entry, and yet pay back more than was paid.
  std::string over_refunded_order() {
    const auto rows = store_.over_refunded();
    const auto row = rows->next();
    if (row.empty()) return {};
    return "the refunds of the order " + std::string{text_of(row.front())} + " are more than was paid for it";
  }

  LedgerStore& store_;
  CheckReport report_;
  bool met_expected_ = true;
};

}  // namespace

CheckReport check_ledger(LedgerStore& store, const std::optional<std::string>& expected_head) {
  auto report = Checker{store}.run(expected_head);
  store.require_one_state();
  return report;
}

}  // namespace wxpay::ledger
