#include "ledger/entry_rows.hpp"

#include "ledger/row_values.hpp"

namespace wxpay::ledger {

EntryRow to_row(const StoredEntry& entry) {
  const bool is_order = entry.subject.kind == order_subject;
  return {entry.number,
          is_order ? Value{entry.subject.seq} : Value{},
          value_of(entry.at),
          entry.from ? Value{*entry.from} : Value{},
          entry.to,
          to_string(entry.source),
          value_of(entry.actor),
          value_of(entry.reason),
          value_of(entry.digest),
          value_of(entry.details),
          entry.hash_before.empty() ? Value{} : Value{Blob{entry.hash_before}},
          Blob{entry.hash_after},
          is_order ? Value{} : Value{entry.subject.kind},
          is_order ? Value{} : Value{entry.subject.seq}};
}

}  // namespace wxpay::ledger
