#pragma once

#include <chrono>
#include <string>

#include "cli/config/settings.hpp"
#include "wxpay/error.hpp"
#include "wxpay/gateway.hpp"
#include "wxpay/ledger_place.hpp"
#include "wxpay/payment_api.hpp"

namespace wxpay::cli {

enum class Health { ok, warn, fail };

/// "OK", "WARN" or "FAIL".
const char* to_string(Health health);

/// What one check of `doctor` found; the hint says what is so, or what to do.
struct Finding {
  Health health = Health::ok;
  std::string hint;
};

/// A check that an error ended: its message and its hint.
Finding failed(const Error& error);

/// The answer about an order that cannot exist. A signed "no such order" proves address, merchant and key.
/// @throws Error{interrupted} when the query was
Finding judge_query(const QueryOutcome& outcome);

/// Holds this machine's clock against the gateway's. WeChat Pay counts expiry by its own clock; a minute is a
/// warning, five are a failure.
Finding judge_clock(const ClockReading& reading);

/// What a look at a key or certificate found.
Finding judge_key(const KeyFinding& found);

/// What a look at the ledger or its lock found.
Finding judge_ledger(const LedgerFinding& found);

}  // namespace wxpay::cli
