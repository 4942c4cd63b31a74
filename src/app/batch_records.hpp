#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace wxpay::app {

// What batches of all kinds have alike.

/// How many intents are written ahead of sending, so that many share a transaction, but not for longer than a
/// moment: nobody knows what became of them all that time.
std::size_t intents_ahead(std::size_t jobs, std::int64_t rate);

/// @throws Error{usage}  a record is longer than any may be
void check_record_size(const std::string& record);

/// The cells of a record of CSV.
/// @param columns  of the header
/// @throws Error{usage}  it is no CSV
std::vector<std::string> split_record(const std::string& record, std::size_t columns);

}  // namespace wxpay::app
