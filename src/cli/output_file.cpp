#include "cli/output_file.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <system_error>
#include <utility>

#include "base/io.hpp"
#include "cli/input.hpp"
#include "wxpay/error.hpp"

namespace wxpay::cli {

namespace {

constexpr mode_t permissions = 0777;

std::string link_to(int descriptor) { return "/proc/self/fd/" + std::to_string(descriptor); }

/// Where an open file stands, the links to it followed when it was opened: asked again by its name, they
/// could lead elsewhere by now.
std::filesystem::path path_of(int descriptor) {
  std::error_code error;
  return std::filesystem::read_symlink(link_to(descriptor), error);
}

}  // namespace

OutputFile::OutputFile(std::string path) : path_{std::move(path)} {
  // As if to write into it, which this user may or may not; nothing is emptied.
  UniqueFd there{::open(path_.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY)};
  if (!there && errno == EINTR) throw Error{ErrorKind::interrupted, "interrupted while opening " + path_};
  if (!there && errno != ENOENT) fail(errno);
  struct stat about {};
  if (!there) {
    if (::lstat(path_.c_str(), &about) == 0) fail(ELOOP);  // a link that leads to nothing
    place_ = path_;
    open_beside();
    return;
  }
  if (::fstat(there.get(), &about) != 0) fail(errno);
  if (!S_ISREG(about.st_mode)) {
    file_ = std::move(there);
  } else if (is_same_file(there.get(), STDERR_FILENO)) {
    // As /dev/stderr may be: it goes on where the messages stand.
    file_ = UniqueFd{::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0)};
    if (!file_) fail(errno);
  } else {
    place_ = path_of(there.get());
    if (place_.empty()) place_ = path_;
    replaces_ = true;
    open_beside();
    // Where it cannot have the same owner and group, it stays for its owner alone.
    if (::fchown(file_.get(), about.st_uid, about.st_gid) == 0) {
      static_cast<void>(::fchmod(file_.get(), about.st_mode & permissions));
    }
  }
}

OutputFile::~OutputFile() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void OutputFile::open_beside() {
  const auto folder = place_.has_parent_path() ? place_.parent_path() : std::filesystem::path{"."};
  // Without a name it goes with the process, however that ends.
  file_ = UniqueFd{::open(folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600)};
  if (file_ && ::access(link_to(file_.get()).c_str(), F_OK) == 0) return;
  // Not every file system has such files, nor every machine the link that gives them a name.
  auto name = beside() + "XXXXXX";
  file_ = UniqueFd{::mkostemp(name.data(), O_CLOEXEC)};  // 0600
  if (!file_)
    fail(errno, errno == EACCES ? "its folder must be writable: it is written beside its place" : "");
  temporary_ = std::move(name);
}

std::string OutputFile::beside() const {
  // The longest name that a folder takes has room for the ending too.
  constexpr std::size_t most_of_the_name = 200;
  const auto name = place_.filename().string().substr(0, most_of_the_name);
  return (place_.parent_path() / (name + ".partial-")).string();
}

void OutputFile::give_name() {
  constexpr int most_tries = 100;
  for (int i = 0; i < most_tries; ++i) {
    const auto name = beside() + std::to_string(::getpid()) + "-" + std::to_string(i);
    if (::linkat(AT_FDCWD, link_to(file_.get()).c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) == 0) {
      temporary_ = name;
      return;
    }
    if (errno != EEXIST) break;  // what an earlier run left there is nobody's to remove
  }
  fail(errno);
}

void OutputFile::write(std::string_view text) {
  if (const int error = write_all(file_.get(), text); error != 0) fail(error);
}

void OutputFile::finish() {
  if (place_.empty()) return;
  // Some file systems have no such thing as to sync, which is no error.
  if (::fsync(file_.get()) != 0 && errno != EINVAL) fail(errno);
  if (temporary_.empty()) give_name();
  if (std::rename(temporary_.c_str(), place_.c_str()) == 0) {
    temporary_.clear();
    return;
  }
  const int why = errno;
  const auto kept = std::exchange(temporary_, {});
  throw Error{ErrorKind::file, "cannot put " + path_ + " in its place: " + std::strerror(why),
              "what belongs there is in " + kept};
}

void OutputFile::fail(int why, const char* hint) const {
  throw Error{ErrorKind::file, "cannot write " + path_ + ": " + std::strerror(why), hint};
}

}  // namespace wxpay::cli
