#pragma once

#include <doctest/doctest.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "crypto/digest.hpp"
#include "ledger/ledger.hpp"
#include "ledger/sqlite/sqlite_store.hpp"
#include "support/ledger_fixture.hpp"
#include "support/memory_store.hpp"

namespace wxpay::test {

/// A ledger on a new store.
struct Opened {
  ledger_fixture::LedgerFolder folder;
  ledger_fixture::LedgerClock clock;
  StoreOpener open;
  ledger::LedgerStore* store = nullptr;
  std::unique_ptr<Ledger> ledger;

  Ledger* operator->() const { return ledger.get(); }
  /// A ledger on the store at this path.
  std::unique_ptr<Ledger> open_ledger(const std::filesystem::path& path) const {
    return ledger::make_ledger(open(path), "cashier", clock);
  }
};

/// What can keep a ledger.
struct StoreKind {
  const char* name;
  StoreOpener (*opener)();
};

inline StoreOpener sqlite_stores() {
  return [](const std::filesystem::path& path) {
    auto options = ledger_fixture::test_options();
    options.busy_wait = {};
    return ledger::open_sqlite_store(path, options);
  };
}

inline constexpr StoreKind store_kinds[] = {{"SQLite", sqlite_stores}, {"memory", memory_stores}};

/// Runs a check on a new ledger of every store, which must be whole afterwards.
inline void over_all(const std::function<void(Opened&)>& check) {
  for (const auto& kind : store_kinds) {
    CAPTURE(std::string{kind.name});
    Opened opened;
    opened.open = kind.opener();
    auto store = opened.open(opened.folder.ledger());
    opened.store = store.get();
    opened.ledger = ledger::make_ledger(std::move(store), "cashier", opened.clock);
    check(opened);
    const auto report = opened->check({});
    CHECK_MESSAGE(report.ok, kind.name << ": " << report.problem);
  }
}

/// A notification that was applied.
inline KeptNotification applied(std::string_view number, const std::string& raw) {
  return {ledger_fixture::standing_clock().now(),
          ledger_fixture::test_merchant(),
          std::string{number},
          "APPLIED",
          crypto::sha256_hex(raw),
          raw};
}

}  // namespace wxpay::test
