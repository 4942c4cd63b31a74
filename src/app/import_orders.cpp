#include "app/import_orders.hpp"

#include <algorithm>
#include <array>
#include <concepts>
#include <exception>
#include <future>
#include <span>
#include <utility>
#include <variant>

#include "app/csv_columns.hpp"
#include "base/number.hpp"
#include "base/text.hpp"
#include "domain/field_rules.hpp"
#include "domain/limits.hpp"
#include "wire/file_kind.hpp"
#include "wire/json.hpp"
#include "wxpay/error.hpp"
#include "wxpay/order_time.hpp"
#include "wxpay/pay_signer.hpp"
#include "wxpay/time.hpp"

namespace wxpay::app {

namespace {

/// So many orders share one wait for the disk, and no more than two groups are in memory.
constexpr std::size_t group_size = 2'000;

/// A column of the records that are imported.
struct Field {
  std::string_view key;
  std::string_view snake_case;
  bool is_number = false;
};
constexpr auto record_fields = [] {
  std::array<Field, record_size> all;
  for_each_record_column([&all](const auto& column, std::size_t place) {
    using Value = std::remove_pointer_t<decltype(column.in(std::declval<Order&>()))>;
    all.at(place) = {column.place.key, column.name, std::is_same_v<Value, Fen>};
  });
  return all;
}();

/// The place of the field with this key.
consteval std::size_t place_of(std::string_view key) {
  std::size_t place = 0;
  while (record_fields.at(place).key != key) ++place;
  return place;
}
constexpr std::array needed_fields{place_of("outTradeNo"), place_of("totalFee")};

[[noreturn]] void refuse(const std::string& what, std::string hint = {}) {
  throw Error{ErrorKind::usage, what, std::move(hint)};
}

std::size_t find_place(const std::string& key, const char* kind) {
  const auto* found = std::find_if(record_fields.begin(), record_fields.end(), [&key](const Field& field) {
    return field.key == key || field.snake_case == key;
  });
  if (found != record_fields.end()) return static_cast<std::size_t>(found - record_fields.begin());
  std::vector<std::string> known;
  for (const auto& field : record_fields) known.emplace_back(field.key);
  const auto meant = nearest(key, known);
  refuse(std::string{"there is no "} + kind + " " + wire::json_quote(shortened(key)),
         meant ? "did you mean " + *meant + "?" : "the fields are those that 'orders export' writes");
}

OrderFields parse_json(const std::string& record) {
  using Kind = wire::JsonValue::Kind;
  auto parsed = wire::parse_json_object(record);
  if (const auto* malformed = std::get_if<wire::Malformed>(&parsed)) refuse(malformed->why);
  OrderFields order;
  for (auto& [key, value] : std::get<wire::JsonObject>(parsed)) {
    const auto place = find_place(key, "field");
    if (value.kind == Kind::null) continue;
    const auto& field = record_fields.at(place);
    if (value.kind != (field.is_number ? Kind::integer : Kind::text)) {
      refuse(std::string{field.key} +
             (field.is_number ? " must be a whole number of fen" : " must be a text in quotes"));
    }
    auto& text = order.at(place);
    if (!text.empty()) refuse(std::string{field.key} + " is given more than once");
    if (value.text.empty()) refuse(std::string{field.key} + " is empty", "leave out what has no value");
    text = std::move(value.text);
  }
  return order;
}

// One take for each type of a column: checks a text that is not empty and puts what it says into the order.

template <std::same_as<std::string> Text>
void take(std::string_view, const std::string& text, Text& field) {
  field = text;
}

void take(std::string_view, const std::string& text, OutTradeNo& number) { number = OutTradeNo::parse(text); }

void take(std::string_view key, const std::string& text, Fen& amount) {
  const auto count = parse_whole(text, 1, largest_fee.count());
  if (!count) {
    refuse(std::string{key} + " must be a whole number of fen from 1 to " +
           std::to_string(largest_fee.count()));
  }
  amount = Fen{*count};
}

void take(std::string_view key, const std::string& text, OrderState& state) {
  const auto named = parse_order_state(text);
  if (!named) refuse("there is no " + std::string{key} + ' ' + wire::json_quote(shortened(text)));
  state = *named;
}

void take(std::string_view key, const std::string& text, TradeType& type) {
  const auto named = parse_trade_type(text);
  if (!named) refuse("there is no " + std::string{key} + ' ' + wire::json_quote(shortened(text)));
  type = *named;
}

void take(std::string_view key, const std::string& text, std::chrono::sys_seconds& instant) {
  const auto time = parse_rfc3339(text);
  if (!time || *time < earliest_time || *time > latest_time) {
    refuse(std::string{key} + " is no time", "write 2026-11-22T10:00:00+08:00");
  }
  instant = *time;
}

template <class Type>
void take(std::string_view key, const std::string& text, std::optional<Type>& value) {
  take(key, text, value.emplace());
}

void check_plain_id(std::string_view key, std::string_view text, std::size_t longest) {
  if (!is_plain_id(text, longest)) {
    refuse(std::string{key} + " must be at most " + std::to_string(longest) + " letters and digits");
  }
}

/// App and merchant ids.
template <class Tag>
void take(std::string_view key, const std::string& text, Identifier<Tag>& id) {
  check_plain_id(key, text, limits::longest_id);
  id = Identifier<Tag>{text};
}

void take(std::string_view key, const std::string& text, TransactionId& id) {
  check_plain_id(key, text, limits::longest_imported_transaction_id);
  id = TransactionId{text};
}

void take(std::string_view key, const std::string& text, PrepayId& id) {
  if (!is_prepay_id(text)) refuse(std::string{key} + " must be 1 to 64 visible characters");
  id = PrepayId{text};
}

struct Group {
  std::vector<Order> orders;
  std::vector<std::size_t> lines;  ///< on which their records begin
  std::vector<ImportInput::Entry> bad;
  std::exception_ptr failure;  ///< of the input, behind these entries
  bool last = false;
};

/// @param used  a group that was written, whose room serves the next one
Group read_group(ImportInput& input, const Stop& stop, Group used) {
  Group group{std::move(used.orders), std::move(used.lines), {}, {}, false};
  group.orders.clear();
  group.lines.clear();
  try {
    group.orders.reserve(group_size);
    group.lines.reserve(group_size);
    while (group.orders.size() + group.bad.size() < group_size && !stop.requested()) {
      auto entry = input.next();
      if (!entry) {
        group.last = true;
        break;
      }
      if (entry->order) {
        group.orders.push_back(std::move(*entry->order));
        group.lines.push_back(entry->line);
      } else {
        group.bad.push_back(std::move(*entry));
      }
    }
  } catch (...) {
    group.failure = std::current_exception();
    group.last = true;
  }
  return group;
}

/// Where the ledger cannot keep a value of one order, halving finds it, and the others are taken over.
/// @param lines  on which the records of these orders begin
/// @param bad    gets those that cannot be kept
void write_orders(std::span<const Order> orders, std::span<const std::size_t> lines, OrderLedger& ledger,
                  ImportCounts& counts, std::vector<ImportInput::Entry>& bad) {
  if (orders.empty()) return;
  try {
    const auto imported = static_cast<std::int64_t>(ledger.import(orders));
    counts.read += std::ssize(orders);
    counts.imported += imported;
    counts.existing += std::ssize(orders) - imported;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::ledger_value) throw;
    if (orders.size() == 1) {
      bad.push_back({.line = lines.front(), .order = {}, .problem = error.what()});
      return;
    }
    const auto half = orders.size() / 2;
    write_orders(orders.first(half), lines.first(half), ledger, counts, bad);
    write_orders(orders.subspan(half), lines.subspan(half), ledger, counts, bad);
  }
}

void write_group(Group& group, OrderLedger& ledger, const ImportWatch& watch, ImportCounts& counts) {
  const auto malformed = std::ssize(group.bad);
  write_orders(group.orders, group.lines, ledger, counts, group.bad);
  std::inplace_merge(group.bad.begin(), group.bad.begin() + malformed, group.bad.end(),
                     [](const auto& a, const auto& b) { return a.line < b.line; });
  counts.read += std::ssize(group.bad);
  counts.failed += std::ssize(group.bad);
  for (const auto& entry : group.bad) watch.bad(entry);
  watch.kept(counts);
}

}  // namespace

ImportInput::ImportInput(wire::RecordReader& reader, ImportDefaults defaults)
    : reader_{reader}, defaults_{std::move(defaults)} {
  const auto header = read_csv_header(reader_, "the input", "the header");
  if (!header) return;
  for (const auto& name : header->names) {
    const auto place = find_place(name, "column");
    columns_.add(place, record_fields.at(place).key);
  }
  for (const auto needed : needed_fields) {
    if (!columns_.has(needed)) {
      refuse("the header has no column " + std::string{record_fields.at(needed).key},
             "the first line of CSV names the columns");
    }
  }
}

std::optional<ImportInput::Entry> ImportInput::next() {
  const auto record = reader_.next();
  if (!record) return std::nullopt;
  Entry entry{record->line, {}, record->problem};
  if (!entry.problem.empty()) return entry;
  try {
    entry.order = check_imported(fields_of(record->text), defaults_);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::usage) throw;
    entry.problem = error.what();
    if (!error.hint().empty()) entry.problem += ": " + error.hint();
  }
  return entry;
}

OrderFields ImportInput::fields_of(const std::string& record) const {
  if (record.size() > limits::largest_record) {
    refuse("the record is longer than " + std::to_string(limits::largest_record / 1024) + " KiB");
  }
  if (columns_.empty()) return parse_json(record);
  auto split = wire::split_csv(record, columns_.size() + 1);
  if (const auto* malformed = std::get_if<wire::Malformed>(&split)) refuse(malformed->why);
  OrderFields order;
  columns_.read(std::move(std::get<std::vector<std::string>>(split)),
                [&order](std::size_t place, std::string cell) { order.at(place) = std::move(cell); });
  return order;
}

Order check_imported(const OrderFields& fields, const ImportDefaults& defaults) {
  for (const auto needed : needed_fields) {
    if (fields.at(needed).empty()) refuse(std::string{record_fields.at(needed).key} + " is missing");
  }
  // Whose order it is that the record does not say stays unset: the importing profile's app need not be its.
  auto no_number = OutTradeNo::trusted({});
  OrderIntent intent{.merchant = {},
                     .out_trade_no = std::move(no_number),
                     .total_fee = Fen{0},
                     .trade_type = defaults.trade_type};
  intent.merchant.mch_id = defaults.mch_id;
  Order order{.intent = std::move(intent), .state = OrderState::notpay, .created_at = defaults.now};
  if (!fields[place_of("prepayId")].empty()) order.prepay.emplace();
  for_each_record_column([&](const auto& column, std::size_t place) {
    const auto& text = fields.at(place);
    if (!text.empty()) take(column.place.key, text, *column.in(order));
  });
  if (fields[place_of("updatedAt")].empty()) order.updated_at = order.created_at;
  if (order.prepay) {
    order.prepay->scheme = defaults.scheme;
    // What WeChat Pay gives; a record does not say it.
    order.prepay->expires_at = order.created_at + prepay_validity(order.intent.trade_type);
  }
  return order;
}

void import_orders(ImportInput& input, OrderLedger& ledger, const Stop& stop, const ImportWatch& watch,
                   ImportCounts& counts) {
  auto group = read_group(input, stop, {});
  Group written;
  while (true) {
    std::future<Group> next;
    if (!group.last) {
      next = std::async(std::launch::async, [&input, &stop, used = std::move(written)]() mutable {
        return read_group(input, stop, std::move(used));
      });
    }
    try {
      write_group(group, ledger, watch, counts);
    } catch (...) {
      // The reader may be waiting for a pipe that nobody fills, and this waits for the reader.
      watch.abandon();
      throw;
    }
    if (group.failure) std::rethrow_exception(group.failure);
    if (group.last) return;
    written = std::move(group);
    group = next.get();
    if (stop.requested()) throw Error{ErrorKind::interrupted, "interrupted"};
  }
}

}  // namespace wxpay::app
