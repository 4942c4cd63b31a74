#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/csv_columns.hpp"
#include "domain/order_columns.hpp"
#include "wire/records.hpp"
#include "wxpay/clock.hpp"
#include "wxpay/order_ledger.hpp"

namespace wxpay::app {

/// What an imported order has that its record does not say.
struct ImportDefaults {
  MerchantId mch_id;
  TradeType trade_type = TradeType::jsapi;
  PayScheme scheme = PayScheme::md5;  ///< of a prepay_id
  std::chrono::sys_seconds now;
};

/// The fields of an order as `orders export` writes them, in the order of its columns
/// (domain/order_columns.hpp): texts as given; an empty one was not given.
using OrderFields = std::array<std::string, record_size>;

/// Cuts a stream into orders: JSON Lines, or CSV with a header, with these fields in camelCase or snake_case.
class ImportInput {
 public:
  /// Reads the header of CSV.
  /// @throws Error{usage}  a header that names no such columns
  ImportInput(wire::RecordReader& reader, ImportDefaults defaults);

  struct Entry {
    std::size_t line = 0;
    std::optional<Order> order;  ///< none: the record is bad
    std::string problem;
  };
  std::optional<Entry> next();

 private:
  OrderFields fields_of(const std::string& record) const;

  wire::RecordReader& reader_;
  ImportDefaults defaults_;
  CsvColumns<std::size_t> columns_;  ///< each column's place in OrderFields
};

/// Checks everything and fills in the defaults: NOTPAY, the profile's trade type, created now, last changed
/// when it was created.
/// @throws Error{usage}  naming the field and what is wrong
Order check_imported(const OrderFields& fields, const ImportDefaults& defaults);

struct ImportCounts {
  std::int64_t read = 0;
  std::int64_t imported = 0;
  std::int64_t existing = 0;
  std::int64_t failed = 0;
};

/// What an import tells while it runs; all are called from the thread that called it.
struct ImportWatch {
  std::function<void(const ImportInput::Entry&)> bad;  ///< a record that is no order, or cannot be kept
  std::function<void(const ImportCounts&)> kept;       ///< a group was committed
  std::function<void()> abandon;                       ///< makes the input give up, as the import failed
};

/// Takes the orders over in groups, each one transaction; while one is written, the next is read by a second
/// thread. A group in which one order has a value that the ledger cannot keep is taken over without that one.
/// When it throws, the counts tell what is in the ledger.
/// @throws Error{interrupted} when asked to stop; whatever the input or the ledger throws
void import_orders(ImportInput& input, OrderLedger& ledger, const Stop& stop, const ImportWatch& watch,
                   ImportCounts& counts);

}  // namespace wxpay::app
