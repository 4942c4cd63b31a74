#include <pugixml.hpp>

#include <set>
#include <string>
#include <variant>

#include "fuzz/rules.hpp"
#include "fuzz/targets.hpp"
#include "wire/xml.hpp"

namespace wxpay::fuzz {

namespace {

constexpr std::size_t room = std::size_t{1} << 24U;

/// The whole document as pugixml has it, with all that it can show but the declaration, of which nothing is
/// believed. It takes more than we do, so it is asked about what we took.
Fields by_pugixml(std::string_view document) {
  pugi::xml_document parsed;
  constexpr unsigned int everything =
      (pugi::parse_full | pugi::parse_ws_pcdata) & ~static_cast<unsigned int>(pugi::parse_declaration);
  const auto result = parsed.load_buffer(document.data(), document.size(), everything, pugi::encoding_utf8);
  expect(static_cast<bool>(result), "what is taken is well-formed to pugixml");
  std::size_t roots = 0;
  for (const auto& node : parsed.children()) {
    expect(node.type() != pugi::node_doctype && node.type() != pugi::node_pi, "what is taken has no DOCTYPE");
    if (node.type() == pugi::node_element) ++roots;
  }
  expect(roots == 1, "what is taken has one root");
  Fields fields;
  for (const auto& element : parsed.document_element().children()) {
    if (element.type() != pugi::node_element) continue;
    expect(element.first_attribute().empty(), "what is taken has no attribute");
    std::string text;
    for (const auto& node : element.children()) {
      const bool is_text = node.type() == pugi::node_pcdata || node.type() == pugi::node_cdata;
      expect(is_text || node.type() == pugi::node_comment, "no field of what is taken holds an element");
      if (is_text) text += node.value();
    }
    fields.add(element.name(), text);
  }
  return fields;
}

}  // namespace

void check_xml(std::string_view input) {
  const auto parsed = wire::parse_xml(input);
  const auto* fields = std::get_if<Fields>(&parsed);
  if (fields == nullptr) {
    expect(!std::get<wire::Malformed>(parsed).why.empty(), "a refusal has a reason");
    return;
  }
  expect(same(*fields, by_pugixml(input)), "pugixml reads the same fields");
  std::set<std::string> names;
  bool has_line_ends = false;
  for (const auto& [name, value] : *fields) {
    expect(names.insert(name).second, "no field comes twice");
    // Every XML reader makes another line end of a CR, even in CDATA.
    has_line_ends = has_line_ends || value.find('\r') != std::string::npos;
  }
  const auto again = wire::parse_xml(wire::to_xml(*fields), room);
  expect(std::holds_alternative<Fields>(again), "what is written can be read");
  expect(has_line_ends || same(std::get<Fields>(again), *fields), "what is written is read as it was");
}

}  // namespace wxpay::fuzz
