#include "cli/config/safe_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "cli/config/value_rules.hpp"

namespace wxpay::cli {

namespace {

std::string reason(int error) { return std::generic_category().message(error); }

}  // namespace

SafeFile::SafeFile(std::filesystem::path path, std::string described, ErrorKind kind)
    : path_{std::move(path)}, described_{std::move(described)}, kind_{kind} {
  // Without O_NONBLOCK the opening of a FIFO would wait for a writer.
  fd_ = UniqueFd{::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
  if (!fd_) fail("cannot be opened: " + reason(errno));
  if (::fstat(fd_.get(), &status_) != 0) fail("cannot be examined: " + reason(errno));
  if (!S_ISREG(status_.st_mode)) fail("is not a regular file");
  if (status_.st_uid != 0 && status_.st_uid != ::geteuid()) {
    fail("belongs to another user (uid " + std::to_string(status_.st_uid) + ")",
         "run as its owner, or: chown " + std::to_string(::geteuid()) + " " + shell_quoted(path_.string()));
  }
}

void SafeFile::refuse_writable_by_others(const char* remedy) const {
  refuse_mode(S_IWGRP | S_IWOTH, "may be changed by other users", remedy);
}

void SafeFile::refuse_readable_by_others(const char* remedy) const {
  refuse_mode(S_IROTH, "holds a secret and may be read by other users", remedy);
}

std::string SafeFile::read(std::size_t largest) const {
  std::string content;
  content.resize(largest + 1);
  std::size_t filled = 0;
  while (filled < content.size()) {
    const auto got = ::read(fd_.get(), content.data() + filled, content.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail("cannot be read: " + reason(errno));
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  if (filled > largest) fail("is larger than " + std::to_string(largest) + " bytes");
  content.resize(filled);
  return content;
}

void SafeFile::fail(const std::string& problem, std::string hint) const {
  throw Error{kind_, described_ + " " + problem, std::move(hint)};
}

void SafeFile::refuse_mode(mode_t forbidden, const char* problem, const char* remedy) const {
  if ((status_.st_mode & forbidden) == 0) return;
  fail(problem, std::string{"run: chmod "} + remedy + " " + shell_quoted(path_.string()));
}

}  // namespace wxpay::cli
