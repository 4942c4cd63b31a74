#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace wxpay {

/// China has kept UTC+8 without daylight saving since 1991, so a fixed offset needs no zone database. The
/// wire carries this time, and bills are cut by it, whatever zone the machine is in.
inline constexpr std::chrono::hours beijing_offset{8};

/// The first and the last instant that are written and read anywhere: 1970-01-01T00:00:00Z and
/// 9999-12-31T23:59:59+08:00.
inline constexpr std::chrono::sys_seconds earliest_time{};
inline constexpr std::chrono::sys_seconds latest_time{std::chrono::seconds{253'402'271'999}};

/// `2026-11-23T10:00:00+08:00`
std::string format_rfc3339(std::chrono::sys_seconds instant);
/// `20261123100000`, as time_expire and time_end are written.
std::string format_wire_time(std::chrono::sys_seconds instant);
std::optional<std::chrono::sys_seconds> parse_wire_time(std::string_view text);

/// RFC 3339 with any offset; empty if malformed, or if its year is not 1970 to 9999 in Beijing.
std::optional<std::chrono::sys_seconds> parse_rfc3339(std::string_view text);

/// A whole number and s, m, h or d.
std::optional<std::chrono::seconds> parse_duration(std::string_view text);

/// `2026-11-22`, `20261122`, `today` or `yesterday`, in Beijing.
std::optional<std::chrono::year_month_day> parse_date(std::string_view text, std::chrono::sys_seconds now);

/// A time of the command line: RFC 3339, a DATE (its first second), `2026-11-22 10:00:00` or `20261122100000`
/// (Beijing), or a duration ago.
std::optional<std::chrono::sys_seconds> parse_time(std::string_view text, std::chrono::sys_seconds now);

/// The calendar day in Beijing.
std::chrono::year_month_day beijing_day(std::chrono::sys_seconds instant);

}  // namespace wxpay
