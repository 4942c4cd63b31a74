#include "app/csv_columns.hpp"

#include <variant>

#include "wire/file_kind.hpp"
#include "wxpay/error.hpp"

namespace wxpay::app {

std::optional<CsvHeader> read_csv_header(wire::RecordReader& reader, const std::string& input,
                                         const std::string& header) {
  if (const auto foreign = wire::foreign_file(reader.first_bytes())) {
    throw Error{ErrorKind::usage, input + " is " + foreign->what, wire::way_out(*foreign)};
  }
  if (reader.format() == wire::RecordFormat::json_lines) return std::nullopt;
  auto first = reader.next();
  if (!first) return std::nullopt;
  const auto unusable = [&header](const std::string& why) {
    return Error{ErrorKind::usage, header + " is unusable: " + why};
  };
  if (!first->problem.empty()) throw unusable(first->problem);
  auto names = wire::split_csv(first->text, wire::most_columns);
  if (const auto* malformed = std::get_if<wire::Malformed>(&names)) throw unusable(malformed->why);
  return CsvHeader{std::move(first->text), std::move(std::get<std::vector<std::string>>(names))};
}

void refuse_repeated_column(const std::string& name) {
  throw Error{ErrorKind::usage, "the header has the column " + name + " more than once"};
}

void check_cell_count(std::size_t cells, std::size_t columns) {
  if (cells > columns) {
    throw Error{ErrorKind::usage,
                "the record has more cells than the header, which has " + std::to_string(columns)};
  }
  if (cells < columns) {
    throw Error{ErrorKind::usage, "the record has " + std::to_string(cells) + " cells where the header has " +
                                      std::to_string(columns)};
  }
}

}  // namespace wxpay::app
