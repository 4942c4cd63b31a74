#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace wxpay {

/// Which kind of store keeps a ledger.
enum class LedgerScheme : unsigned char { sqlite };

/// Where a ledger is kept. The only scheme so far is a file of SQLite's; whoever needs the file asks for it.
class LedgerAddress {
 public:
  /// An address, or what is wrong with the text.
  struct Parsed;

  LedgerAddress() = default;
  explicit LedgerAddress(std::filesystem::path file) : file_{std::move(file)} {}

  /// Reads `PATH` or `sqlite:PATH`. A scheme is letters before the first colon; a path with a colon is
  /// written ./a:b.
  static Parsed parse(std::string_view text);
  /// The same ledger with its file, where it is kept in one, at the place that a path of a configuration
  /// stands for.
  LedgerAddress resolved(const std::function<std::filesystem::path(const std::string&)>& resolve_path) const;

  LedgerScheme scheme() const noexcept { return LedgerScheme::sqlite; }
  /// For messages and results.
  std::string name() const { return file_.string(); }
  /// As parse reads it, wherever the process stands.
  std::string text() const;
  /// The file that keeps it.
  const std::filesystem::path& file() const noexcept { return file_; }

  friend bool operator==(const LedgerAddress&, const LedgerAddress&) = default;

 private:
  std::filesystem::path file_;
};

struct LedgerAddress::Parsed {
  std::optional<LedgerAddress> address;
  std::string fault;  ///< reads on after the address's name: "names no file"; empty where there is none
  std::string hint;   ///< how to write one, where there is a fault
};

}  // namespace wxpay
