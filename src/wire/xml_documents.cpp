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

constexpr bool begins_a_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':' ||
         static_cast<unsigned char>(c) >= 0x80;
}

}  // namespace

XmlDocuments::XmlDocuments(Source source, std::size_t largest)
    : source_{std::move(source)}, largest_{largest} {}

std::optional<RawDocument> XmlDocuments::next() {
  dropping_ = false;
  pos_ = 0;
  while (skip_between()) {
    if (!is_at("<!--")) {
      if (is_at_beginning()) {
        skip_document();
      } else {
        skip_text();
      }
      return take();
    }
    pos_ = 4;
    if (!move_past("-->")) return take();
    start_ += std::exchange(pos_, 0);
    dropping_ = false;
  }
  if (given_) return std::nullopt;
  return take();
}

bool XmlDocuments::fill() {
  if (ended_) return false;
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
    drop_if_too_large();
    if (!fill()) return false;
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
    drop_if_too_large();
    if (fill()) continue;
    pos_ = rest().size();
    return false;
  }
}

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
  std::string start_tag;
  std::string end_tag;
  for (bool first = true; move_to("<") && has(2); first = false) {
    const char kind = rest()[pos_ + 1];
    if (kind == '!' && skip_hidden()) continue;
    if (kind == '?' && !first && is_at("<?xml ")) return;
    if (kind == '/' && !end_tag.empty() && is_at_name(end_tag)) {
      move_past(">");
      return;
    }
    if (begins_a_name(kind) && start_tag.empty()) {
      if (const auto name = root_name(); !name.empty()) {
        start_tag = "<" + name;
        end_tag = "</" + name;
        if (skip_root_tag()) return;
        continue;
      }
    } else if (begins_a_name(kind) && (is_at_name(start_tag) || is_at_name("<xml"))) {
      // Every message of API v2 is an <xml>: a document that was cut off must not take the next one with it.
      return;
    }
    ++pos_;
  }
  pos_ = rest().size();
}

/// Goes behind CDATA or a comment; false where neither is here.
bool XmlDocuments::skip_hidden() {
  static constexpr std::string_view cdata = "<![CDATA[";
  static constexpr std::string_view comment = "<!--";
  const bool is_cdata = is_at(cdata);
  if (!is_cdata && !is_at(comment)) return false;
  pos_ += is_cdata ? cdata.size() : comment.size();
  move_past(is_cdata ? "]]>" : "-->");
  return true;
}

/// Goes behind the root's start tag, if it is one; whether the root ends with it.
bool XmlDocuments::skip_root_tag() {
  ++pos_;
  if (!move_to("<>") || rest()[pos_] == '<') return false;
  const bool has_no_content = pos_ > 0 && rest()[pos_ - 1] == '/';
  ++pos_;
  return has_no_content;
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

void XmlDocuments::drop_if_too_large() {
  if (pos_ <= largest_) return;
  dropping_ = true;
  start_ += std::exchange(pos_, 0);
}

RawDocument XmlDocuments::take() {
  given_ = true;
  RawDocument document;
  document.too_large = dropping_ || pos_ > largest_;
  if (!document.too_large) document.bytes = rest().substr(0, pos_);
  start_ += std::exchange(pos_, 0);
  return document;
}

}  // namespace wxpay::wire
