#include "ledger/hash_chain.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

#include "crypto/digest.hpp"

namespace wxpay::ledger {

namespace {

constexpr std::size_t hash_size = 32;

/// Bytes that can be read back in one way only: every part is preceded by its kind and its length.
class Encoder {
 public:
  explicit Encoder(std::string_view what) {
    constexpr std::size_t usual_size = 1024;
    bytes_.reserve(usual_size);
    add('W', what);
  }

  void add(char kind, std::string_view part) {
    bytes_ += kind;
    add_number(part.size());
    bytes_ += part;
  }

  /// A column without a value is left out, which is not the same as an empty text; so a column that a later
  /// schema adds leaves the hashes of the rows before it as they are.
  void add(std::string_view column, const Value& value) {
    if (std::holds_alternative<std::monostate>(value)) return;
    add('C', column);
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
      bytes_ += 'I';
      add_number(static_cast<std::uint64_t>(*number));
    } else if (const auto* text = std::get_if<std::string_view>(&value)) {
      add('T', *text);
    } else {
      add('B', std::get<Blob>(value).bytes);
    }
  }

  void add(std::span<const std::string_view> columns, std::span<const Value> values) {
    for (std::size_t i = 0; i < columns.size(); ++i) add(columns[i], values[i]);
  }

  std::string hash() const { return crypto::sha256(bytes_); }

 private:
  /// Eight bytes, the highest first.
  void add_number(std::uint64_t number) {
    std::array<char, 8> digits{};
    for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit) {
      *digit = static_cast<char>(number & 0xffU);
      number >>= 8U;
    }
    bytes_.append(digits.data(), digits.size());
  }

  std::string bytes_;
};

std::string hash_link(std::string_view what, std::string_view previous,
                      std::span<const std::string_view> columns, std::span<const Value> values) {
  Encoder encoder{what};
  encoder.add('B', previous);
  encoder.add(columns, values);
  return encoder.hash();
}

}  // namespace

std::string chain_start() { return std::string(hash_size, '\0'); }

std::string hash_order(std::span<const std::string_view> columns, std::span<const Value> values) {
  Encoder encoder{"wxpayctl order"};
  encoder.add(columns, values);
  return encoder.hash();
}

std::string hash_entry(std::string_view previous, std::span<const std::string_view> columns,
                       std::span<const Value> values) {
  return hash_link("wxpayctl history entry", previous, columns, values);
}

std::string hash_notification(std::string_view previous, std::span<const std::string_view> columns,
                              std::span<const Value> values) {
  return hash_link("wxpayctl notification", previous, columns, values);
}

}  // namespace wxpay::ledger
