#pragma once

#include <filesystem>
#include <string>

#include "cli/config/settings.hpp"

namespace wxpay::cli {

std::filesystem::path home_folder(const Environment& environment);

/// `$XDG_STATE_HOME/wxpayctl/PROFILE.db`
LedgerAddress default_ledger(const Environment& environment, const std::string& profile);

/// A path as a configuration names it: relative to `folder`, `~/` being the home folder.
std::filesystem::path resolve_path(const std::string& text, const std::filesystem::path& folder,
                                   const Environment& environment);

/// Where the platform certificates of a merchant are kept: beside the default ledgers.
std::filesystem::path certificate_cache_path(const Environment& environment, const MerchantId& mch_id);

}  // namespace wxpay::cli
