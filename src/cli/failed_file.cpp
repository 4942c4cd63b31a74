#include "cli/failed_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "wxpay/error.hpp"

namespace wxpay::cli {

namespace {

constexpr std::size_t write_at_once = 65'536;

}  // namespace

FailedFile::FailedFile(std::string path, const std::string& header, const InputStream& input)
    : path_{std::move(path)}, file_{::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600)} {
  if (!file_) fail();
  if (is_same_file(input.descriptor(), file_.get())) {
    throw Error{ErrorKind::usage, "--failed names the file of the batch itself", "name another file"};
  }
  if (is_same_file(file_.get(), STDOUT_FILENO)) {
    throw Error{ErrorKind::usage, "--failed names the file that the results go to", "name another file"};
  }
  struct stat about {};
  if (::fstat(file_.get(), &about) == 0 && S_ISREG(about.st_mode) && ::ftruncate(file_.get(), 0) != 0) fail();
  if (!header.empty()) add(header);
}

void FailedFile::add(std::string_view record) {
  buffered_.append(record).append("\n");
  if (buffered_.size() >= write_at_once) flush();
}

void FailedFile::flush() {
  std::string_view left{buffered_};
  while (!left.empty()) {
    const auto count = ::write(file_.get(), left.data(), left.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail("what was finished is kept; run the same batch again");
    left.remove_prefix(static_cast<std::size_t>(count));
  }
  buffered_.clear();
}

void FailedFile::fail(const char* hint) {
  const int why = errno;
  buffered_.clear();
  throw Error{ErrorKind::file, "cannot write " + path_ + ": " + std::strerror(why), hint};
}

}  // namespace wxpay::cli
