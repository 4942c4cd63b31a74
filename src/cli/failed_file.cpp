#include "cli/failed_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>
#include <variant>

#include "app/order_request.hpp"
#include "wire/records.hpp"
#include "wxpay/error.hpp"

namespace wxpay::cli {

namespace {

constexpr std::size_t write_at_once = 65'536;
/// A header is no longer, and a record of a batch neither.
constexpr std::size_t longest_header = 65'536;

/// Whether a batch could be read from there, as from anything that an earlier run left; an empty file counts.
/// @throws Error{usage}, Error{file}  where not
void read_as_batch(int file) {
  wire::RecordReader reader{[file](char* buffer, std::size_t size) {
                              const auto count = ::read(file, buffer, size);
                              return count < 0 ? std::size_t{0} : static_cast<std::size_t>(count);
                            },
                            longest_header};
  const auto header = reader.next();
  if (!header) return;
  if (reader.format() == wire::RecordFormat::json_lines) {
    if (app::may_be_order_request(header->text)) return;
    throw Error{ErrorKind::usage, "it holds other JSON"};
  }
  const auto names = wire::split_csv(header->text);
  if (const auto* malformed = std::get_if<wire::Malformed>(&names)) {
    throw Error{ErrorKind::usage, malformed->why};
  }
  const app::OrderColumns columns{std::get<std::vector<std::string>>(names)};
}

void refuse_to_replace_anything_else(const OutputFile& file) {
  const auto replaced = file.replaced();
  if (replaced.empty()) return;
  const UniqueFd there{::open(replaced.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!there) return;  // who may only write cannot have a look
  try {
    read_as_batch(there.get());
  } catch (const Error&) {
    throw Error{ErrorKind::usage,
                "--failed names a file that holds something else than records of a batch: " + file.path(),
                "name another file, or remove that one"};
  }
}

}  // namespace

FailedFile::FailedFile(std::string path, const std::string& header) : file_{std::move(path)} {
  refuse_to_replace_anything_else(file_);
  if (!header.empty()) add(header);
}

void FailedFile::add(std::string_view record) {
  buffered_.append(record).append("\n");
  if (buffered_.size() >= write_at_once) flush();
}

void FailedFile::finish() {
  flush();
  file_.finish();
}

void FailedFile::flush() {
  const auto text = std::exchange(buffered_, {});
  try {
    file_.write(text);
  } catch (const Error& error) {
    throw Error{error.kind(), error.what(), "what was finished is kept; run the same batch again"};
  }
}

}  // namespace wxpay::cli
