#pragma once

#include <sqlite3.h>
#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/handle.hpp"
#include "base/unique_fd.hpp"
#include "wxpay/error.hpp"
#include "wxpay/ledger.hpp"

namespace wxpay::test::ledger_fixture {

/// A folder of its own for a test, removed at the end.
class LedgerFolder {
 public:
  LedgerFolder();
  LedgerFolder(const LedgerFolder&) = delete;
  LedgerFolder& operator=(const LedgerFolder&) = delete;
  LedgerFolder(LedgerFolder&&) = delete;
  LedgerFolder& operator=(LedgerFolder&&) = delete;
  ~LedgerFolder();

  const std::filesystem::path& path() const noexcept { return path_; }
  std::filesystem::path ledger() const { return path_ / "shop.db"; }

 private:
  std::filesystem::path path_;
};

/// Time that stands still unless the test moves it.
class LedgerClock final : public Clock {
 public:
  std::chrono::sys_seconds now() const override { return time; }
  std::chrono::steady_clock::time_point steady_now() const override {
    return std::chrono::steady_clock::time_point{time.time_since_epoch()};
  }
  void sleep_for(std::chrono::milliseconds pause) override {
    time += std::chrono::ceil<std::chrono::seconds>(pause);
  }

  std::chrono::sys_seconds time{std::chrono::seconds{1'795'420'800}};
};

const Clock& standing_clock();

LedgerOptions test_options();
std::unique_ptr<Ledger> open_ledger(const std::filesystem::path& path);
std::unique_ptr<Ledger> open_read_only(const std::filesystem::path& path);

const MerchantId& test_merchant();
OutTradeNo number_of(std::string_view text);
OrderIntent intent_of(std::string_view number, std::int64_t fee = 1000);
/// What WeChat Pay says of an order, from this source.
PaymentEvidence evidence_of(std::string_view number, EvidenceSource source, OrderState state);
/// That it was paid, by the transaction "42" and the number.
PaymentEvidence payment_of(std::string_view number, EvidenceSource source = EvidenceSource::notify);
/// The answer to a creation that was accepted.
PaymentEvidence prepay_of(std::string_view number, std::string_view prepay_id = "wx1");
/// Makes an order with a prepay_id, by number.
void create_order(OrderLedger& ledger, std::string_view number);

/// The Error that the work throws; none when it throws nothing.
std::optional<Error> error_of(const std::function<void()>& work);

/// A connection past the ledger, as somebody with the sqlite3 shell has it.
class RawDatabase {
 public:
  explicit RawDatabase(const std::filesystem::path& path);
  /// The message of SQLite's where it fails, else empty.
  std::string run(const std::string& sql);
  std::string text(const std::string& sql);
  std::int64_t number(const std::string& sql);
  /// Every row of the ledger's tables, to compare.
  std::string dump();

 private:
  Handle<sqlite3, sqlite3_close_v2> handle_;
};

std::string read_bytes(const std::filesystem::path& path);
void write_bytes(const std::filesystem::path& path, std::string_view bytes);

/// Another process. It is killed at the end unless it was waited for. No ledger may be open when it is
/// started.
class Child {
 public:
  /// Runs the work there; its answer is the exit status, and 99 stands for an exception.
  explicit Child(const std::function<int(Child&)>& work);
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  Child(Child&&) = delete;
  Child& operator=(Child&&) = delete;
  ~Child();

  /// In the child: tells the parent one byte.
  void tell(char byte) const;
  /// In the parent: waits for a byte; none when the child has ended.
  std::optional<char> hear() const;
  /// In the child: waits until the parent says `go`.
  void await_go() const;
  void go() const;

  void kill();
  /// The exit status, or minus the signal.
  int wait();

 private:
  pid_t pid_ = -1;
  UniqueFd from_child_, to_parent_, from_parent_, to_child_;
};

}  // namespace wxpay::test::ledger_fixture
