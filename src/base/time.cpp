#include "wxpay/time.hpp"

#include <array>
#include <cstdio>

#include "base/text.hpp"

namespace wxpay {

namespace {

using std::chrono::days;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::sys_seconds;
using std::chrono::year_month_day;

struct CivilTime {
  int year, month, day, hour, minute, second;
};

CivilTime beijing_civil(sys_seconds instant) {
  const auto local = instant + beijing_offset;
  const auto midnight = std::chrono::floor<days>(local);
  const year_month_day date{midnight};
  const auto since = static_cast<int>((local - midnight).count());
  return {static_cast<int>(date.year()),
          static_cast<int>(static_cast<unsigned>(date.month())),
          static_cast<int>(static_cast<unsigned>(date.day())),
          since / 3600,
          since / 60 % 60,
          since % 60};
}

std::string format_civil(const char* pattern, const CivilTime& time) {
  std::array<char, 64> text{};
  const int length = std::snprintf(text.data(), text.size(), pattern, time.year, time.month, time.day,
                                   time.hour, time.minute, time.second);
  return {text.data(), static_cast<std::size_t>(length)};
}

/// Reads texts of a fixed shape: in the pattern a `d` stands for a digit and any other character for itself.
/// Gives the digits, or nothing if the shape differs.
std::optional<std::string> digits_of(std::string_view text, std::string_view pattern) {
  if (text.size() != pattern.size()) return std::nullopt;
  std::string digits;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (pattern[i] == 'd') {
      if (text[i] < '0' || text[i] > '9') return std::nullopt;
      digits += text[i];
    } else if (text[i] != pattern[i]) {
      return std::nullopt;
    }
  }
  return digits;
}

int number_at(std::string_view digits, std::size_t from, std::size_t count) {
  int number = 0;
  for (const char c : digits.substr(from, count)) number = number * 10 + (c - '0');
  return number;
}

std::optional<year_month_day> date_of(std::string_view digits) {
  const year_month_day date{std::chrono::year{number_at(digits, 0, 4)},
                            std::chrono::month{static_cast<unsigned>(number_at(digits, 4, 2))},
                            std::chrono::day{static_cast<unsigned>(number_at(digits, 6, 2))}};
  if (!date.ok() || date.year() < std::chrono::year{1970}) return std::nullopt;
  return date;
}

/// Fourteen digits as a time of day without a zone.
std::optional<sys_seconds> civil_of(std::string_view digits) {
  const auto date = date_of(digits);
  const int hour = number_at(digits, 8, 2);
  const int minute = number_at(digits, 10, 2);
  const int second = number_at(digits, 12, 2);
  if (!date || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  return sys_days{*date} + std::chrono::hours{hour} + std::chrono::minutes{minute} + seconds{second};
}

/// Empty where the year in Beijing is not 1970 to 9999, as such a time could not be read again.
std::optional<sys_seconds> as_written(sys_seconds instant) {
  constexpr sys_seconds first = sys_days{std::chrono::year{1970} / 1 / 1} - beijing_offset;
  constexpr sys_seconds end = sys_days{std::chrono::year{10000} / 1 / 1} - beijing_offset;
  return first <= instant && instant < end ? std::optional{instant} : std::nullopt;
}

}  // namespace

std::string format_rfc3339(sys_seconds instant) {
  // Formatted by hand for speed: an export writes millions of times.
  const auto time = beijing_civil(instant);
  std::string text{"0000-00-00T00:00:00+08:00"};
  const auto put = [&text](std::size_t place, int number) {
    text[place] = static_cast<char>('0' + number / 10 % 10);
    text[place + 1] = static_cast<char>('0' + number % 10);
  };
  put(0, time.year / 100);
  put(2, time.year);
  put(5, time.month);
  put(8, time.day);
  put(11, time.hour);
  put(14, time.minute);
  put(17, time.second);
  return text;
}

std::string format_wire_time(sys_seconds instant) {
  return format_civil("%04d%02d%02d%02d%02d%02d", beijing_civil(instant));
}

std::optional<sys_seconds> parse_wire_time(std::string_view text) {
  const auto digits = digits_of(text, "dddddddddddddd");
  if (!digits) return std::nullopt;
  const auto civil = civil_of(*digits);
  if (!civil) return std::nullopt;
  return *civil - beijing_offset;
}

std::optional<sys_seconds> parse_rfc3339(std::string_view text) {
  if (text.size() < 20) return std::nullopt;
  std::string stamp{text.substr(0, 19)};
  if (stamp[10] == 't') stamp[10] = 'T';
  const auto digits = digits_of(stamp, "dddd-dd-ddTdd:dd:dd");
  if (!digits) return std::nullopt;
  const auto civil = civil_of(*digits);
  auto zone = text.substr(19);
  if (zone.front() == '.') {  // a fraction of a second is read and dropped
    const auto end = zone.find_first_not_of("0123456789", 1);
    if (end == std::string_view::npos || end == 1) return std::nullopt;
    zone.remove_prefix(end);
  }
  if (!civil) return std::nullopt;
  if (zone == "Z" || zone == "z") return as_written(*civil);
  const auto offset = zone.empty() ? std::nullopt : digits_of(zone.substr(1), "dd:dd");
  if (!offset || (zone.front() != '+' && zone.front() != '-')) return std::nullopt;
  const int hours = number_at(*offset, 0, 2);
  const int minutes = number_at(*offset, 2, 2);
  if (hours > 23 || minutes > 59) return std::nullopt;
  const auto shift = std::chrono::hours{hours} + std::chrono::minutes{minutes};
  return as_written(zone.front() == '+' ? *civil - shift : *civil + shift);
}

std::optional<seconds> parse_duration(std::string_view text) {
  if (text.size() < 2 || text.size() > 10 || !is_digits(text.substr(0, text.size() - 1))) return std::nullopt;
  std::int64_t count = 0;
  for (const char c : text.substr(0, text.size() - 1)) count = count * 10 + (c - '0');
  switch (text.back()) {
    case 's':
      return seconds{count};
    case 'm':
      return std::chrono::minutes{count};
    case 'h':
      return std::chrono::hours{count};
    case 'd':
      return days{count};
    default:
      return std::nullopt;
  }
}

std::optional<year_month_day> parse_date(std::string_view text, sys_seconds now) {
  if (text == "today") return beijing_day(now);
  if (text == "yesterday") return beijing_day(now - days{1});
  auto digits = digits_of(text, "dddd-dd-dd");
  if (!digits) digits = digits_of(text, "dddddddd");
  if (!digits) return std::nullopt;
  return date_of(*digits);
}

std::optional<sys_seconds> parse_time(std::string_view text, sys_seconds now) {
  if (text == "now") return now;
  if (const auto instant = parse_rfc3339(text)) return instant;
  if (const auto instant = parse_wire_time(text)) return instant;
  if (const auto date = parse_date(text, now)) return sys_days{*date} - beijing_offset;
  for (const auto* pattern :
       {"dddd-dd-dd dd:dd:dd", "dddd/dd/dd dd:dd:dd", "dddd-dd-dd dd:dd", "dddd/dd/dd dd:dd", "dddd/dd/dd"}) {
    auto digits = digits_of(text, pattern);
    if (!digits) continue;
    digits->resize(14, '0');  // what is not said begins
    const auto civil = civil_of(*digits);
    if (!civil) return std::nullopt;
    return *civil - beijing_offset;
  }
  if (const auto ago = parse_duration(text)) return now - *ago;
  return std::nullopt;
}

year_month_day beijing_day(sys_seconds instant) {
  return year_month_day{std::chrono::floor<days>(instant + beijing_offset)};
}

}  // namespace wxpay
