// The least that applying notifications costs a program that keeps a ledger in SQLite: the same statements as
// those of `replay-notify`, on the same tables, in groups of the same size, with nothing read, verified,
// decided or hashed:
//
//   wxpay_sqlite_floor LEDGER COUNT
//
// The ledger must have the orders B0000000000, B0000000001 and so on, unpaid. Prints the notifications and
// the seconds as one JSON object.

#include <sqlite3.h>

#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>

#include "base/handle.hpp"
#include "cli/config/settings.hpp"
#include "ledger/entry_rows.hpp"
#include "ledger/order_rows.hpp"
#include "ledger/sqlite/schema.hpp"
#include "ledger/sqlite/sql_text.hpp"
#include "ledger/sqlite/sqlite_database.hpp"
#include "sample_order.hpp"
#include "wxpay/ledger.hpp"

namespace {

using wxpay::ledger::Blob;
using wxpay::ledger::Value;

// As the program has them: notifications in one transaction, and rows in one insertion.
constexpr std::size_t group = 1024;
constexpr std::size_t together = 16;

constexpr std::size_t history_columns = wxpay::ledger::entry_columns.size() + 1;
constexpr std::size_t notification_columns = 10;

/// A prepared statement with no more around SQLite's calls than they need.
class BareStatement {
 public:
  BareStatement(sqlite3* database, const std::string& sql) : database_{database} {
    sqlite3_stmt* prepared = nullptr;
    const int code =
        sqlite3_prepare_v3(database, sql.c_str(), -1, SQLITE_PREPARE_PERSISTENT, &prepared, nullptr);
    if (code != SQLITE_OK) throw std::runtime_error{sqlite3_errmsg(database)};
    handle_.reset(prepared);
  }

  /// @return the number in the first column, for a statement that gives a row
  std::int64_t run(std::span<const Value> values, int expected = SQLITE_DONE) {
    int place = 0;
    for (const auto& value : values) bind(++place, value);
    if (sqlite3_step(handle_.get()) != expected) throw std::runtime_error{sqlite3_errmsg(database_)};
    const auto first = expected == SQLITE_ROW ? sqlite3_column_int64(handle_.get(), 0) : 0;
    sqlite3_reset(handle_.get());
    return first;
  }

 private:
  void bind(int place, const Value& value) {
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
      sqlite3_bind_int64(handle_.get(), place, *number);
    } else if (const auto* text = std::get_if<std::string_view>(&value)) {
      sqlite3_bind_text(handle_.get(), place, text->data(), -1, SQLITE_STATIC);
    } else if (const auto* blob = std::get_if<Blob>(&value)) {
      sqlite3_bind_blob(handle_.get(), place, blob->bytes.data(), static_cast<int>(blob->bytes.size()),
                        SQLITE_STATIC);
    }
  }

  sqlite3* database_;
  wxpay::Handle<sqlite3_stmt, sqlite3_finalize> handle_;
};

class Floor {
 public:
  explicit Floor(const std::string& path)
      : database_{path, wxpay::ledger::Access::read_write, std::chrono::milliseconds{0}} {
    wxpay::ledger::prepare_for_writing(database_, std::chrono::milliseconds{0});
    entries_ = database_.number("SELECT max(number) FROM history");
  }

  void run(std::int64_t count) {
    for (std::int64_t number = 0; number < count;) {
      database_.execute("BEGIN IMMEDIATE");
      for (std::size_t done = 0; done < group && number < count; done += together) {
        for (std::size_t row = 0; row < together; ++row) apply(number++, row);
        insert_entries_.run(entry_values_);
        insert_notifications_.run(notification_values_);
      }
      database_.execute("COMMIT");
    }
  }

 private:
  struct Texts {
    std::string out_trade_no, transaction_id, digest;
  };

  /// Looks the order up and pays it; what is to be inserted becomes the row of the next insertions.
  void apply(std::int64_t number, std::size_t row) {
    auto& texts = texts_.at(row);
    texts.out_trade_no = wxpay::bench::sample_number(number).text();
    texts.transaction_id = "4200002026112300" + texts.out_trade_no.substr(1);
    texts.digest.replace(texts.digest.size() - texts.out_trade_no.size() + 1, std::string::npos,
                         texts.out_trade_no, 1, std::string::npos);
    const std::string_view out_trade_no{texts.out_trade_no};
    const std::array<Value, 2> key{mch_id_, out_trade_no};
    const auto seq = select_order_.run(key, SQLITE_ROW);
    const std::array<Value, wxpay::ledger::settled_order_columns.size() + 1> paid{
        success_, success_, {}, {}, {}, {}, {}, std::string_view{texts.transaction_id}, now_, now_, seq};
    update_order_.run(paid);
    const std::array<Value, history_columns> entry{
        ++entries_, seq,   now_,  notpay_, success_, "notify", "bench", {}, std::string_view{texts.digest},
        {},         hash_, hash_, hash_,   {},       {}};
    std::copy(entry.begin(), entry.end(), entry_values_.begin() + row * history_columns);
    const std::array<Value, notification_columns> notification{
        number + 1, now_, mch_id_, out_trade_no, "APPLIED", std::string_view{texts.digest}, hash_,
        raw_,       {},   {}};
    std::copy(notification.begin(), notification.end(),
              notification_values_.begin() + row * notification_columns);
  }

  static std::string insertion_into(const std::string& table, std::size_t columns) {
    return "INSERT INTO " + table + " VALUES " + wxpay::ledger::placeholders(columns, together);
  }

  const std::string hash_bytes_ = std::string(32, 'h');
  const std::string raw_bytes_ = std::string(700, 'x');  // about as long as a notification
  const Value mch_id_{std::string_view{wxpay::cli::sandbox_mch_id}};
  const Value success_{static_cast<std::int64_t>(wxpay::OrderState::success)};
  const Value notpay_{static_cast<std::int64_t>(wxpay::OrderState::notpay)};
  const Value now_{std::int64_t{wxpay::bench::sample_payment_time().time_since_epoch().count()}};
  const Value hash_{Blob{hash_bytes_}};
  const Value raw_{Blob{raw_bytes_}};
  std::array<Texts, together> texts_ = [] {
    std::array<Texts, together> texts;
    for (auto& of_row : texts) of_row.digest = std::string(64, '0');
    return texts;
  }();
  std::array<Value, together * history_columns> entry_values_;
  std::array<Value, together * notification_columns> notification_values_;

  wxpay::ledger::Database database_;
  std::int64_t entries_ = 0;
  BareStatement select_order_{database_.handle(),
                              "SELECT " + wxpay::ledger::join_columns(wxpay::ledger::order_columns) +
                                  " FROM orders WHERE mch_id = ? AND out_trade_no = ?"};
  BareStatement update_order_{
      database_.handle(),
      "UPDATE orders SET " +
          wxpay::ledger::assignments(wxpay::ledger::names_at(wxpay::ledger::settled_order_columns)) +
          " WHERE seq = ?"};
  BareStatement insert_entries_{database_.handle(), insertion_into("history", history_columns)};
  BareStatement insert_notifications_{database_.handle(),
                                      insertion_into("notifications", notification_columns) +
                                          " ON CONFLICT (mch_id, out_trade_no, digest, outcome) DO NOTHING"};
};

}  // namespace

int main(int argc, char** argv) {
  std::int64_t count = 0;
  const std::string_view text = argc == 3 ? argv[2] : "";
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{} || end != text.data() + text.size() || count <= 0 ||
      count % static_cast<std::int64_t>(together) != 0) {
    std::fputs("usage: wxpay_sqlite_floor LEDGER COUNT   (a multiple of 16)\n", stderr);
    return 2;
  }
  try {
    wxpay::spare_memory_statistics();  // as the program does
    const auto start = std::chrono::steady_clock::now();
    Floor{argv[1]}.run(count);
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    std::printf("{\"notifications\":%lld,\"seconds\":%.4f}\n", static_cast<long long>(count), taken.count());
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "wxpay_sqlite_floor: %s\n", failure.what());
    return 1;
  }
  return 0;
}
