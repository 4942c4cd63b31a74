#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "wire/xml.hpp"

namespace wxpay::wire {

/// One document of a stream of them.
struct RawDocument {
  std::string bytes;       ///< from its first byte to its root's end; empty where it is too large
  bool too_large = false;  ///< more than a message may have
};

/// Cuts a stream of bytes into the XML documents that stand in it one after the other, holding one message
/// and one piece of the input at a time. Blanks, byte-order marks and comments between documents are skipped.
/// Whether a document is any good is the parser's to say; this only finds where it ends: at the end tag of
/// its root, which CDATA and comments do not hide, or, where that is missing, where another message begins.
/// What stands between documents and is none is given as a document too, and so is an empty input.
class XmlDocuments {
 public:
  /// Fills the buffer with some bytes; 0 at the end. What it throws comes out of `next`.
  using Source = std::function<std::size_t(char* buffer, std::size_t size)>;

  explicit XmlDocuments(Source source, std::size_t largest = largest_message);

  /// The next document; nothing at the end.
  std::optional<RawDocument> next();

  /// Whether a whole message seems to have been read already, so that `next` does not wait for more.
  bool holds_message() const { return rest().find("</xml") != std::string_view::npos; }

 private:
  std::string_view rest() const { return std::string_view{buffer_}.substr(start_); }
  bool fill();
  bool has(std::size_t count);
  bool is_at(std::string_view text);
  bool is_at_name(std::string_view text);
  bool is_at_beginning();
  bool move_to(std::string_view any_of);
  bool move_past(std::string_view text);
  bool skip_between();
  void skip_text();
  void skip_document();
  bool skip_hidden();
  bool skip_root_tag();
  std::string root_name();
  void drop_if_too_large();
  RawDocument take();

  Source source_;
  std::size_t largest_;
  std::string buffer_;
  std::size_t start_ = 0;  ///< in the buffer, of what is being cut
  std::size_t pos_ = 0;    ///< from there, how far it was looked at
  bool dropping_ = false;  ///< it is too large already: its first bytes are gone
  bool ended_ = false;
  bool given_ = false;
};

}  // namespace wxpay::wire
