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

/// The gateway's orders and refunds in a file of JSON Lines: a line that names format and merchant, then one
/// line for each that changed, the last of an order or refund counting; a refund's line makes its order
/// REFUND. Opened by one server at a time.
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
  void append(const GatewayRefund& refund) override;

 private:
  void read(Store& store, Log& log);
  void rewrite(const Store& store);
  void append_line(const std::string& line);
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
/// The same of a refund.
std::string to_state_line(const GatewayRefund& refund);
std::optional<GatewayRefund> parse_refund_line(std::string_view line);

}  // namespace wxpay::sandbox
