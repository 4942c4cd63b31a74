#include "app/batch_records.hpp"

#include <algorithm>
#include <variant>

#include "domain/limits.hpp"
#include "wire/records.hpp"
#include "wxpay/error.hpp"

namespace wxpay::app {

std::size_t intents_ahead(std::size_t jobs, std::int64_t rate) {
  constexpr std::size_t least = 16;
  constexpr std::size_t most = 256;
  const auto half_a_second = static_cast<std::size_t>(rate / 2);
  return std::max(jobs * 2, std::clamp(half_a_second, least, most));
}

void check_record_size(const std::string& record) {
  if (record.size() <= limits::largest_record) return;
  throw Error{ErrorKind::usage,
              "the record is longer than " + std::to_string(limits::largest_record / 1024) + " KiB"};
}

std::vector<std::string> split_record(const std::string& record, std::size_t columns) {
  // One more, so that a row with too many is told from one that fits.
  auto cells = wire::split_csv(record, columns + 1);
  if (const auto* malformed = std::get_if<wire::Malformed>(&cells))
    throw Error{ErrorKind::usage, "the record is unusable: " + malformed->why};
  return std::move(std::get<std::vector<std::string>>(cells));
}

}  // namespace wxpay::app
