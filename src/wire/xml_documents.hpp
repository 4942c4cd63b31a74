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

/// Cuts a stream of bytes into the messages that stand in it one after the other, holding one message and one
/// piece of the input at a time. A message begins with `<xml>`, or with an XML declaration before it, and
/// ends with `</xml>`, or where the next message begins. Whatever else stands before a message or at the end
/// is one document too, which no reader takes for a message; blanks, byte-order marks and comments alone are
/// skipped. An empty input is one empty document.
///
/// Anybody can send a document that never ends, or ends inside the next one, and nothing of that kind may
/// swallow a message that comes after it. So a message hides another one only in its CDATA, and only when it
/// is genuine as a whole. Otherwise it is cut where the hidden one begins, which can do no harm as long as
/// each document is believed for its signature alone.
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
  std::string_view rest() const { return std::string_view{buffer_}.substr(start_); }
  bool is_too_large() const { return dropped_ + pos_ > largest_; }
  bool skip_between();
  bool find_message();
  void find_end();
  bool pass_cdata();
  bool pass_end_tag();
  void cut();
  void leave_declaration();
  RawDocument take();

  bool move_to(std::string_view any_of);
  bool is_at(std::string_view text);
  bool is_at_tag(std::string_view text);
  bool read_on();
  bool fill();

  Source source_;
  Judge is_genuine_;
  std::size_t largest_;
  std::string buffer_;
  std::size_t start_ = 0;    ///< in the buffer, of the document that is being cut
  std::size_t pos_ = 0;      ///< from there, how far it was looked at
  std::size_t dropped_ = 0;  ///< how many bytes of it are gone from the buffer, as it is too large already
  /// Where in it a message begins that its CDATA may hide, while that is not decided.
  std::optional<std::size_t> doubt_;
  std::int64_t spare_looks_;       ///< bytes that may still be looked at in vain
  std::size_t no_end_before_ = 0;  ///< in the buffer, where no message's end is before
  bool ended_ = false;
  bool given_ = false;
};

}  // namespace wxpay::wire
