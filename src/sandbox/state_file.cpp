#include "sandbox/state_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <utility>

#include "base/io.hpp"
#include "wire/json.hpp"
#include "wxpay/error.hpp"

namespace wxpay::sandbox {

namespace {

constexpr std::string_view format_name = "wxpayctl-sandbox";
/// Version 1 had an order's terms as the fields of its unifiedorder, version 2 no refunds. Both are read, and
/// written anew as version 3.
constexpr std::int64_t oldest_version = 1;
constexpr std::int64_t format_version = 3;

[[noreturn]] void fail(const std::string& what, const std::string& path, std::string hint = {}) {
  throw Error{ErrorKind::file, what + " " + path + ": " + std::strerror(errno), std::move(hint)};
}

/// Whether the path still names the file that is open: a server that starts puts a new one in its place.
bool is_still(const std::string& path, int fd) {
  struct stat opened {};
  struct stat named {};
  return fstat(fd, &opened) == 0 && stat(path.c_str(), &named) == 0 && opened.st_ino == named.st_ino &&
         opened.st_dev == named.st_dev;
}

UniqueFd open_locked(const std::string& path) {
  constexpr int tries = 10;
  for (int i = 0; i < tries; ++i) {
    UniqueFd file{::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600)};
    if (!file) fail("cannot open the state file", path);
    struct stat status {};
    if (fstat(file.get(), &status) != 0) fail("cannot open the state file", path);
    if (!S_ISREG(status.st_mode)) {
      throw Error{ErrorKind::file, "the state file " + path + " is not a regular file"};
    }
    if (flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK) fail("cannot lock the state file", path);
      break;
    }
    if (is_still(path, file.get())) return file;
  }
  throw Error{ErrorKind::file, "the state file " + path + " is in use by another sandbox server",
              "stop that server, or give this one a file of its own"};
}

/// Puts what the line holds into the store.
/// @return false: it holds nothing that can be put there
bool restore_line(Store& store, std::string_view line) {
  if (auto order = parse_state_line(line)) {
    store.restore(*std::move(order));
    return true;
  }
  auto refund = parse_refund_line(line);
  return refund && store.restore(*std::move(refund));
}

}  // namespace

StateFile::StateFile(const std::filesystem::path& path, MerchantId merchant)
    : merchant_{std::move(merchant)} {
  std::error_code problem;
  // Renaming a new file over a link would leave the file that it points to as it was.
  const auto target = std::filesystem::canonical(path, problem);
  path_ = problem ? path.string() : target.string();
  file_ = open_locked(path_);
}

void StateFile::load(Store& store, Log& log) {
  read(store, log);
  rewrite(store);
}

void StateFile::read(Store& store, Log& log) {
  std::ifstream in{path_, std::ios::binary};
  if (!in) fail("cannot read the state file", path_);
  std::string line;
  for (std::int64_t number = 1; std::getline(in, line); ++number) {
    const std::string place = "the state file " + path_ + ", line " + std::to_string(number);
    if (number == 1) {
      // The first line is never cut: the file only comes into being as a whole.
      bool is_known = false;
      for (auto version = oldest_version; version <= format_version; ++version)
        is_known = is_known || line == header(version);
      if (is_known) continue;
      const bool other = line.find(format_name) != std::string::npos;
      throw Error{
          ErrorKind::file,
          place + (other ? ": it is of another merchant or another version" : ": it is no sandbox state"),
          "name another file, which need not exist"};
    }
    if (restore_line(store, line)) continue;
    if (in.eof()) {
      log.write(LogLevel::warning, place + ": it was cut off by a crash and is dropped");
    } else {
      throw Error{ErrorKind::file, place + ": it is malformed",
                  "mend or remove that line, or name another file"};
    }
  }
  if (in.bad()) fail("cannot read the state file", path_);
}

void StateFile::rewrite(const Store& store) {
  const std::string beside = path_ + ".new";
  UniqueFd file{::open(beside.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600)};
  if (!file) fail("cannot write", beside);
  struct stat status {};
  if (fstat(file_.get(), &status) == 0) fchmod(file.get(), status.st_mode & 07777U);
  // Locked before it gets its name, so that there is no moment at which another server could take it.
  if (flock(file.get(), LOCK_EX | LOCK_NB) != 0) fail("cannot lock", beside);

  std::string buffer = header(format_version) + "\n";
  std::int64_t size = 0;
  bool sound = true;
  const auto flush = [&] {
    sound = sound && write_all(file.get(), buffer) == 0;
    size += static_cast<std::int64_t>(buffer.size());
    buffer.clear();
  };
  constexpr std::size_t enough = 1'048'576;
  const auto write = [&](const auto& order_or_refund) {
    buffer += to_state_line(order_or_refund);
    buffer += '\n';
    if (buffer.size() > enough) flush();
  };
  store.for_each(write);
  store.for_each_refund(write);
  flush();
  if (!sound || fsync(file.get()) != 0 || std::rename(beside.c_str(), path_.c_str()) != 0) {
    const int problem = errno;
    unlink(beside.c_str());
    errno = problem;
    fail("cannot write the state file", path_);
  }
  file_ = std::move(file);
  size_ = size;
}

void StateFile::append(const GatewayOrder& order) { append_line(to_state_line(order) + "\n"); }
void StateFile::append(const GatewayRefund& refund) { append_line(to_state_line(refund) + "\n"); }

void StateFile::append_line(const std::string& line) {
  if (write_all(file_.get(), line) != 0) {
    const int problem = errno;
    // What got onto a full disk is taken back, so that the next line does not follow half of one.
    [[maybe_unused]] const int truncated = ftruncate(file_.get(), size_);
    errno = problem;
    fail("cannot write the state file", path_, "free some space; nothing was changed");
  }
  size_ += static_cast<std::int64_t>(line.size());
}

std::string StateFile::header(std::int64_t version) const {
  wire::JsonLine line;
  line.text("format", format_name).number("version", version).text("mchId", merchant_.text());
  return std::move(line).str();
}

}  // namespace wxpay::sandbox
