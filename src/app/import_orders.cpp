#include "app/import_orders.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <exception>
#include <future>
#include <span>
#include <utility>
#include <variant>

#include "app/pay_parameters.hpp"
#include "base/text.hpp"
#include "wire/file_kind.hpp"
#include "wire/json.hpp"
#include "wxpay/error.hpp"
#include "wxpay/time.hpp"

namespace wxpay::app {

namespace {

using Member = std::string OrderFields::*;

/// So many orders share one wait for the disk, and no more than two groups are in memory.
constexpr std::size_t group_size = 2'000;
/// What WeChat Pay gives a prepay_id; a record does not say it.
constexpr std::chrono::hours prepay_lifetime{2};

struct Field {
  std::string_view key;
  std::string_view snake_case;
  Member member;
};
constexpr std::array fields{Field{"outTradeNo", "out_trade_no", &OrderFields::out_trade_no},
                            Field{"state", "state", &OrderFields::state},
                            Field{"totalFee", "total_fee", &OrderFields::total_fee},
                            Field{"tradeType", "trade_type", &OrderFields::trade_type},
                            Field{"prepayId", "prepay_id", &OrderFields::prepay_id},
                            Field{"transactionId", "transaction_id", &OrderFields::transaction_id},
                            Field{"createdAt", "created_at", &OrderFields::created_at},
                            Field{"paidAt", "paid_at", &OrderFields::paid_at},
                            Field{"updatedAt", "updated_at", &OrderFields::updated_at},
                            Field{"appId", "app_id", &OrderFields::app_id},
                            Field{"subMchId", "sub_mch_id", &OrderFields::sub_mch_id},
                            Field{"subAppId", "sub_app_id", &OrderFields::sub_app_id}};

[[noreturn]] void refuse(const std::string& what, std::string hint = {}) {
  throw Error{ErrorKind::usage, what, std::move(hint)};
}

const Field& field_of(const std::string& key, const char* kind) {
  const auto* found = std::find_if(fields.begin(), fields.end(), [&key](const Field& field) {
    return field.key == key || field.snake_case == key;
  });
  if (found != fields.end()) return *found;
  std::vector<std::string> known;
  for (const auto& field : fields) known.emplace_back(field.key);
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
    const auto& field = field_of(key, "field");
    if (value.kind == Kind::null) continue;
    const bool is_fee = field.member == &OrderFields::total_fee;
    if (value.kind != (is_fee ? Kind::integer : Kind::text)) {
      refuse(std::string{field.key} +
             (is_fee ? " must be a whole number of fen" : " must be a text in quotes"));
    }
    auto& slot = order.*field.member;
    if (!slot.empty()) refuse(std::string{field.key} + " is given more than once");
    if (value.text.empty()) refuse(std::string{field.key} + " is empty", "leave out what has no value");
    slot = std::move(value.text);
  }
  return order;
}

Fen fee_of(const std::string& text) {
  std::int64_t count = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, count);
  if (error != std::errc{} || stop != end || !is_digits(text) || count < 1 || count > largest_fee.count()) {
    refuse("totalFee must be a whole number of fen from 1 to " + std::to_string(largest_fee.count()));
  }
  return Fen{count};
}

std::optional<std::chrono::sys_seconds> time_of(std::string_view name, const std::string& text) {
  if (text.empty()) return std::nullopt;
  const auto time = parse_rfc3339(text);
  if (!time || *time < earliest_time || *time > latest_time) {
    refuse(std::string{name} + " is no time", "write 2026-11-22T10:00:00+08:00");
  }
  return time;
}

bool is_transaction_id(std::string_view text) {
  constexpr std::size_t longest = 64;
  return text.size() <= longest && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
         });
}

/// Whose order it is. What the record does not say stays unset: the importing profile's app need not be its.
MerchantIdentity merchant_of(const OrderFields& record, const MerchantId& mch_id) {
  for (const auto& [name, id] :
       {std::pair{"appId", &record.app_id}, std::pair{"subMchId", &record.sub_mch_id},
        std::pair{"subAppId", &record.sub_app_id}}) {
    constexpr std::size_t longest = 32;
    const bool is_id = id->size() <= longest && std::all_of(id->begin(), id->end(), [](char c) {
                         return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
                       });
    if (!is_id) refuse(std::string{name} + " must be at most 32 letters and digits");
  }
  MerchantIdentity merchant;
  merchant.mch_id = mch_id;
  merchant.app_id = AppId{record.app_id};
  merchant.sub_mch_id = MerchantId{record.sub_mch_id};
  merchant.sub_app_id = AppId{record.sub_app_id};
  return merchant;
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
  if (const auto foreign = wire::foreign_file(reader_.first_bytes())) {
    refuse("the input is " + foreign->what, wire::way_out(*foreign));
  }
  if (reader_.format() == wire::RecordFormat::json_lines) return;
  const auto header = reader_.next();
  if (!header) return;
  if (!header->problem.empty()) refuse("the header is unusable: " + header->problem);
  const auto names = wire::split_csv(header->text, wire::most_columns);
  if (const auto* malformed = std::get_if<wire::Malformed>(&names)) {
    refuse("the header is unusable: " + malformed->why);
  }
  const auto has = [this](Member member) {
    return std::find(columns_.begin(), columns_.end(), member) != columns_.end();
  };
  for (const auto& name : std::get<std::vector<std::string>>(names)) {
    const auto& field = field_of(name, "column");
    if (has(field.member)) refuse("the header has the column " + std::string{field.key} + " more than once");
    columns_.push_back(field.member);
  }
  for (const auto& needed : {fields[0], fields[2]}) {
    if (!has(needed.member)) {
      refuse("the header has no column " + std::string{needed.key},
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
  if (record.size() > wire::largest_record) {
    refuse("the record is longer than " + std::to_string(wire::largest_record / 1024) + " KiB");
  }
  if (columns_.empty()) return parse_json(record);
  auto split = wire::split_csv(record, columns_.size() + 1);
  if (const auto* malformed = std::get_if<wire::Malformed>(&split)) refuse(malformed->why);
  auto& cells = std::get<std::vector<std::string>>(split);
  if (cells.size() > columns_.size()) {
    refuse("the record has more cells than the header, which has " + std::to_string(columns_.size()));
  }
  if (cells.size() < columns_.size()) {
    refuse("the record has " + std::to_string(cells.size()) + " cells where the header has " +
           std::to_string(columns_.size()));
  }
  OrderFields order;
  for (std::size_t i = 0; i < cells.size(); ++i) order.*columns_[i] = std::move(cells[i]);
  return order;
}

Order check_imported(const OrderFields& fields, const ImportDefaults& defaults) {
  if (fields.out_trade_no.empty()) refuse("outTradeNo is missing");
  if (fields.total_fee.empty()) refuse("totalFee is missing");
  const auto state = fields.state.empty() ? OrderState::notpay : parse_order_state(fields.state);
  if (!state) refuse("there is no state " + wire::json_quote(shortened(fields.state)));
  const auto trade_type =
      fields.trade_type.empty() ? defaults.trade_type : parse_trade_type(fields.trade_type);
  if (!trade_type) refuse("there is no tradeType " + wire::json_quote(shortened(fields.trade_type)));
  if (!is_transaction_id(fields.transaction_id))
    refuse("transactionId must be at most 64 letters and digits");
  // Whatever may throw comes before the braces (CONTRIBUTING.md).
  auto merchant = merchant_of(fields, defaults.mch_id);
  auto out_trade_no = OutTradeNo::parse(fields.out_trade_no);
  const auto total_fee = fee_of(fields.total_fee);
  const auto paid_at = time_of("paidAt", fields.paid_at);
  TransactionId transaction_id{fields.transaction_id};
  OrderIntent intent{.merchant = std::move(merchant),
                     .out_trade_no = std::move(out_trade_no),
                     .total_fee = total_fee,
                     .trade_type = *trade_type};
  Order order{.intent = std::move(intent),
              .state = *state,
              .transaction_id = std::move(transaction_id),
              .paid_at = paid_at};
  order.created_at = time_of("createdAt", fields.created_at).value_or(defaults.now);
  order.updated_at = time_of("updatedAt", fields.updated_at).value_or(order.created_at);
  if (!fields.prepay_id.empty()) {
    if (!is_prepay_id(fields.prepay_id)) refuse("prepayId must be 1 to 64 visible characters");
    order.prepay =
        Prepay{PrepayId{fields.prepay_id}, {}, {}, defaults.sign_type, order.created_at + prepay_lifetime};
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
