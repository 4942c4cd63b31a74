#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ledger/entry_rows.hpp"
#include "ledger/store.hpp"
#include "ledger/subject.hpp"

namespace wxpay::ledger {

/// Adds to the chain of the history. Only inside a transaction that writes; entries gather, as a store takes
/// many at once for less than as many one by one.
class HistoryWriter {
 public:
  HistoryWriter(LedgerStore& store, std::string actor) : store_{store}, actor_{std::move(actor)} {}

  /// To be called when such a transaction begins: others may have added to the chain.
  void begin();
  /// Adds an entry about any subject. Its number and actor are given to it here.
  /// @param hash_after  of the subject's row as it is from now on, raw
  void append(const Subject& subject, std::string hash_after, StoredEntry entry);
  /// Adds an entry about a subject of this kind.
  /// @param after  the subject's row as it is from now on
  /// @return the hash of that row
  std::string append(const SubjectKind& kind, std::span<const Value> after, StoredEntry entry);
  /// Hands all that was added to the store: before it is read, and before the transaction is committed.
  void flush();
  /// To be called when the transaction was not committed.
  void forget() { waiting_.clear(); }

 private:
  struct Waiting {
    StoredEntry entry;
    std::string hash;
  };

  const ChainEnd& end();

  LedgerStore& store_;
  std::string actor_;
  // Known while a transaction holds the lock; nobody else can write then.
  std::optional<ChainEnd> end_;
  std::vector<Waiting> waiting_;
};

}  // namespace wxpay::ledger
