#include "wire/xml_documents.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

using namespace wxpay;
using wire::RawDocument;
using wire::XmlDocuments;

namespace {

/// Gives a text in pieces of at most so many bytes.
XmlDocuments::Source in_pieces(const std::string& text, std::size_t most) {
  return [&text, most, at = std::size_t{0}](char* buffer, std::size_t size) mutable {
    const auto count = std::min({most, size, text.size() - at});
    text.copy(buffer, count, at);
    at += count;
    return count;
  };
}

std::vector<RawDocument> cut(const std::string& text, std::size_t piece = 65'536) {
  XmlDocuments documents{in_pieces(text, piece)};
  std::vector<RawDocument> found;
  while (auto document = documents.next()) found.push_back(std::move(*document));
  return found;
}

std::vector<std::string> texts(const std::vector<RawDocument>& documents) {
  std::vector<std::string> found;
  for (const auto& document : documents) found.push_back(document.too_large ? "too large" : document.bytes);
  return found;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("a stream is cut into its documents, however it arrives") {
  struct Row {
    const char* what;
    std::string text;
    Texts expected;
  };
  const Row rows[] = {
      {"one", "<xml><a>1</a></xml>", {"<xml><a>1</a></xml>"}},
      {"blanks around", " \r\n<xml/>\t\n", {"<xml/>"}},
      {"side by side", "<xml>1</xml><xml>2</xml>", {"<xml>1</xml>", "<xml>2</xml>"}},
      {"lines", "<xml>1</xml>\n\n<xml>2</xml>\n", {"<xml>1</xml>", "<xml>2</xml>"}},
      {"a blank in the end tag", "<xml>1</xml >\n<xml>2</xml\n>", {"<xml>1</xml >", "<xml>2</xml\n>"}},
      {"byte-order marks",
       "\xEF\xBB\xBF<xml>1</xml>\n\xEF\xBB\xBF \xEF\xBB\xBF<xml>2</xml>\xEF\xBB\xBF",
       {"<xml>1</xml>", "<xml>2</xml>"}},
      {"declarations",
       "<?xml version=\"1.0\"?>\n<xml>1</xml>\n<?xml version=\"1.0\"?><xml>2</xml>",
       {"<?xml version=\"1.0\"?>\n<xml>1</xml>", "<?xml version=\"1.0\"?><xml>2</xml>"}},
      {"comments between",
       "<!-- a <xml>0</xml> --><xml>1</xml><!----><!-- b --> <xml>2</xml><!-- c -->",
       {"<xml>1</xml>", "<xml>2</xml>"}},
      {"comments inside", "<xml><!-- </xml> --><a/></xml>", {"<xml><!-- </xml> --><a/></xml>"}},
      {"the end in CDATA",
       "<xml><a><![CDATA[</xml><xml>]]></a></xml> <xml/>",
       {"<xml><a><![CDATA[</xml><xml>]]></a></xml>", "<xml/>"}},
      {"CDATA that ends in the middle of its end",
       "<xml><a><![CDATA[x]]]]><![CDATA[></xml>]]></a></xml>",
       {"<xml><a><![CDATA[x]]]]><![CDATA[></xml>]]></a></xml>"}},
      {"other roots",
       "<root><xmlish>1</xmlish></root><xml_2></xml_2>",
       {"<root><xmlish>1</xmlish></root>", "<xml_2></xml_2>"}},
      {"a DOCTYPE stays with its document",
       "<!DOCTYPE xml [<!ENTITY e \"1\">]><xml>&e;</xml>\n<xml/>",
       {"<!DOCTYPE xml [<!ENTITY e \"1\">]><xml>&e;</xml>", "<xml/>"}},
      {"garbage between",
       "<xml>1</xml> POST /notify 1 < 2\n<xml>2</xml></xml> </a>\n<xml>3</xml>?",
       {"<xml>1</xml>", "POST /notify 1 < 2\n", "<xml>2</xml>", "</xml> </a>\n", "<xml>3</xml>", "?"}},
      {"one that is cut off", "<xml><a>1</a><xml><b>2</b></xml>", {"<xml><a>1</a>", "<xml><b>2</b></xml>"}},
      {"one that is cut off before a declaration",
       "<xml><a>1<?xml version=\"1.0\"?><xml>2</xml>",
       {"<xml><a>1", "<?xml version=\"1.0\"?><xml>2</xml>"}},
      {"another root that is never closed", "<p>saved:<xml>1</xml>", {"<p>saved:", "<xml>1</xml>"}},
      {"cut off at the end",
       "<xml>1</xml><xml><sign><![CDATA[AB",
       {"<xml>1</xml>", "<xml><sign><![CDATA[AB"}},
      {"a comment that is not closed",
       "<xml>1</xml><!-- <xml>2</xml>",
       {"<xml>1</xml>", "<!-- <xml>2</xml>"}},
      {"a declaration alone", "<?xml version=\"1.0\"?>", {"<?xml version=\"1.0\"?>"}},
      {"a page", "<!DOCTYPE html><html><br><p>no</html>\n", {"<!DOCTYPE html><html><br><p>no</html>"}},
      {"one bracket", "<", {"<"}},
      {"nothing", "", {""}},
      {"blanks alone", " \n\xEF\xBB\xBF", {""}},
      {"a comment alone", "<!-- nothing yet -->", {""}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    CHECK(texts(cut(row.text)) == row.expected);
    for (const std::size_t piece : {1U, 2U, 3U, 7U}) {
      CAPTURE(piece);
      CHECK(texts(cut(row.text, piece)) == row.expected);
    }
  }
}

TEST_CASE("a document of the largest size is given whole, a larger one is said to be too large") {
  const auto sized = [](std::size_t size) { return "<xml>" + std::string(size - 11, 'x') + "</xml>"; };
  const auto whole = sized(wire::largest_message);
  const auto larger = sized(wire::largest_message + 1);
  const auto huge = sized(2'000'000);
  const auto in_cdata = "<xml><![CDATA[" + std::string(2'000'000, '<') + "]]></xml>";
  const auto tags = "<xml>" + [] {
    std::string all;
    for (int i = 0; i < 100'000; ++i) all += "<a>";
    return all;
  }() + "</xml>";
  const auto comment = "<!--" + std::string(2'000'000, '-') + "-->";
  const auto text = std::string(2'000'000, '?');
  for (const std::size_t piece : {65'536U, 1'000U}) {
    CAPTURE(piece);
    const auto found = texts(cut(
        whole + "\n" + larger + "\n" + huge + in_cdata + comment + tags + "\n" + text + "<xml>after</xml>",
        piece));
    CHECK(found ==
          Texts{whole, "too large", "too large", "too large", "too large", "too large", "<xml>after</xml>"});
  }
  CHECK(texts(cut("<xml/><xml>" + std::string(200'000, 'x'))) == Texts{"<xml/>", "too large"});
}

TEST_CASE("what the source throws comes out, and what was read before it is not lost") {
  int calls = 0;
  XmlDocuments documents{[&calls](char* buffer, std::size_t) -> std::size_t {
    if (++calls == 2) throw std::runtime_error{"gone"};
    constexpr std::string_view text = "<xml>1</xml><xml>2</x";
    text.copy(buffer, text.size());
    return text.size();
  }};
  CHECK(documents.next().value().bytes == "<xml>1</xml>");
  CHECK_THROWS_WITH(documents.next(), "gone");
}
