#include "wire/records.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/text.hpp"
#include "domain/limits.hpp"
#include "wire/file_kind.hpp"
#include "wxpay/error.hpp"

namespace wxpay::wire {

namespace {

constexpr std::size_t piece_size = std::size_t{64} << 10U;
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

Malformed bad_cell(std::size_t number, const char* why) {
  return Malformed{"cell " + std::to_string(number) + ' ' + why};
}

/// Takes the quoted cell at the start of `rest` out of it, decoded; nothing when its quote is never closed.
std::optional<std::string> take_quoted(std::string_view& rest) {
  std::string cell;
  rest.remove_prefix(1);
  while (true) {
    const auto quote = rest.find('"');
    if (quote == std::string_view::npos) return std::nullopt;
    cell += rest.substr(0, quote);
    rest.remove_prefix(quote + 1);
    if (rest.empty() || rest.front() != '"') return cell;
    cell += '"';
    rest.remove_prefix(1);
  }
}

/// Whether a record of CSV has nothing in its cells, as the rows of a table behind its last one may.
bool is_empty(const RawRecord& record) {
  std::string_view rest{record.text};
  if (!record.problem.empty() || rest.size() > limits::largest_record) return false;
  while (true) {
    if (rest.starts_with("\"\"")) rest.remove_prefix(2);
    if (rest.empty()) return true;
    if (rest.front() != ',') return false;
    rest.remove_prefix(1);
  }
}

}  // namespace

RecordReader::RecordReader(Source source, std::size_t longest)
    : source_{std::move(source)}, longest_{longest} {}

RecordReader RecordReader::of_lines(Source source, std::size_t longest) {
  RecordReader reader{std::move(source), longest};
  reader.format_ = RecordFormat::json_lines;
  return reader;
}

RecordFormat RecordReader::format() {
  begin();
  if (!format_) {
    skip_empty_lines();
    const bool is_json = start_ < filled_ && buffer_[start_] == '{';
    format_ = is_json ? RecordFormat::json_lines : RecordFormat::csv;
  }
  return *format_;
}

std::string_view RecordReader::first_bytes() {
  format();
  skip_empty_lines();
  const auto read = [this] { return std::string_view{buffer_.data() + start_, filled_ - start_}; };
  while (read().size() < piece_size && needs_more_to_tell(read()) && fill()) {
  }
  return read();
}

std::optional<RawRecord> RecordReader::next() {
  auto record = next_of_any();
  while (record && format_ == RecordFormat::csv && is_empty(*record)) record = next_of_any();
  return record;
}

std::optional<RawRecord> RecordReader::next_of_any() {
  format();
  skip_empty_lines();
  if (start_ == filled_) return std::nullopt;
  while (!find_end()) {
    // One byte more may be the CR of the line end.
    const bool too_long = filled_ - start_ > longest_ && filled_ - start_ - longest_ > 1;
    if (too_long || !fill()) break;
  }
  return take();
}

void RecordReader::begin() {
  if (begun_) return;
  const auto undecided = [this] {
    const std::string_view first{buffer_.data(), filled_};
    return first.size() < byte_order_mark.size() && byte_order_mark.starts_with(first);
  };
  while (undecided() && fill()) {
  }
  if (std::string_view{buffer_.data(), filled_}.starts_with(byte_order_mark)) drop(byte_order_mark.size());
  begun_ = true;
}

void RecordReader::skip_empty_lines() {
  while (true) {
    // A CR alone may be the first half of a line end.
    while (filled_ - start_ < 2 && (start_ == filled_ || buffer_[start_] == '\r') && fill()) {
    }
    const std::string_view rest{buffer_.data() + start_, filled_ - start_};
    if (rest == "\r") return drop(1);
    const std::size_t length = rest.starts_with('\n') ? 1 : rest.starts_with("\r\n") ? 2 : 0;
    if (length == 0) return;
    drop(length);
    ++line_;
  }
}

/// Looks on for the line feed that ends the record. When it is in the buffer, `scanned_` is on it.
bool RecordReader::find_end() {
  if (format_ == RecordFormat::csv) return find_csv_end();
  const auto end = std::string_view{buffer_.data(), filled_}.find('\n', scanned_);
  scanned_ = std::min(end, filled_);
  return end != std::string_view::npos;
}

bool RecordReader::find_csv_end() {
  const std::string_view input{buffer_.data(), filled_};
  if (within_ == Within::cell_start || within_ == Within::plain) {
    // Most lines hold no quote at all, and the library searches faster than the loop below.
    const auto end = input.find('\n', scanned_);
    if (end != std::string_view::npos &&
        std::memchr(input.data() + scanned_, '"', end - scanned_) == nullptr) {
      scanned_ = end;
      return true;
    }
  }
  for (; scanned_ < filled_; ++scanned_) {
    if (within_ == Within::quoted) {
      // Whatever stands between quotes is skipped at once.
      scanned_ = std::min(input.find('"', scanned_), filled_);
      if (scanned_ == filled_) return false;
      within_ = Within::after_quote;
      continue;
    }
    const char c = input[scanned_];
    if (c == '\n') return true;
    if (c == ',') {
      within_ = Within::cell_start;
    } else if (c == '"' && within_ != Within::plain) {
      within_ = Within::quoted;  // a cell begins with it, or it doubles the one before
    } else {
      within_ = Within::plain;
    }
  }
  return false;
}

bool RecordReader::holds_line() const {
  return ended_ || std::string_view{buffer_.data(), filled_}.find('\n', start_) != std::string_view::npos;
}

bool RecordReader::fill() {
  if (ended_) return false;
  if (start_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + start_, filled_ - start_);
    filled_ -= start_;
    scanned_ -= start_;
    start_ = 0;
  }
  if (filled_ == buffer_.size()) buffer_.resize(filled_ + piece_size);
  const auto read = source_(buffer_.data() + filled_, buffer_.size() - filled_);
  ended_ = read == 0;
  filled_ += read;
  return !ended_;
}

/// The record up to `scanned_`, which is on its line feed or at the end of the input.
RawRecord RecordReader::take() {
  const bool has_line_end = scanned_ < filled_;
  std::string_view text{buffer_.data() + start_, scanned_ - start_};
  const bool unclosed = !has_line_end && within_ == Within::quoted;
  if (text.ends_with('\r') && !unclosed) text.remove_suffix(1);
  if (text.size() > longest_) {
    throw Error{ErrorKind::file,
                "the record that begins on line " + std::to_string(line_) + " is longer than " +
                    std::to_string(longest_) + " bytes",
                format_ == RecordFormat::csv ? "a quote in it may never be closed" : ""};
  }
  RawRecord record{line_, std::string{text}, {}};
  if (unclosed) record.problem = "a quote in it is never closed";
  if (format_ == RecordFormat::csv) {
    line_ += static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  }
  ++line_;
  drop(scanned_ - start_ + (has_line_end ? 1 : 0));
  return record;
}

void RecordReader::drop(std::size_t bytes) {
  start_ += bytes;
  given_ += bytes;
  scanned_ = start_;
  within_ = Within::cell_start;
}

std::variant<std::vector<std::string>, Malformed> split_csv(std::string_view record, std::size_t most) {
  if (!is_utf8(record)) return Malformed{"it is not UTF-8"};
  std::vector<std::string> cells;
  while (true) {
    const auto number = cells.size() + 1;
    if (record.starts_with('"')) {
      auto cell = take_quoted(record);
      if (!cell) return bad_cell(number, "has a quote that is never closed");
      if (!record.empty() && record.front() != ',')
        return bad_cell(number, "goes on behind its closing quote");
      cells.push_back(*std::move(cell));
    } else {
      const auto cell = record.substr(0, record.find(','));
      if (cell.find('"') != std::string_view::npos) {
        return bad_cell(number, "holds a quote but does not begin with one");
      }
      cells.emplace_back(cell);
      record.remove_prefix(cell.size());
    }
    if (record.empty() || cells.size() == most) return cells;
    record.remove_prefix(1);
  }
}

}  // namespace wxpay::wire
