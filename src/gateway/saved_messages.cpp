#include "gateway/saved_messages.hpp"

#include <algorithm>
#include <array>
#include <type_traits>
#include <utility>

#include "gateway/http_messages.hpp"
#include "wire/xml_documents.hpp"

namespace wxpay::gateway {

namespace {

constexpr std::size_t piece = 65'536;
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

bool begins_xml(char first) { return first == '<'; }
bool begins_json(char first) { return first == '{'; }
bool begins_header(char first) { return (first >= 'A' && first <= 'Z') || (first >= 'a' && first <= 'z'); }

/// The forms of files that are known, by their first byte.
struct FileForm {
  bool (*begins)(char first);
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
                                FileForm{begins_header, make<HttpDumpCutter>}};

/// Any other file is read as XML: it has nothing but documents that are malformed.
const FileForm& form_of(std::string_view first_bytes) {
  const auto start = std::min(first_bytes.find_first_not_of(" \t\r\n"), first_bytes.size());
  const auto* const found = std::find_if(file_forms.begin(), file_forms.end(),
                                         [rest = first_bytes.substr(start)](const FileForm& form) {
                                           return !rest.empty() && form.begins(rest.front());
                                         });
  return found == file_forms.end() ? file_forms.front() : *found;
}

}  // namespace

std::optional<SavedMessage> SavedMessages::next() {
  if (!cutter_) choose_cutter();
  return cutter_->next();
}

void SavedMessages::choose_cutter() {
  std::string bytes(piece, '\0');
  bytes.resize(source_(bytes.data(), piece));
  ended_ = bytes.empty();
  first_bytes_ = std::move(bytes);
  std::string_view start = first_bytes_;
  if (start.starts_with(byte_order_mark)) start.remove_prefix(byte_order_mark.size());
  cutter_ =
      form_of(start).make([this](char* buffer, std::size_t size) { return read(buffer, size); }, reader_);
}

std::size_t SavedMessages::read(char* buffer, std::size_t size) {
  // A terminal's end of input is said once.
  if (ended_) return 0;
  if (first_bytes_.empty()) {
    const auto count = source_(buffer, size);
    ended_ = count == 0;
    return count;
  }
  const auto count = first_bytes_.copy(buffer, size);
  first_bytes_.erase(0, count);
  return count;
}

}  // namespace wxpay::gateway
