#pragma once

#include <filesystem>

#include "wxpay/ledger.hpp"

namespace wxpay::ledger {

/// Whether there is a file to open; for a ledger that may be written, makes an empty one (0600) where there
/// is none, and its folders (0700) where the options say so.
/// @throws Error{ledger}  it is no file, or cannot be made or reached
void prepare_file(const std::filesystem::path& path, const LedgerOptions& options);

/// Whether a reader can neither use nor make a log and its index beside the file, as on a read-only medium or
/// a full disk, and no change is in a log.
bool must_be_immutable(const std::filesystem::path& path);

/// @throws Error{ledger}  it has a second name, or is mounted alone: writers under both would overwrite each
/// other
void refuse_second_name(const std::filesystem::path& path);

/// A file of SQLite's beside the ledger, where SQLite has it: beside what a link leads to.
std::filesystem::path beside(const std::filesystem::path& path, const char* suffix);

/// The folder that holds the file.
std::filesystem::path folder_of(const std::filesystem::path& path);

/// Makes the names in a folder durable. Some file systems have no such thing, which is not an error.
void sync_folder(const std::filesystem::path& folder) noexcept;

}  // namespace wxpay::ledger
