#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wxpay::wire {

/// A file that is neither JSON Lines nor CSV as they are read here, and what its owner can do.
struct ForeignFile {
  enum class Kind : std::uint8_t {
    encoding,  ///< text in other bytes than UTF-8
    packed,    ///< a workbook, or compressed
    json,      ///< JSON, but not one object a line
    table      ///< cells, but not between commas
  };
  Kind kind;
  std::string what;     ///< what the input is, as "UTF-16 and not UTF-8"
  std::string advice;   ///< what to do about it
  std::string command;  ///< a command that does it; empty where there is none
};

/// The advice with its command.
std::string way_out(const ForeignFile& file);

/// What no text in UTF-8 begins like: UTF-16, a workbook, a compressed file.
std::optional<ForeignFile> binary_file(std::string_view first_bytes);

/// Another kind of file, where its first bytes show one: nothing is read from such a file, since each of its
/// records would be a bad one at best. What they do not show, as one word in GBK far behind them, is a bad
/// record's trouble.
/// @param first_bytes  without a byte-order mark of UTF-8; at least the first line
std::optional<ForeignFile> foreign_file(std::string_view first_bytes);

/// Whether these first bytes end before it can be told what they begin.
bool needs_more_to_tell(std::string_view first_bytes);

}  // namespace wxpay::wire
