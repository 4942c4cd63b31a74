#include "gateway/saved_messages.hpp"

#include <algorithm>
#include <array>
#include <type_traits>
#include <utility>

#include "gateway/http_dump.hpp"
#include "gateway/http_messages.hpp"
#include "wire/xml_documents.hpp"

namespace wxpay::gateway {

namespace {

constexpr std::size_t piece = 65'536;
constexpr std::size_t longest_first_line = 8192;
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

/// XML documents of API v2, one after the other; they were saved without headers.
class XmlCutter final : public MessageCutter {
 public:
  XmlCutter(MessageSource source, const NotificationReader& reader)
      : documents_{std::move(source),
                   [&reader](std::string_view document) {
                     return reader.is_signed({.headers = {}, .body = std::string{document}});
                   },
                   largest_notification} {}

  std::optional<SavedMessage> next() override {
    auto document = documents_.next();
    if (!document) return std::nullopt;
    return SavedMessage{.message = {.headers = {}, .body = std::move(document->bytes)},
                        .too_large = document->too_large};
  }
  bool holds_message() override { return documents_.holds_message(); }

 private:
  wire::XmlDocuments documents_;
};

bool begins_xml(std::string_view start) { return start.front() == '<'; }
bool begins_json(std::string_view start) { return start.front() == '{'; }

/// The forms of files that are known, by how they begin.
struct FileForm {
  bool (*begins)(std::string_view start);
  std::unique_ptr<MessageCutter> (*make)(MessageSource, const NotificationReader&);
};

template <class Cutter>
std::unique_ptr<MessageCutter> make(MessageSource source, const NotificationReader& reader) {
  if constexpr (std::is_constructible_v<Cutter, MessageSource, const NotificationReader&>) {
    return std::make_unique<Cutter>(std::move(source), reader);
  } else {
    return std::make_unique<Cutter>(std::move(source));
  }
}

constexpr std::array file_forms{FileForm{begins_xml, make<XmlCutter>},
                                FileForm{begins_json, make<JsonLineCutter>},
                                FileForm{begins_dump, make<HttpDumpCutter>}};

/// Any other file is read as XML: it has nothing but documents that are malformed.
/// @param start  of the file, without what may stand before a message
const FileForm& form_of(std::string_view start) {
  const auto* const found = std::find_if(file_forms.begin(), file_forms.end(), [start](const FileForm& form) {
    return !start.empty() && form.begins(start);
  });
  return found == file_forms.end() ? file_forms.front() : *found;
}

/// The file from its first byte that is neither blank nor a byte-order mark.
std::string_view start_of(std::string_view bytes) {
  if (bytes.starts_with(byte_order_mark)) bytes.remove_prefix(byte_order_mark.size());
  return bytes.substr(std::min(bytes.find_first_not_of(" \t\r\n"), bytes.size()));
}

/// Whether more must be read to tell what the file is: its first byte that counts and, where that is neither
/// XML's nor JSON's, its first line, which tells a dump.
bool needs_more(std::string_view bytes) {
  const auto start = start_of(bytes);
  if (start.empty() || byte_order_mark.starts_with(start)) return bytes.size() < longest_first_line;
  return !begins_xml(start) && !begins_json(start) && start.find('\n') == std::string_view::npos &&
         start.size() < longest_first_line;
}

}  // namespace

std::optional<SavedMessage> SavedMessages::next() {
  if (!cutter_) choose_cutter();
  return cutter_->next();
}

void SavedMessages::choose_cutter() {
  read_more();
  while (!ended_ && needs_more(first_bytes_)) read_more();
  const auto start = start_of(first_bytes_);
  const auto& form = form_of(start);
  // A byte-order mark is no part of a line; XML has a place for it.
  if (form.make != file_forms.front().make) first_bytes_.erase(0, first_bytes_.size() - start.size());
  cutter_ = form.make([this](char* buffer, std::size_t size) { return read(buffer, size); }, reader_);
}

void SavedMessages::read_more() {
  const auto size = first_bytes_.size();
  first_bytes_.resize(size + piece);
  const auto count = source_(first_bytes_.data() + size, piece);
  first_bytes_.resize(size + count);
  ended_ = count == 0;
}

std::size_t SavedMessages::read(char* buffer, std::size_t size) {
  if (first_bytes_.empty()) {
    // A terminal's end of input is said once.
    if (ended_) return 0;
    const auto count = source_(buffer, size);
    ended_ = count == 0;
    return count;
  }
  const auto count = first_bytes_.copy(buffer, size);
  first_bytes_.erase(0, count);
  return count;
}

}  // namespace wxpay::gateway
