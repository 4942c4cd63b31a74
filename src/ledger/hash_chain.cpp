#include "ledger/hash_chain.hpp"

#include <endian.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>

#include "crypto/digest.hpp"

namespace wxpay::ledger {

namespace {

constexpr std::size_t hash_size = 32;

/// A kind, and a number of eight bytes.
constexpr std::size_t head_size = 9;

std::size_t size_of(const Value& value) {
  if (const auto text = text_in(value)) return text->size();
  const auto* blob = std::get_if<Blob>(&value);
  return blob == nullptr ? 0 : blob->bytes.size();
}

// Each of these writes to the place and returns the one behind.

char* put_head(char* place, char kind, std::uint64_t number) {
  const std::uint64_t highest_first = htobe64(number);
  *place = kind;
  std::memcpy(place + 1, &highest_first, sizeof highest_first);
  return place + head_size;
}

char* put(char* place, char kind, std::string_view part) {
  place = put_head(place, kind, part.size());
  return std::copy(part.begin(), part.end(), place);
}

char* put(char* place, const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    return put_head(place, 'I', static_cast<std::uint64_t>(*number));
  }
  if (const auto text = text_in(value)) return put(place, 'T', *text);
  return put(place, 'B', std::get<Blob>(value).bytes);
}

/// SHA-256 over bytes that can be read back in one way only: every part is preceded by its kind and its
/// length. A column without a value is left out, which is not the same as an empty text; so a column that a
/// later schema adds leaves the hashes of the rows before it as they are.
std::string hash(std::string_view what, std::optional<std::string_view> previous,
                 std::span<const std::string_view> columns, std::span<const Value> values) {
  const auto has_value = [&](std::size_t i) { return !std::holds_alternative<std::monostate>(values[i]); };
  std::size_t size = head_size + what.size();
  if (previous) size += head_size + previous->size();
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (has_value(i)) size += 2 * head_size + columns[i].size() + size_of(values[i]);
  }
  std::string bytes(size, '\0');
  char* place = put(bytes.data(), 'W', what);
  if (previous) place = put(place, 'B', *previous);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (has_value(i)) place = put(put(place, 'C', columns[i]), values[i]);
  }
  return crypto::sha256(bytes);
}

}  // namespace

std::string chain_start() { return std::string(hash_size, '\0'); }

std::string hash_subject(std::string_view kind, std::span<const std::string_view> columns,
                         std::span<const Value> values) {
  return hash(std::string{"wxpayctl "}.append(kind), std::nullopt, columns, values);
}

std::string hash_entry(std::string_view previous, std::span<const std::string_view> columns,
                       std::span<const Value> values) {
  return hash("wxpayctl history entry", previous, columns, values);
}

std::string hash_notification(std::string_view previous, std::span<const std::string_view> columns,
                              std::span<const Value> values) {
  return hash("wxpayctl notification", previous, columns, values);
}

}  // namespace wxpay::ledger
