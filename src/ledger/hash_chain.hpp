#pragma once

#include <span>
#include <string>
#include <string_view>

#include "ledger/value.hpp"

namespace wxpay::ledger {

/// The raw 32 bytes that stand before the first entry of every chain.
std::string chain_start();

/// SHA-256 over all that a subject's row holds, raw bytes.
/// @param kind  SubjectKind::name
std::string hash_subject(std::string_view kind, std::span<const std::string_view> columns,
                         std::span<const Value> values);

/// SHA-256 over the hash of the entry before and all that the entry holds, raw bytes.
/// @param previous  raw bytes of the entry before, or chain_start()
std::string hash_entry(std::string_view previous, std::span<const std::string_view> columns,
                       std::span<const Value> values);

/// The same over a row of the kept notifications, which are a chain of their own.
std::string hash_notification(std::string_view previous, std::span<const std::string_view> columns,
                              std::span<const Value> values);

}  // namespace wxpay::ledger
