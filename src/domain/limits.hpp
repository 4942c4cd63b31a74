#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

/// Limits that more than one place keeps, each once. That of an out_trade_no is OutTradeNo::longest, that of
/// an amount largest_fee, and how long a prepay_id lives is prepay_validity.
namespace wxpay::limits {

// The fields of an order (API v2, 9_1), in bytes: safe whether bytes or characters are meant.
inline constexpr std::size_t longest_id = 32;  ///< mch_id, appid and their sub fields
inline constexpr std::size_t longest_body = 127;
inline constexpr std::size_t longest_notify_url = 256;
inline constexpr std::size_t longest_client_ip = 64;
inline constexpr std::size_t longest_openid = 128;
inline constexpr std::size_t longest_attach = 127;
inline constexpr std::size_t longest_detail = 6000;
inline constexpr std::size_t longest_goods_tag = 32;
inline constexpr std::size_t longest_product_id = 32;
inline constexpr std::size_t longest_device_info = 32;
inline constexpr std::size_t longest_limit_pay = 32;
inline constexpr std::size_t longest_scene_info = 256;
inline constexpr std::size_t longest_prepay_id = 64;
inline constexpr std::size_t longest_refund_reason = 80;  ///< refund_desc (API v2, 9_4)

/// What WeChat Pay gives and asks for (API v2, 9_2).
inline constexpr std::size_t longest_transaction_id = 32;
/// What an import takes: other programs have kept longer ones.
inline constexpr std::size_t longest_imported_transaction_id = 64;

/// The shortest time that an order may be given to be paid.
inline constexpr std::chrono::minutes shortest_expiry{1};
/// WeChat Pay asks not to close an order in its first minutes (API v2, 9_3).
inline constexpr std::chrono::minutes youngest_to_close{5};

/// A record of a batch or an import, and a request in a file, in bytes: none of an order is nearly so long.
inline constexpr std::size_t largest_record = std::size_t{64} << 10U;

/// Requests at once.
inline constexpr std::int64_t most_jobs = 256;
/// Requests a second.
inline constexpr std::int64_t highest_rate = 100'000;

}  // namespace wxpay::limits
