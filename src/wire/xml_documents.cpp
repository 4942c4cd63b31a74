#include "wire/xml_documents.hpp"

#include <algorithm>
#include <utility>

namespace wxpay::wire {

namespace {

constexpr std::size_t piece = 65'536;
constexpr std::size_t longest_name = 64;
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::string_view blanks = " \t\r\n";
constexpr std::string_view behind_a_name = " \t\r\n/>";
constexpr std::string_view message = "<xml";
constexpr std::string_view declaration = "<?xml ";
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

constexpr bool begins_a_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':' ||
         static_cast<unsigned char>(c) >= 0x80;
}

}  // namespace

XmlDocuments::XmlDocuments(Source source, Judge is_genuine, std::size_t largest)
    : source_{std::move(source)},
      is_genuine_{std::move(is_genuine)},
      largest_{largest},
      spare_looks_{looks_at_first} {}

std::optional<RawDocument> XmlDocuments::next() {
  dropping_ = false;
  pos_ = 0;
  while (skip_between()) {
    if (!is_at(comment)) {
      if (is_at_beginning()) {
        skip_document();
      } else {
        skip_text();
      }
      return take();
    }
    pos_ = comment.size();
    if (pass_hidden(comment_end) != Hidden::closed) return take();
    start_ += std::exchange(pos_, 0);
    dropping_ = false;
  }
  if (given_) return std::nullopt;
  return take();
}

bool XmlDocuments::holds_message() {
  static constexpr std::string_view end = "</xml";
  const auto at = buffer_.find(end, std::max(start_, no_end_before_));
  no_end_before_ = std::min(at, buffer_.size() - std::min(buffer_.size(), end.size() - 1));
  return at != std::string::npos;
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

/// Whether so many bytes follow.
bool XmlDocuments::has(std::size_t count) {
  while (rest().size() - pos_ < count) {
    if (!fill()) return false;
  }
  return true;
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

/// Whether this text follows, and its last name ends there.
bool XmlDocuments::is_at_name(std::string_view text) {
  return is_at(text) && has(text.size() + 1) &&
         behind_a_name.find(rest()[pos_ + text.size()]) != std::string_view::npos;
}

/// Whether a document may begin here: with its declaration, its DOCTYPE or its root.
bool XmlDocuments::is_at_beginning() {
  if (!is_at("<") || !has(2)) return false;
  const char next = rest()[pos_ + 1];
  return next == '?' || next == '!' || begins_a_name(next);
}

/// Moves to the next of these bytes; to the end, and false, where there is none.
bool XmlDocuments::move_to(std::string_view any_of) {
  while (true) {
    const auto at =
        any_of.size() == 1 ? rest().find(any_of.front(), pos_) : rest().find_first_of(any_of, pos_);
    pos_ = std::min(at, rest().size());
    if (at != std::string_view::npos) return true;
    if (!read_on()) return false;
  }
}

/// Moves behind the next such text; to the end, and false, where there is none.
bool XmlDocuments::move_past(std::string_view text) {
  while (true) {
    if (const auto at = rest().find(text, pos_); at != std::string_view::npos) {
      pos_ = at + text.size();
      return true;
    }
    // Its first bytes may be there already.
    const auto whole = rest().size();
    pos_ = std::max(pos_, whole - std::min(whole, text.size() - 1));
    if (read_on()) continue;
    pos_ = rest().size();
    return false;
  }
}

/// Moves behind this end of a comment or CDATA, or to a message that begins before it.
XmlDocuments::Hidden XmlDocuments::pass_hidden(std::string_view end) {
  auto begin = pos_;
  while (true) {
    const auto text = rest();
    const auto* const found = std::find_if(text.begin() + static_cast<std::ptrdiff_t>(pos_), text.end(),
                                           [](char c) { return c == '<' || c == '>'; });
    pos_ = static_cast<std::size_t>(found - text.begin());
    if (found == text.end()) {
      // The first bytes of the end may be there already.
      const auto kept = std::min(pos_ - begin, end.size() - 1);
      pos_ -= kept;
      if (read_on()) {
        if (pos_ == 0) begin = 0;
        continue;
      }
      pos_ = rest().size();
      return Hidden::cut_off;
    }
    const bool may_be_end = *found == '>';
    if (!may_be_end && is_at_message()) return Hidden::at_message;
    ++pos_;
    if (may_be_end && pos_ - begin >= end.size() && text.substr(0, pos_).ends_with(end)) {
      return Hidden::closed;
    }
  }
}

bool XmlDocuments::is_at_message() { return is_at_name(message) || is_at(declaration); }

/// Goes on to what is no blank and no byte-order mark; false at the end.
bool XmlDocuments::skip_between() {
  while (has(1)) {
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

/// To where a document may begin.
void XmlDocuments::skip_text() {
  do {
    ++pos_;
  } while (move_to("<") && !is_at_beginning());
}

void XmlDocuments::skip_document() {
  const bool has_end = find_end();
  const auto doubt = std::exchange(doubt_, {});
  if (!doubt || (has_end && pos_ <= largest_ && is_genuine_(rest().substr(0, pos_)))) return;
  spare_looks_ -= static_cast<std::int64_t>(pos_);
  pos_ = *doubt;
}

/// To the end of the root, or, false, to where another message begins.
bool XmlDocuments::find_end() {
  std::string start_tag;
  std::string end_tag;
  for (bool first = true; move_to("<") && has(2); first = false) {
    const char kind = rest()[pos_ + 1];
    if (kind == '!' && is_at(cdata)) {
      if (!skip_cdata(!start_tag.empty())) return false;
      continue;
    }
    if (kind == '!' && is_at(comment)) {
      pos_ += comment.size();
      if (pass_hidden(comment_end) != Hidden::closed) return false;
      continue;
    }
    if (kind == '?' && !first && is_at(declaration)) return false;
    if (kind == '/' && !end_tag.empty() && is_at_name(end_tag)) {
      ++pos_;
      if (!move_to("<>") || rest()[pos_] == '<') continue;
      ++pos_;
      return true;
    }
    if (begins_a_name(kind)) {
      if (is_at_name(message) && !first && !(start_tag.empty() && follows_declaration())) return false;
      if (!start_tag.empty() && is_at_name(start_tag)) return false;
      if (const auto name = start_tag.empty() ? root_name() : std::string{}; !name.empty()) {
        start_tag = "<" + name;
        end_tag = "</" + name;
        if (skip_root_tag()) return true;
        continue;
      }
    }
    ++pos_;
  }
  pos_ = rest().size();
  return false;
}

/// Goes behind CDATA; false where the document is cut off in it, or must be cut.
bool XmlDocuments::skip_cdata(bool in_root) {
  pos_ += cdata.size();
  if (doubt_) return move_past(cdata_end);
  const auto how = pass_hidden(cdata_end);
  if (how != Hidden::at_message) return how == Hidden::closed;
  if (!in_root || dropping_ || spare_looks_ <= 0) return false;
  doubt_ = pos_;
  return move_past(cdata_end);
}

/// Goes behind the root's start tag, if it is one; whether the root ends with it.
bool XmlDocuments::skip_root_tag() {
  ++pos_;
  if (!move_to("<>") || rest()[pos_] == '<') return false;
  const bool has_no_content = pos_ > 0 && rest()[pos_ - 1] == '/';
  ++pos_;
  return has_no_content;
}

/// Whether all that is before this place is a declaration, and nothing that could spoil a good document.
bool XmlDocuments::follows_declaration() const {
  const auto before = rest().substr(0, pos_);
  const auto end = before.find("?>");
  if (dropping_ || before.size() > longest_declaration || !before.starts_with(declaration)) return false;
  if (end == std::string_view::npos || before.find_first_not_of(blanks, end + 2) != std::string_view::npos) {
    return false;
  }
  return std::all_of(before.begin(), before.end(), [](char c) {
    return (c >= ' ' && c <= '~') || blanks.find(c) != std::string_view::npos;
  });
}

/// The name of the start tag that is here; empty where none is.
std::string XmlDocuments::root_name() {
  if (!has(2) || !begins_a_name(rest()[pos_ + 1])) return {};
  while (true) {
    const auto tag = rest().substr(pos_ + 1, longest_name + 1);
    const auto end = tag.find_first_of(" \t\r\n/><");
    if (end != std::string_view::npos) return std::string{tag.substr(0, end)};
    if (tag.size() > longest_name || !fill()) return {};
  }
}

/// Reads more of a document: one that is too large is not kept, one in doubt is given up then.
bool XmlDocuments::read_on() {
  if (pos_ > largest_) {
    if (doubt_) return false;
    dropping_ = true;
    start_ += std::exchange(pos_, 0);
  }
  return fill();
}

RawDocument XmlDocuments::take() {
  given_ = true;
  RawDocument document;
  document.too_large = dropping_ || pos_ > largest_;
  if (!document.too_large) document.bytes = rest().substr(0, pos_);
  spare_looks_ += looks_in_vain * static_cast<std::int64_t>(pos_);
  start_ += std::exchange(pos_, 0);
  return document;
}

}  // namespace wxpay::wire
