#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/unique_fd.hpp"
#include "sandbox/store.hpp"
#include "wxpay/identifiers.hpp"
#include "wxpay/log.hpp"

namespace wxpay::sandbox {

/// The gateway's orders in a file of JSON Lines: a line that names format and merchant, then one line for
/// each changed order, the last of an order counting. Opened by one server at a time.
class StateFile final : public Journal {
 public:
  /// Locks the file, made with mode 0600 when it is not there. Nothing is changed yet.
  /// @throws Error{file}  not a regular file, unreadable, unwritable, or in use by another server
  StateFile(const std::filesystem::path& path, MerchantId merchant);

  /// Puts the orders of the file into the store, then writes the file anew, one line an order. A cut last
  /// line, which a crash leaves, is dropped.
  /// @throws Error{file}  malformed (names the line), of another merchant, or unwritable; the file is then
  /// left
  ///                      as it was
  void load(Store& store, Log& log);

  /// Writes the line whole or not at all. Not flushed to the disk: it outlives this process, not the machine.
  void append(const GatewayOrder& order) override;

 private:
  void read(Store& store, Log& log);
  void rewrite(const Store& store);
  std::string header(std::int64_t version) const;

  std::string path_;
  MerchantId merchant_;
  UniqueFd file_;
  std::int64_t size_ = 0;  ///< of the whole lines
};

/// One order as one line of JSON, without the line end.
std::string to_state_line(const GatewayOrder& order);
/// Nothing when the line is no order.
std::optional<GatewayOrder> parse_state_line(std::string_view line);

}  // namespace wxpay::sandbox
