#include "wire/xml.hpp"

#include <pugixml.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>

#include "base/text.hpp"

namespace wxpay::wire {

namespace {

// An answer of WeChat Pay has some thirty elements; coupons add three each.
constexpr std::size_t most_elements = 1024;
constexpr std::size_t usual_elements = 24;
constexpr std::size_t usual_length = 32;  // of one element, at least
// The root and its children.
constexpr std::size_t deepest = 2;
constexpr std::string_view cdata = "<![CDATA[";
constexpr std::string_view cdata_end = "]]>";

/// Walks over the markup before any parser sees it, and refuses everything that a flat message does not need:
/// declarations (so no DTD and no entity of one's own), processing instructions, and depth.
class Inspector {
 public:
  explicit Inspector(std::string_view document) : rest_{document} {}

  /// What is wrong, or null.
  const char* inspect() {
    skip_declaration();
    while (!rest_.empty()) {
      const auto* const problem = rest_.front() == '<' ? markup() : text();
      if (problem != nullptr) return problem;
    }
    if (depth_ != 0) return "the document is cut off";
    if (elements_ == 0) return "there is no element";
    return nullptr;
  }

 private:
  void skip_declaration() {
    if (!rest_.starts_with("<?xml ")) return;
    const auto end = rest_.find("?>");
    if (end != std::string_view::npos) rest_.remove_prefix(end + 2);
  }

  const char* markup() {
    if (rest_.starts_with(cdata)) {
      if (depth_ == 0) return "there is text outside the root element";
      return skip_past(cdata_end, "a CDATA section is not closed");
    }
    if (rest_.starts_with("<!--")) {
      rest_.remove_prefix(4);  // so that <!--> is no whole comment
      return skip_past("-->", "a comment is not closed");
    }
    if (rest_.starts_with("<!")) return "a DOCTYPE or other declaration is not allowed";
    if (rest_.starts_with("<?")) return "a processing instruction is not allowed";
    return tag();
  }

  const char* tag() {
    const auto end = rest_.find('>');
    if (end == std::string_view::npos) return "a tag is not closed";
    const auto inner = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    // A quoted value may hold a '>', and then this walk and the parser would see different documents.
    if (inner.find_first_of("\"'=") != std::string_view::npos) return "an attribute is not allowed";
    if (inner.starts_with('/')) {
      if (depth_ == 0) return "an end tag has no start";
      --depth_;
      return nullptr;
    }
    if (depth_ == 0 && elements_ > 0) return "there is more than one root element";
    if (++elements_ > most_elements) return "there are too many elements";
    if (++depth_ > deepest) return "an element is nested in a field";
    if (inner.ends_with('/')) --depth_;
    return nullptr;
  }

  const char* text() {
    const auto run = rest_.substr(0, rest_.find('<'));
    rest_.remove_prefix(run.size());
    if (depth_ == 0 && !trim(run).empty()) return "there is text outside the root element";
    return references(run);
  }

  /// pugixml leaves an unknown entity as it stands; a strict reader must not guess what was meant.
  static const char* references(std::string_view run) {
    static constexpr std::array<std::string_view, 5> known{"lt", "gt", "amp", "quot", "apos"};
    for (auto at = run.find('&'); at != std::string_view::npos; at = run.find('&', at + 1)) {
      const auto end = run.find(';', at);
      if (end == std::string_view::npos) return "an & is not escaped";
      const auto name = run.substr(at + 1, end - at - 1);
      if (name.starts_with('#')) {
        if (!is_character(name.substr(1))) return "a character reference is malformed";
      } else if (std::find(known.begin(), known.end(), name) == known.end()) {
        return "an unknown entity is used";
      }
    }
    return nullptr;
  }

  /// Whether `65` or `x41` names a character that a document may hold (XML, 2.2). pugixml would write a NUL
  /// or half a surrogate pair, and leave what it cannot read as it stands.
  static bool is_character(std::string_view number) {
    const bool is_hex = number.starts_with('x');
    if (is_hex) number.remove_prefix(1);
    std::uint32_t code = 0;
    const auto* const end = number.data() + number.size();
    const auto result = std::from_chars(number.data(), end, code, is_hex ? 16 : 10);
    if (result.ec != std::errc{} || result.ptr != end) return false;
    const bool blank = code == '\t' || code == '\n' || code == '\r';
    const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    return blank || (code >= 0x20 && !surrogate && code <= 0x10FFFF && code != 0xFFFE && code != 0xFFFF);
  }

  const char* skip_past(std::string_view end, const char* otherwise) {
    const auto at = rest_.find(end);
    if (at == std::string_view::npos) return otherwise;
    rest_.remove_prefix(at + end.size());
    return nullptr;
  }

  std::string_view rest_;
  std::size_t depth_ = 0;
  std::size_t elements_ = 0;
};

/// Reads what WeChat Pay nearly always sends, a root whose fields are each a text without references or one
/// CDATA section, many times faster. Nothing where the document holds anything else or anything wrong.
class PlainReader {
 public:
  explicit PlainReader(std::string_view document) : rest_{document} {}

  std::optional<Fields> read() {
    const auto root = take_start();
    if (root.empty()) return std::nullopt;
    Fields fields;
    fields.reserve(std::min(rest_.size() / usual_length, usual_elements));
    skip_blanks();
    while (!take_end(root)) {
      const auto name = take_start();
      // The root is an element too.
      if (name.empty() || fields.has(name) || fields.size() + 1 == most_elements) return std::nullopt;
      const auto value = take_value();
      if (!value || !take_end(name)) return std::nullopt;
      fields.add(std::string{name}, std::string{*value});
      skip_blanks();
    }
    return rest_.empty() ? std::optional{std::move(fields)} : std::nullopt;
  }

 private:
  void skip_blanks() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size())); }

  static bool is_digit(char c) { return c >= '0' && c <= '9'; }

  static bool is_plain_name(std::string_view text) {
    if (text.empty() || is_digit(text.front())) return false;
    return std::all_of(text.begin(), text.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || is_digit(c);
    });
  }

  /// The name in the start tag that is here; empty where none is, or none that is plain.
  std::string_view take_start() {
    const auto end = rest_.find('>');
    if (end == std::string_view::npos || !rest_.starts_with('<')) return {};
    const auto name = rest_.substr(1, end - 1);
    if (!is_plain_name(name)) return {};
    rest_.remove_prefix(end + 1);
    return name;
  }

  /// Whether the end tag of this element was here.
  bool take_end(std::string_view name) {
    const auto size = name.size() + 3;
    if (rest_.size() < size || !rest_.starts_with("</") || rest_[size - 1] != '>') return false;
    if (rest_.substr(2, name.size()) != name) return false;
    rest_.remove_prefix(size);
    return true;
  }

  std::optional<std::string_view> take_value() {
    const bool is_cdata = rest_.starts_with(cdata);
    if (is_cdata) rest_.remove_prefix(cdata.size());
    const auto value = rest_.substr(0, is_cdata ? rest_.find(cdata_end) : rest_.find('<'));
    // Line ends are normalised even in CDATA.
    if (value.size() == rest_.size() || value.find('\r') != std::string_view::npos) return std::nullopt;
    if (!is_cdata && value.find('&') != std::string_view::npos) return std::nullopt;
    rest_.remove_prefix(value.size() + (is_cdata ? cdata_end.size() : 0));
    return value;
  }

  std::string_view rest_;
};

/// The value of a field; nothing where it is written in pieces, of which another reader may take the first
/// for the whole. A CDATA section that holds its own end cannot but be two, and blanks around one are signed.
std::optional<std::string> text_of(const pugi::xml_node& element) {
  std::string text;
  std::string_view section;
  bool has_text = false;
  for (const auto& node : element.children()) {
    const std::string_view piece{node.value()};
    const bool is_section = node.type() == pugi::node_cdata;
    const bool is_blank = !is_section && trim(piece).empty();
    const bool goes_on = is_section && section.ends_with("]]") && piece.starts_with('>');
    if (has_text && !is_blank && !goes_on) return std::nullopt;
    has_text = has_text || !is_blank;
    section = is_section ? piece : std::string_view{};
    text += piece;
  }
  return text;
}

}  // namespace

std::variant<Fields, Malformed> parse_xml(std::string_view document, std::size_t largest) {
  if (document.size() > largest) return Malformed{"it is larger than " + std::to_string(largest) + " bytes"};
  if (trim(document).empty()) return Malformed{"it is empty"};
  if (document.find('\0') != std::string_view::npos) return Malformed{"it holds a NUL byte"};
  if (!is_utf8(document)) return Malformed{"it is not UTF-8"};
  if (document.starts_with("\xEF\xBB\xBF")) document.remove_prefix(3);
  document = trim(document);
  if (!document.starts_with('<')) return Malformed{"it is no XML"};
  if (auto plain = PlainReader{document}.read()) return *std::move(plain);
  if (const auto* problem = Inspector{document}.inspect()) return Malformed{problem};

  pugi::xml_document parsed;
  constexpr unsigned int exact_text =
      pugi::parse_cdata | pugi::parse_escapes | pugi::parse_eol | pugi::parse_ws_pcdata;
  const auto result = parsed.load_buffer(document.data(), document.size(), exact_text, pugi::encoding_utf8);
  if (!result) return Malformed{std::string{"it is no well-formed XML: "} + result.description()};

  Fields fields;
  fields.reserve(usual_elements);
  for (const auto& element : parsed.document_element().children()) {
    if (element.type() == pugi::node_element) {
      if (fields.has(element.name()))
        return Malformed{"element " + shortened(element.name()) + " is repeated"};
      auto text = text_of(element);
      if (!text) return Malformed{"element " + shortened(element.name()) + " is written in pieces"};
      fields.add(element.name(), *std::move(text));
    } else if (!trim(element.value()).empty()) {
      return Malformed{"there is text beside the fields"};
    }
  }
  return fields;
}

std::string to_xml(const Fields& fields) {
  std::size_t size = 16;
  for (const auto& [name, value] : fields) size += 2 * name.size() + value.size() + 17;
  std::string document;
  document.reserve(size);
  document += "<xml>";
  for (const auto& [name, value] : fields) {
    document.append("<").append(name).append("><![CDATA[");
    std::string_view rest{value};
    // A section cannot hold its own end: close it in the middle of that and open the next.
    for (auto at = rest.find(cdata_end); at != std::string_view::npos; at = rest.find(cdata_end)) {
      document.append(rest.substr(0, at + 2)).append("]]><![CDATA[");
      rest.remove_prefix(at + 2);
    }
    document.append(rest).append("]]></").append(name).append(">");
  }
  document += "</xml>";
  return document;
}

}  // namespace wxpay::wire
