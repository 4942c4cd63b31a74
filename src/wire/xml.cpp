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
// The root and its children.
constexpr std::size_t deepest = 2;

/// Walks over the markup before any parser sees it, and refuses everything that a flat message does not need:
/// declarations (so no DTD and no entity of one's own), processing instructions, and depth.
class Inspector {
 public:
  explicit Inspector(std::string_view document) : rest_{document} {}

  std::optional<Malformed> inspect() {
    skip_declaration();
    while (!rest_.empty()) {
      auto problem = rest_.front() == '<' ? markup() : text();
      if (problem) return problem;
    }
    if (depth_ != 0) return Malformed{"the document is cut off"};
    if (elements_ == 0) return Malformed{"there is no element"};
    return std::nullopt;
  }

 private:
  void skip_declaration() {
    if (!rest_.starts_with("<?xml ")) return;
    const auto end = rest_.find("?>");
    if (end != std::string_view::npos) rest_.remove_prefix(end + 2);
  }

  std::optional<Malformed> markup() {
    if (rest_.starts_with("<![CDATA[")) {
      if (depth_ == 0) return Malformed{"there is text outside the root element"};
      return skip_past("]]>", "a CDATA section is not closed");
    }
    if (rest_.starts_with("<!--")) {
      rest_.remove_prefix(4);  // so that <!--> is no whole comment
      return skip_past("-->", "a comment is not closed");
    }
    if (rest_.starts_with("<!")) return Malformed{"a DOCTYPE or other declaration is not allowed"};
    if (rest_.starts_with("<?")) return Malformed{"a processing instruction is not allowed"};
    return tag();
  }

  std::optional<Malformed> tag() {
    const auto end = rest_.find('>');
    if (end == std::string_view::npos) return Malformed{"a tag is not closed"};
    const auto inner = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    // A quoted value may hold a '>', and then this walk and the parser would see different documents.
    if (inner.find_first_of("\"'=") != std::string_view::npos)
      return Malformed{"an attribute is not allowed"};
    if (inner.starts_with('/')) {
      if (depth_ == 0) return Malformed{"an end tag has no start"};
      --depth_;
      return std::nullopt;
    }
    if (depth_ == 0 && elements_ > 0) return Malformed{"there is more than one root element"};
    if (++elements_ > most_elements) return Malformed{"there are too many elements"};
    if (++depth_ > deepest) return Malformed{"an element is nested in a field"};
    if (inner.ends_with('/')) --depth_;
    return std::nullopt;
  }

  std::optional<Malformed> text() {
    const auto run = rest_.substr(0, rest_.find('<'));
    rest_.remove_prefix(run.size());
    if (depth_ == 0 && !trim(run).empty()) return Malformed{"there is text outside the root element"};
    return references(run);
  }

  /// pugixml leaves an unknown entity as it stands; a strict reader must not guess what was meant.
  static std::optional<Malformed> references(std::string_view run) {
    static constexpr std::array<std::string_view, 5> known{"lt", "gt", "amp", "quot", "apos"};
    for (auto at = run.find('&'); at != std::string_view::npos; at = run.find('&', at + 1)) {
      const auto end = run.find(';', at);
      if (end == std::string_view::npos) return Malformed{"an & is not escaped"};
      const auto name = run.substr(at + 1, end - at - 1);
      if (name.starts_with('#')) {
        if (!is_character(name.substr(1))) return Malformed{"a character reference is malformed"};
      } else if (std::find(known.begin(), known.end(), name) == known.end()) {
        return Malformed{"an unknown entity is used"};
      }
    }
    return std::nullopt;
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

  std::optional<Malformed> skip_past(std::string_view end, const char* otherwise) {
    const auto at = rest_.find(end);
    if (at == std::string_view::npos) return Malformed{otherwise};
    rest_.remove_prefix(at + end.size());
    return std::nullopt;
  }

  std::string_view rest_;
  std::size_t depth_ = 0;
  std::size_t elements_ = 0;
};

std::string text_of(const pugi::xml_node& element) {
  std::string text;
  for (const auto& node : element.children()) text += node.value();
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
  if (auto problem = Inspector{document}.inspect()) return *problem;

  pugi::xml_document parsed;
  constexpr unsigned int exact_text =
      pugi::parse_cdata | pugi::parse_escapes | pugi::parse_eol | pugi::parse_ws_pcdata;
  const auto result = parsed.load_buffer(document.data(), document.size(), exact_text, pugi::encoding_utf8);
  if (!result) return Malformed{std::string{"it is no well-formed XML: "} + result.description()};

  Fields fields;
  for (const auto& element : parsed.document_element().children()) {
    if (element.type() == pugi::node_element) {
      if (fields.has(element.name()))
        return Malformed{std::string{"element "} + element.name() + " is repeated"};
      fields.add(element.name(), text_of(element));
    } else if (!trim(element.value()).empty()) {
      return Malformed{"there is text beside the fields"};
    }
  }
  return fields;
}

std::string to_xml(const Fields& fields) {
  static constexpr std::string_view cdata_end = "]]>";
  std::string document{"<xml>"};
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
  return document + "</xml>";
}

}  // namespace wxpay::wire
