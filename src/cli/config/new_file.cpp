#include "cli/config/new_file.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "base/io.hpp"
#include "wxpay/error.hpp"

namespace wxpay::cli {

namespace {

std::string reason(int error) { return std::generic_category().message(error); }

}  // namespace

void make_private_folders(const std::filesystem::path& folder) {
  std::filesystem::path made;
  for (const auto& part : folder) {
    made /= part;
    std::error_code error;
    if (std::filesystem::is_directory(made, error)) continue;
    if (::mkdir(made.c_str(), S_IRWXU) != 0 && errno != EEXIST) {
      throw Error{ErrorKind::file, "cannot create the folder " + made.string() + ": " + reason(errno)};
    }
  }
}

NewFile::NewFile(std::filesystem::path target) : target_{std::move(target)} {
  auto name = target_.string() + ".new-XXXXXX";
  fd_ = UniqueFd{::mkostemp(name.data(), O_CLOEXEC)};  // 0600
  if (!fd_) fail("create", errno);
  temporary_ = name;
}

NewFile::~NewFile() {
  ::unlink(temporary_.c_str());
  if (published_ && !kept_) ::unlink(target_.c_str());
}

void NewFile::write(std::string_view text) {
  if (const int error = write_all(fd_.get(), text); error != 0) fail("write", error);
}

void NewFile::sync() {
  if (::fsync(fd_.get()) != 0) fail("write", errno);
}

void NewFile::publish(const std::string& hint_when_taken) {
  sync();
  // A link, unlike a renaming, never takes the place of another file.
  if (::link(temporary_.c_str(), target_.c_str()) != 0) {
    if (errno != EEXIST) fail("create", errno);
    throw Error{ErrorKind::file, target_.string() + " is there already and is not overwritten",
                hint_when_taken};
  }
  published_ = true;
  const UniqueFd folder{::open(target_.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!folder || ::fsync(folder.get()) != 0) fail("write the folder of", errno);
}

void NewFile::replace() {
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) fail("write", errno);
}

void NewFile::fail(const char* doing, int error) const {
  throw Error{ErrorKind::file,
              std::string{"cannot "} + doing + " " + target_.string() + ": " + reason(error)};
}

}  // namespace wxpay::cli
