#pragma once

#include <cstddef>
#include <cstdint>
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
/// its root, or where another message, an `<xml>`, begins before that. What stands between documents and is
/// none is given as a document too, and so is an empty input.
///
/// Anybody can send a document that never ends, or ends inside the next one, and nothing of that kind may
/// swallow a message that comes after it. So comments, declarations and open tags never hide a message, and
/// CDATA does only in a document that is known as genuine when read to its end. Otherwise it is cut where the
/// hidden one begins, which can do no harm as long as each document is believed for its signature alone.
class XmlDocuments {
 public:
  /// Fills the buffer with some bytes; 0 at the end. What it throws comes out of `next`.
  using Source = std::function<std::size_t(char* buffer, std::size_t size)>;
  /// Whether this document is genuine. Asked only of one whose CDATA holds the beginning of another.
  using Judge = std::function<bool(std::string_view document)>;

  XmlDocuments(Source source, Judge is_genuine, std::size_t largest = largest_message);

  /// The next document; nothing at the end.
  std::optional<RawDocument> next();

  /// Whether a whole message seems to have been read already, so that `next` does not wait for more.
  bool holds_message();

 private:
  /// How a comment or CDATA ends.
  enum class Hidden : std::uint8_t { closed, at_message, cut_off };

  std::string_view rest() const { return std::string_view{buffer_}.substr(start_); }
  bool fill();
  bool has(std::size_t count);
  bool is_at(std::string_view text);
  bool is_at_name(std::string_view text);
  bool is_at_beginning();
  bool move_to(std::string_view any_of);
  bool move_past(std::string_view text);
  Hidden pass_hidden(std::string_view end);
  bool is_at_message();
  bool skip_between();
  void skip_text();
  void skip_document();
  bool find_end();
  bool skip_cdata(bool in_root);
  bool skip_root_tag();
  bool follows_declaration() const;
  std::string root_name();
  bool read_on();
  RawDocument take();

  Source source_;
  Judge is_genuine_;
  std::size_t largest_;
  std::string buffer_;
  std::size_t start_ = 0;          ///< in the buffer, of what is being cut
  std::size_t pos_ = 0;            ///< from there, how far it was looked at
  std::size_t no_end_before_ = 0;  ///< in the buffer, where no message's end is before
  /// Where in it a message begins that its CDATA may hide, while that is not decided.
  std::optional<std::size_t> doubt_;
  std::int64_t spare_looks_;  ///< bytes that may still be looked at in vain
  bool dropping_ = false;     ///< it is too large already: its first bytes are gone
  bool ended_ = false;
  bool given_ = false;
};

}  // namespace wxpay::wire
