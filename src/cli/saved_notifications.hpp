#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/replay_notifications.hpp"
#include "cli/input.hpp"
#include "gateway/saved_messages.hpp"
#include "wire/file_kind.hpp"

namespace wxpay::cli {

/// The regular files of a folder as FOLDER/NAME, in the byte order of their names. Nothing is followed:
/// neither folders in it nor symbolic links.
/// @throws Error{file}
std::vector<std::string> files_of_folder(const std::string& folder);

/// The messages of files, one after the other; `-` is standard input. A file that cannot be read is an entry
/// that says so, and the next file follows.
class SavedNotifications {
 public:
  /// @param reader  must outlive this
  SavedNotifications(std::vector<std::string> paths, const Stop& stop, const NotificationReader& reader)
      : paths_{std::move(paths)}, stop_{stop}, reader_{reader} {}

  /// @throws Error{interrupted} when the program is asked to stop while it waits for input
  std::optional<app::SavedNotification> next();
  /// Makes a message of a line (ReplayDeps::take_apart).
  static void take_apart(app::SavedNotification& line);
  /// Whether `next` would return at once.
  bool is_readable();

 private:
  /// A file that is being read.
  struct Opened {
    Opened(const std::string& path, const Stop& stop, const NotificationReader& reader)
        : stream{path, stop},
          messages{[this](char* buffer, std::size_t size) { return read(buffer, size); }, reader} {}
    Opened(const Opened&) = delete;
    Opened& operator=(const Opened&) = delete;
    Opened(Opened&&) = delete;
    Opened& operator=(Opened&&) = delete;
    ~Opened() = default;

    /// Nothing of a file of another kind, which is then one message without bytes.
    std::size_t read(char* buffer, std::size_t size);

    InputStream stream;
    bool begun = false;
    std::optional<wire::ForeignFile> foreign;
    gateway::SavedMessages messages;
    std::size_t given = 0;
  };

  std::optional<app::SavedNotification> next_of_file();

  std::vector<std::string> paths_;
  const Stop& stop_;
  const NotificationReader& reader_;
  std::size_t current_ = 0;  ///< index of the path that is read or comes next
  std::optional<Opened> opened_;
};

}  // namespace wxpay::cli
