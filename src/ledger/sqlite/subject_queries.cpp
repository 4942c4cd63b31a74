// Made from the table of subjects (subject.cpp), so that a further kind needs its table alone.
#include "ledger/sqlite/subject_queries.hpp"

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/sqlite/row_streams.hpp"
#include "ledger/sqlite/schema.hpp"
#include "ledger/sqlite/sql_text.hpp"

namespace wxpay::ledger {

namespace {

/// The rows of a statement, of as many columns as a kind of subject has.
class SubjectStream final : public RowStream {
 public:
  SubjectStream(const Database& database, std::string sql, std::size_t columns)
      : statement_{database, std::move(sql)}, rows_{statement_.run({})}, row_(columns) {}

  std::span<const Value> next() override {
    if (!rows_.next()) return {};
    for (std::size_t i = 0; i < row_.size(); ++i) row_[i] = rows_.value(static_cast<int>(i));
    return row_;
  }

 private:
  Statement statement_;
  Rows rows_;
  std::vector<Value> row_;
};

/// Whether the file's schema knows this kind; each knows orders.
bool has_table(const Database& database, const SubjectKind& kind) {
  if (kind.name == order_subject) return true;
  Statement statement{database, "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?"};
  auto rows = statement.run({kind.table});
  return rows.next();
}

std::string quoted(std::string_view name) { return "'" + std::string{name} + "'"; }

/// That the entry `h` is about the row `s` of a kind's table.
std::string is_about(const SubjectKind& kind) {
  if (kind.name == order_subject) return "h.order_seq = s.seq";
  return "h.subject_kind = " + quoted(kind.name) + " AND h.subject_seq = s.seq";
}

/// This text for every kind that notifications may change, joined by OR.
template <class Text>
std::string any_notified_kind(const Database& database, const Text& text) {
  std::string all;
  for (const auto& kind : subject_kinds()) {
    if (!kind.is_notified || !has_table(database, kind)) continue;
    all += (all.empty() ? "" : " OR ") + text(kind);
  }
  return all;
}

}  // namespace

std::unique_ptr<RowStream> select_subjects(const Database& database, const SubjectKind& kind) {
  if (!has_table(database, kind)) return std::make_unique<EmptyStream>();
  return std::make_unique<SubjectStream>(
      database, "SELECT " + join_columns(kind.columns) + " FROM " + std::string{kind.table} + " ORDER BY seq",
      kind.columns.size());
}

std::unique_ptr<RowStream> select_links(const Database& database, const SubjectKind& kind) {
  constexpr std::string_view states_and_hashes = ", from_state, to_state, order_hash_before, order_hash ";
  const auto select = [&](std::string_view key, const std::string& from) {
    return "SELECT number, " + std::string{key} + std::string{states_and_hashes} + "FROM history " + from +
           " ORDER BY " + std::string{key} + ", number";
  };
  using Links = QueryStream<link_columns>;
  if (kind.name == order_subject) {
    // By name, so that the entries come one by one instead of being sorted first.
    return std::make_unique<Links>(
        database, select("order_seq", "INDEXED BY history_of_order WHERE order_seq IS NOT NULL"),
        std::span<const Value>{});
  }
  if (schema_version(database) < schema_with_subjects) return std::make_unique<EmptyStream>();
  return std::make_unique<Links>(database, select("subject_seq", "WHERE subject_kind = " + quoted(kind.name)),
                                 std::span<const Value>{});
}

std::unique_ptr<RowStream> select_notified_entries(const Database& database) {
  if (schema_version(database) < schema_with_notifications) return std::make_unique<EmptyStream>();
  const auto is_kept = any_notified_kind(database, [](const SubjectKind& kind) {
    return "EXISTS (SELECT 1 FROM " + std::string{kind.table} +
           " s JOIN notifications n ON n.mch_id = s.mch_id AND n.out_trade_no = s.out_trade_no AND "
           "n.digest = h.digest AND n.outcome = 'APPLIED' WHERE " +
           is_about(kind) + ")";
  });
  return std::make_unique<QueryStream<3>>(
      database,
      "SELECT h.number, h.details, " + is_kept +
          " FROM history h WHERE h.source = 'notify' AND h.digest IS NOT NULL ORDER BY h.number",
      std::span<const Value>{});
}

std::unique_ptr<RowStream> select_notifications_without_entry(const Database& database) {
  if (schema_version(database) < schema_with_notifications) return std::make_unique<EmptyStream>();
  const auto has_entry = any_notified_kind(database, [](const SubjectKind& kind) {
    return "EXISTS (SELECT 1 FROM " + std::string{kind.table} + " s JOIN history h ON " + is_about(kind) +
           " WHERE s.mch_id = n.mch_id AND s.out_trade_no = n.out_trade_no AND h.source = 'notify' AND "
           "h.digest = n.digest)";
  });
  return std::make_unique<QueryStream<1>>(
      database,
      "SELECT n.number FROM notifications n WHERE n.outcome = 'APPLIED' AND NOT (" + has_entry +
          ") ORDER BY n.number",
      std::span<const Value>{});
}

}  // namespace wxpay::ledger
