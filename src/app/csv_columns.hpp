#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wire/records.hpp"

namespace wxpay::app {

/// The first record of CSV.
struct CsvHeader {
  std::string text;  ///< as it stood in the input
  std::vector<std::string> names;
};

/// Begins an input of records.
/// @param input  for messages: "the batch"
/// @param header  for messages: "the header of the batch"
/// @return none: it is JSON Lines, or empty
/// @throws Error{usage}  it is another kind of file, or its header is unusable
std::optional<CsvHeader> read_csv_header(wire::RecordReader& reader, const std::string& input,
                                         const std::string& header);

/// @throws Error{usage}
[[noreturn]] void refuse_repeated_column(const std::string& name);
void check_cell_count(std::size_t cells, std::size_t columns);

/// The columns of CSV in the order of the header, each as the member that it fills.
template <class Member>
class CsvColumns {
 public:
  /// @param name  for the message
  /// @throws Error{usage}  a column of this member is there already
  void add(Member member, std::string_view name) {
    if (has(member)) refuse_repeated_column(std::string{name});
    members_.push_back(member);
  }

  bool has(Member member) const { return place_of(member) < members_.size(); }
  /// size() where there is none.
  std::size_t place_of(Member member) const {
    return static_cast<std::size_t>(std::find(members_.begin(), members_.end(), member) - members_.begin());
  }
  std::size_t size() const noexcept { return members_.size(); }
  bool empty() const noexcept { return members_.empty(); }

  /// Gives each cell of a row to its member.
  /// @throws Error{usage}  another number of cells than columns
  template <class Take>
  void read(std::vector<std::string> cells, const Take& take) const {
    check_cell_count(cells.size(), size());
    for (std::size_t place = 0; place < cells.size(); ++place) take(members_[place], std::move(cells[place]));
  }

 private:
  std::vector<Member> members_;
};

}  // namespace wxpay::app
