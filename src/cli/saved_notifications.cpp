#include "cli/saved_notifications.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/handle.hpp"
#include "wxpay/error.hpp"

namespace wxpay::cli {

namespace {

using FolderHandle = Handle<DIR, closedir>;

bool is_regular_file(const FolderHandle& folder, const dirent& entry) {
  if (entry.d_type != DT_UNKNOWN) return entry.d_type == DT_REG;
  struct stat about {};
  return ::fstatat(dirfd(folder.get()), entry.d_name, &about, AT_SYMLINK_NOFOLLOW) == 0 &&
         S_ISREG(about.st_mode);
}

}  // namespace

std::size_t SavedNotifications::Opened::read(char* buffer, std::size_t size) {
  const auto count = stream.read(buffer, size);
  if (!std::exchange(begun, true)) foreign = wire::binary_file({buffer, count});
  return foreign ? 0 : count;
}

std::vector<std::string> files_of_folder(const std::string& folder) {
  const auto fail = [&folder] {
    throw Error{ErrorKind::file, "cannot read the folder " + folder + ": " + std::strerror(errno)};
  };
  const FolderHandle opened{::opendir(folder.c_str())};
  if (!opened) fail();
  const auto before = folder.ends_with('/') ? folder : folder + "/";
  std::vector<std::string> paths;
  while (true) {
    errno = 0;
    const auto* entry = ::readdir(opened.get());
    if (entry == nullptr && errno != 0) fail();
    if (entry == nullptr) break;
    if (is_regular_file(opened, *entry)) paths.push_back(before + entry->d_name);
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::optional<app::SavedNotification> SavedNotifications::next() {
  while (current_ < paths_.size()) {
    const auto number = (opened_ ? opened_->given : 0) + 1;
    try {
      if (!opened_) opened_.emplace(paths_[current_], stop_, reader_);
      if (auto saved = next_of_file()) return saved;
      opened_.reset();
      ++current_;
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::interrupted) throw;
      if (stop_.requested()) throw Error{ErrorKind::interrupted, "interrupted"};
      if (error.kind() != ErrorKind::file) throw;
      opened_.reset();
      return app::SavedNotification{.source = paths_[current_++] + ":" + std::to_string(number),
                                    .message = {},
                                    .unreadable = error.what()};
    }
  }
  return std::nullopt;
}

std::optional<app::SavedNotification> SavedNotifications::next_of_file() {
  auto saved = opened_->messages.next();
  if (!saved) return std::nullopt;
  app::SavedNotification notification;
  notification.source = paths_[current_] + ":" + std::to_string(++opened_->given);
  notification.message = std::move(saved->message);
  notification.too_large = saved->too_large;
  notification.is_line = saved->is_line;
  if (const auto& foreign = opened_->foreign) {
    notification.foreign =
        "it is " + foreign->what + (foreign->command.empty() ? "" : ": " + foreign->command);
  }
  return notification;
}

void SavedNotifications::take_apart(app::SavedNotification& line) {
  auto saved = gateway::taken_apart({.message = std::move(line.message), .is_line = true});
  line.message = std::move(saved.message);
  line.too_large = saved.too_large;
  line.is_line = false;
}

bool SavedNotifications::is_readable() {
  return !opened_ || opened_->messages.holds_message() || opened_->stream.is_readable();
}

}  // namespace wxpay::cli
