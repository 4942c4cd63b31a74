#pragma once

#include <span>

namespace wxpay::ledger {

/// SQL that leads from one schema to the next: the first one makes schema 1. Steps are only ever added.
std::span<const char* const> migrations();

}  // namespace wxpay::ledger
