#pragma once

#include <chrono>

namespace wxpay {

/// Whether a turn (Refund::sent_at) can have been given by this clock: one that was ahead must not keep
/// refunds waiting for days.
bool is_turn_believed(std::chrono::sys_seconds turn, std::chrono::seconds interval,
                      std::chrono::sys_seconds now);

}  // namespace wxpay
