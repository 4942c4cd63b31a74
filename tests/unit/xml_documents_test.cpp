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

/// Here every whole message is a genuine one.
bool is_whole(std::string_view document) { return std::holds_alternative<Fields>(wire::parse_xml(document)); }

bool nothing_is_genuine(std::string_view) { return false; }

std::vector<RawDocument> cut(const std::string& text, std::size_t piece = 65'536,
                             const XmlDocuments::Judge& is_genuine = is_whole) {
  XmlDocuments documents{in_pieces(text, piece), is_genuine};
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

struct Row {
  std::string what;
  std::string text;
  Texts expected;
};

void check_row(const Row& row, const XmlDocuments::Judge& is_genuine = is_whole) {
  CAPTURE(row.what);
  for (const std::size_t piece : {65'536U, 1U, 2U, 3U, 7U}) {
    CAPTURE(piece);
    CHECK(texts(cut(row.text, piece, is_genuine)) == row.expected);
  }
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string all;
  all.reserve(text.size() * times);
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

}  // namespace

TEST_CASE("a stream is cut into its documents, however it arrives") {
  const Row rows[] = {
      {"one", "<xml><a>1</a></xml>", {"<xml><a>1</a></xml>"}},
      {"blanks around", " \r\n<xml></xml>\t\n", {"<xml></xml>"}},
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
       "<!-- a </xml> --><xml>1</xml><!----><!-- b --> <xml>2</xml><!-- c -->",
       {"<xml>1</xml>", "<xml>2</xml>"}},
      {"comments inside hide nothing",
       "<xml><!-- </xml> --><a/></xml>",
       {"<xml><!-- </xml>", "--><a/></xml>"}},
      {"the end in CDATA",
       "<xml><a><![CDATA[</xml><xml>]]></a></xml> <xml/>",
       {"<xml><a><![CDATA[</xml><xml>]]></a></xml>", "<xml/>"}},
      {"CDATA that ends in the middle of its end",
       "<xml><a><![CDATA[x]]]]><![CDATA[></xml>]]></a></xml>",
       {"<xml><a><![CDATA[x]]]]><![CDATA[></xml>]]></a></xml>"}},
      {"other roots are no messages",
       "<root><xmlish>1</xmlish></root><xml_2></xml_2><xml/>",
       {"<root><xmlish>1</xmlish></root><xml_2></xml_2>", "<xml/>"}},
      {"a DOCTYPE stays with a document that is no message",
       "<!DOCTYPE p [<!ENTITY e \"1\">]><p>&e;</p>\n<xml/>",
       {"<!DOCTYPE p [<!ENTITY e \"1\">]><p>&e;</p>\n", "<xml/>"}},
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
      {"a comment that is not closed", "<xml>1</xml><!-- 2", {"<xml>1</xml>", "<!-- 2"}},
      {"a declaration alone", "<?xml version=\"1.0\"?>", {"<?xml version=\"1.0\"?>"}},
      {"a page", "<!DOCTYPE html><html><br><p>no</html>\n", {"<!DOCTYPE html><html><br><p>no</html>\n"}},
      {"one bracket", "<", {"<"}},
      {"nothing", "", {""}},
      {"blanks alone", " \n\xEF\xBB\xBF", {""}},
      {"a comment alone", "<!-- nothing yet -->", {""}},
  };
  for (const auto& row : rows) check_row(row);
}

TEST_CASE("whatever a document is cut off in, or never ends in, the messages after it are told apart") {
  const std::string good = "<xml><a><![CDATA[1]]></a></xml>";
  const char* const broken[] = {
      "<xml><!--",
      "<xml><a>1</a><!-- 2 --",
      "<xml><a><![CDATA[1",
      "<xml><a><![CDATA[1]",
      "<xml><a><![CDATA[1]]",
      "<xml><a><![CDATA[",
      "<xml><b><![CDATA[",
      "<xml><a><![CDA",
      "<xml><a>1</a",
      "<xml><a",
      "<xml><",
      "<xml><a>1</a></xml",
      "<xml><a>1</a></xm",
      "<xml><a>1</a></",
      "<xml>",
      "<xml",
      "<xm",
      "<x",
      "<",
      "<xml a=\"",
      "<!--",
      "<!-- <p> --",
      "<!",
      "<![CDATA[",
      "<!DOCTYPE xml",
      "<!DOCTYPE xml>",
      "<!DOCTYPE xml [<!ENTITY a \"1\">]>",
      "<?",
      "<?xml version=\"1.0\"",
      "<?xml version=\"1.0\"?>?>",
      "<?xml version=\"\xFF\"?>",
      "<?pi ?>",
      "<p><![CDATA[",
      "<p><!--",
      "POST /notify",
  };
  for (const std::string one : broken) {
    for (const std::string between : {"", "\n", "\r\n\r\n"}) {
      check_row({one,
                 one + between + good + between + one + between + good + good,
                 {one + between, good, one + between, good, good}},
                nothing_is_genuine);
    }
    // The byte-order mark of the next one stays with it.
    check_row({one, one + "\xEF\xBB\xBF" + good, {one + "\xEF\xBB\xBF", good}}, nothing_is_genuine);
  }
}

TEST_CASE("a genuine message may hold any text, and is not cut up") {
  const std::string hidden[] = {
      "<xml>",
      "</xml>",
      "<xml>1</xml>",
      "<xml/><xml ",
      "<xml><!--",
      "<xml><a><![CDATA[1",
      "<?xml version=\"1.0\"?><xml>1</xml>",
      "]]]]><![CDATA[><xml>",
      "<xml>]]]]><![CDATA[></xml>",
  };
  for (const auto& text : hidden) {
    const auto genuine = "<xml><a><![CDATA[" + text + "]]></a><sign>1</sign></xml>";
    const auto is_genuine = [&genuine](std::string_view document) { return document == genuine; };
    const auto declared = "<?xml version=\"1.0\"?>\n" + genuine;
    const std::string good = "<xml>2</xml>";
    check_row({text, genuine + good + genuine + "\n" + genuine, {genuine, good, genuine, genuine}},
              is_genuine);
    for (const std::string junk : {"<xml><a><![CDATA[", "<xml><!--", "<xml><a><![CDATA[1\n"}) {
      check_row({text, junk + genuine + junk + junk + genuine, {junk, genuine, junk, junk, genuine}},
                is_genuine);
    }
    check_row({text, "<p>" + genuine + "<p><p>" + genuine, {"<p>", genuine, "<p><p>", genuine}}, is_genuine);
    check_row({text, declared + good, {declared, good}},
              [&declared](std::string_view document) { return document == declared; });
  }
}

TEST_CASE("one that is not genuine is cut where a message begins in its CDATA") {
  const std::string good = "<xml><a><![CDATA[1]]></a></xml>";
  const Row rows[] = {
      {"around a message", "<xml><a><![CDATA[" + good + "</xml>", {"<xml><a><![CDATA[", good, "</xml>"}},
      {"around a declared one",
       "<xml><a><![CDATA[<?xml version=\"1.0\"?>" + good,
       {"<xml><a><![CDATA[", "<?xml version=\"1.0\"?>" + good}},
      {"nested",
       "<xml><a><![CDATA[<xml><a><![CDATA[" + good + good,
       {"<xml><a><![CDATA[", "<xml><a><![CDATA[", good, good}},
      {"a name that only begins like it",
       "<xml><a><![CDATA[<xmlish>]]></a></xml>",
       {"<xml><a><![CDATA[<xmlish>]]></a></xml>"}},
      {"the end alone", "<xml><a><![CDATA[</xml>]]></a></xml>", {"<xml><a><![CDATA[</xml>]]></a></xml>"}},
      {"a comment around messages",
       "<xml><!--" + good + good + "--></xml>",
       {"<xml><!--", good, good, "--></xml>"}},
      {"a comment between documents", "<!-- a" + good + "--> " + good, {"<!-- a", good, "--> ", good}},
  };
  for (const auto& row : rows) check_row(row, nothing_is_genuine);
}

TEST_CASE("a flood of documents that never end is cut in linear time, and hides nothing") {
  constexpr std::size_t size = 2'000'000;
  const std::string good = "<xml><a><![CDATA[1]]></a></xml>";
  const auto crafted = repeated("<xml><a><![CDATA[", 3'000) + "]]></a></xml>\n";
  const std::string floods[] = {"<xml><!--", "<xml><a><![CDATA[", "<xml><a><![CDATA[ ]]>", crafted};
  for (const auto& one : floods) {
    CAPTURE(one.substr(0, 40));
    std::size_t asked = 0;
    const auto found = texts(
        cut(repeated(one, size / one.size()) + good + good, 65'536, [&asked](std::string_view document) {
          asked += document.size();
          return false;
        }));
    CHECK(found.size() >= size / one.size() + 2);
    CHECK(found.back() == good);
    CHECK(found.at(found.size() - 2) == good);
    CHECK(asked < 20 * size);
  }
}

TEST_CASE("whether a message has been read can be asked at any time") {
  const std::string text = "<xml>1</xml>\n<xml>2</xml><xml>3</x";
  XmlDocuments documents{in_pieces(text, 26), is_whole};
  CHECK_FALSE(documents.holds_message());
  CHECK(documents.next().value().bytes == "<xml>1</xml>");
  CHECK(documents.holds_message());
  CHECK(documents.holds_message());
  CHECK(documents.next().value().bytes == "<xml>2</xml>");
  CHECK_FALSE(documents.holds_message());
  CHECK(documents.next().value().bytes == "<xml>3</x");
  CHECK_FALSE(documents.holds_message());
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
    CHECK(found == Texts{whole, "too large", "too large", "too large", "too large", "too large", "too large",
                         "<xml>after</xml>"});
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
                         },
                         is_whole};
  CHECK(documents.next().value().bytes == "<xml>1</xml>");
  CHECK_THROWS_WITH(documents.next(), "gone");
}
