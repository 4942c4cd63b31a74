#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/replay_notifications.hpp"
#include "cli/input.hpp"
#include "wire/file_kind.hpp"
#include "wire/xml_documents.hpp"

namespace wxpay::cli {

/// The regular files of a folder as FOLDER/NAME, in the byte order of their names. Nothing is followed:
/// neither folders in it nor symbolic links.
/// @throws Error{file}
std::vector<std::string> files_of_folder(const std::string& folder);

/// The documents of files, one after the other; `-` is standard input. A file that cannot be read is an entry
/// that says so, and the next file follows.
class SavedNotifications {
 public:
  /// @param is_genuine  see wire::XmlDocuments
  SavedNotifications(std::vector<std::string> paths, const Stop& stop, wire::XmlDocuments::Judge is_genuine)
      : paths_{std::move(paths)}, stop_{stop}, is_genuine_{std::move(is_genuine)} {}

  /// @throws Error{interrupted} when the program is asked to stop while it waits for input
  std::optional<app::SavedNotification> next();
  /// Whether `next` would return at once.
  bool is_readable();

 private:
  /// A file that is being read.
  struct Opened {
    Opened(const std::string& path, const Stop& stop, const wire::XmlDocuments::Judge& is_genuine)
        : stream{path, stop},
          documents{[this](char* buffer, std::size_t size) { return read(buffer, size); }, is_genuine} {}
    Opened(const Opened&) = delete;
    Opened& operator=(const Opened&) = delete;
    Opened(Opened&&) = delete;
    Opened& operator=(Opened&&) = delete;
    ~Opened() = default;

    /// Nothing of a file of another kind, which is then one document without bytes.
    std::size_t read(char* buffer, std::size_t size);

    InputStream stream;
    bool begun = false;
    std::optional<wire::ForeignFile> foreign;
    wire::XmlDocuments documents;
    std::size_t given = 0;
  };

  std::optional<app::SavedNotification> next_of_file();

  std::vector<std::string> paths_;
  const Stop& stop_;
  wire::XmlDocuments::Judge is_genuine_;
  std::size_t current_ = 0;  ///< index of the path that is read or comes next
  std::optional<Opened> opened_;
};

}  // namespace wxpay::cli
