#include "wire/xml_documents.hpp"

#include <algorithm>
#include <utility>

namespace wxpay::wire {

namespace {

constexpr std::size_t piece = 65'536;
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::string_view blanks = " \t\r\n";
constexpr std::string_view behind_a_name = " \t\r\n/>";
constexpr std::string_view message = "<xml";
constexpr std::string_view message_end = "</xml";
constexpr std::string_view declaration = "<?xml ";
constexpr std::string_view declaration_end = "?>";
constexpr std::string_view comment = "<!--";
constexpr std::string_view comment_end = "-->";
constexpr std::string_view cdata = "<![CDATA[";
constexpr std::string_view cdata_end = "]]>";
/// <?xml version="1.0" encoding="UTF-8" standalone="yes"?> and a line end, with room to spare.
constexpr std::size_t longest_declaration = 128;
/// How often a byte may be looked at in vain, on average, so that no input takes more than linear time. Once
/// that is used up, CDATA hides nothing.
constexpr std::int64_t looks_in_vain = 16;
constexpr std::int64_t looks_at_first = std::int64_t{1} << 20U;

void remove_blanks(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
}

/// Whether this is one declaration and blanks, and holds nothing that could spoil the message behind it.
bool is_declaration(std::string_view text) {
  const auto end = text.find(declaration_end);
  if (end == std::string_view::npos) return false;
  if (text.find_first_not_of(blanks, end + declaration_end.size()) != std::string_view::npos) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= ' ' && c <= '~') || blanks.find(c) != std::string_view::npos;
  });
}

/// Whether there is nothing but whole comments and blanks.
bool is_comments(std::string_view text) {
  for (remove_blanks(text); !text.empty(); remove_blanks(text)) {
    const auto end =
        text.starts_with(comment) ? text.find(comment_end, comment.size()) : std::string_view::npos;
    if (end == std::string_view::npos) return false;
    text.remove_prefix(end + comment_end.size());
  }
  return true;
}

}  // namespace

XmlDocuments::XmlDocuments(Source source, Judge is_genuine, std::size_t largest)
    : source_{std::move(source)},
      is_genuine_{std::move(is_genuine)},
      largest_{largest},
      spare_looks_{looks_at_first} {}

std::optional<RawDocument> XmlDocuments::next() {
  while (skip_between()) {
    if (find_message()) {
      const auto message_at = pos_;
      leave_declaration();
      if (pos_ == 0) {
        pos_ = message_at;
        find_end();
        return take();
      }
    }
    if (is_too_large() || !is_comments(rest().substr(0, pos_))) return take();
    start_ += std::exchange(pos_, 0);
  }
  if (given_) return std::nullopt;
  return take();
}

bool XmlDocuments::holds_message() {
  const auto at = buffer_.find(message_end, std::max(start_, no_end_before_));
  no_end_before_ = std::min(at, buffer_.size() - std::min(buffer_.size(), message_end.size() - 1));
  return at != std::string::npos;
}

/// Goes on to what is no blank and no byte-order mark; false at the end.
bool XmlDocuments::skip_between() {
  while (!rest().empty() || fill()) {
    const auto count = std::min(rest().find_first_not_of(blanks), rest().size());
    start_ += count;
    if (is_at(byte_order_mark)) {
      start_ += byte_order_mark.size();
    } else if (count == 0) {
      return true;
    }
  }
  return false;
}

/// Moves to the next message; to the end, and false, where there is none.
bool XmlDocuments::find_message() {
  while (move_to("<")) {
    if (is_at_tag(message)) return true;
    ++pos_;
  }
  return false;
}

/// From the beginning of a message to its end, or to where it must be cut.
void XmlDocuments::find_end() {
  pos_ += message.size();
  while (move_to("<")) {
    if (is_at(cdata)) {
      if (!pass_cdata()) return;
    } else if (is_at_tag(message)) {
      return cut();
    } else if (pass_end_tag()) {
      if (doubt_ && (is_too_large() || !is_genuine_(rest().substr(0, pos_)))) return cut();
      return doubt_.reset();
    }
  }
  if (doubt_) cut();
}

/// Goes behind CDATA; false where the message was cut, or ends, in it.
bool XmlDocuments::pass_cdata() {
  pos_ += cdata.size();
  while (move_to("<]")) {
    if (is_at(cdata_end)) {
      pos_ += cdata_end.size();
      return true;
    }
    if (!doubt_ && is_at_tag(message)) {
      if (is_too_large() || spare_looks_ <= 0) {
        cut();
        return false;
      }
      doubt_ = pos_;
    }
    ++pos_;
  }
  if (doubt_) cut();
  return false;
}

/// Goes behind the tag that is here; whether it is the end tag of a message.
bool XmlDocuments::pass_end_tag() {
  const bool is_end = is_at_tag(message_end);
  ++pos_;
  if (!is_end || !move_to("<>") || rest()[pos_] == '<') return false;
  ++pos_;
  return true;
}

/// Cuts the document where the first message begins that its CDATA may hide; else here, where the next one
/// begins. A declaration belongs to the message behind it.
void XmlDocuments::cut() {
  if (doubt_) {
    spare_looks_ -= static_cast<std::int64_t>(std::min(pos_, largest_));
    pos_ = *std::exchange(doubt_, {});
  }
  leave_declaration();
}

/// Goes back before the declaration that ends here.
void XmlDocuments::leave_declaration() {
  const auto before = rest().substr(0, pos_);
  const auto searched = before.substr(before.size() - std::min(before.size(), longest_declaration));
  const auto at = searched.rfind(declaration);
  if (at != std::string_view::npos && is_declaration(searched.substr(at))) pos_ -= searched.size() - at;
}

RawDocument XmlDocuments::take() {
  given_ = true;
  RawDocument document;
  document.too_large = is_too_large();
  if (!document.too_large) document.bytes = rest().substr(0, pos_);
  spare_looks_ += looks_in_vain * static_cast<std::int64_t>(dropped_ + pos_);
  start_ += std::exchange(pos_, 0);
  dropped_ = 0;
  return document;
}

/// Moves to the next of these one or two bytes; to the end, and false, where there is none.
bool XmlDocuments::move_to(std::string_view any_of) {
  while (true) {
    const auto text = rest();
    if (any_of.size() == 1) {
      pos_ = std::min(text.find(any_of.front(), pos_), text.size());
    } else {
      const auto* const found =
          std::find_if(text.begin() + static_cast<std::ptrdiff_t>(pos_), text.end(),
                       [&](char c) { return c == any_of.front() || c == any_of.back(); });
      pos_ = static_cast<std::size_t>(found - text.begin());
    }
    if (pos_ < text.size()) return true;
    if (!read_on()) return false;
  }
}

/// Whether this text follows. Reads on only where that is still open: the end of a document is not to wait
/// for what a slow input has behind it.
bool XmlDocuments::is_at(std::string_view text) {
  while (true) {
    const auto there = rest().substr(pos_, text.size());
    if (!text.starts_with(there)) return false;
    if (there.size() == text.size()) return true;
    if (!fill()) return false;
  }
}

/// Whether this text follows, and the name at its end is whole.
bool XmlDocuments::is_at_tag(std::string_view text) {
  if (!is_at(text)) return false;
  const auto end = pos_ + text.size();
  return (end < rest().size() || fill()) && behind_a_name.find(rest()[end]) != std::string_view::npos;
}

/// Reads more of a document. Of one that is too large the first bytes are not kept; one in doubt is given up.
bool XmlDocuments::read_on() {
  if (pos_ > largest_ && doubt_) return false;
  if (pos_ > largest_ + longest_declaration) {
    // The last ones may be the next message's declaration.
    const auto gone = pos_ - longest_declaration;
    dropped_ += gone;
    start_ += gone;
    pos_ = longest_declaration;
  }
  return fill();
}

bool XmlDocuments::fill() {
  if (ended_) return false;
  no_end_before_ -= std::min(no_end_before_, start_);
  buffer_.erase(0, std::exchange(start_, 0));
  const auto size = buffer_.size();
  buffer_.resize(size + piece);
  std::size_t count = 0;
  try {
    count = source_(buffer_.data() + size, piece);
  } catch (...) {
    buffer_.resize(size);
    throw;
  }
  buffer_.resize(size + count);
  ended_ = count == 0;
  return !ended_;
}

}  // namespace wxpay::wire
