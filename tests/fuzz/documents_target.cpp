#include <algorithm>
#include <string>
#include <variant>
#include <vector>

#include "base/text.hpp"
#include "fuzz/rules.hpp"
#include "fuzz/targets.hpp"
#include "wire/xml.hpp"
#include "wire/xml_documents.hpp"

namespace wxpay::fuzz {

namespace {

constexpr std::string_view message =
    "<xml><return_code>SUCCESS</return_code><nonce_str>5d2b6c2a8db53831f7eda20af46e531c</nonce_str></xml>";
constexpr std::string_view nonce = "5d2b6c2a8db53831f7eda20af46e531c";

/// Stands for the check of the signature: nobody can sign a document that holds another's message.
bool is_genuine(std::string_view document) {
  return document.find("<sign>") != std::string_view::npos && document.find(nonce) == std::string_view::npos;
}

std::vector<wire::RawDocument> cut(std::string_view input, std::size_t piece, std::size_t largest) {
  wire::XmlDocuments documents{Pieces{input, piece}, is_genuine, largest};
  std::vector<wire::RawDocument> all;
  while (auto document = documents.next()) all.push_back(*std::move(document));
  return all;
}

bool same_documents(const std::vector<wire::RawDocument>& a, const std::vector<wire::RawDocument>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& left, const auto& right) {
    return left.bytes == right.bytes && left.too_large == right.too_large;
  });
}

/// Takes away what may stand between two documents: a blank, a byte-order mark or a whole comment.
bool skip_one_between(std::string_view& text) {
  const auto comment_end = text.starts_with("<!--") ? text.find("-->", 4) : std::string_view::npos;
  std::size_t length = 0;
  if (text.find_first_of(" \t\r\n") == 0) length = 1;
  if (text.starts_with("\xEF\xBB\xBF")) length = 3;
  if (comment_end != std::string_view::npos) length = comment_end + 3;
  text.remove_prefix(length);
  return length > 0;
}

/// None is made up, and each is given in its turn.
void expect_in_order(std::string_view input, const std::vector<wire::RawDocument>& documents) {
  for (const auto& document : documents) {
    if (document.too_large) return;  // how much of the input it was, only it knows
    const auto place = input.find(document.bytes);
    expect(place != std::string_view::npos, "no document is made up");
    input.remove_prefix(place + document.bytes.size());
  }
}

/// Nothing is lost, made up or given twice.
void expect_all_of(std::string_view input, const std::vector<wire::RawDocument>& documents) {
  for (const auto& document : documents) {
    expect(!document.too_large || document.bytes.empty(), "a document that is too large is not held");
    if (document.too_large) return;  // how much of the input it was, only it knows
    const auto is_next = [&] {
      if (document.bytes.empty() || !input.starts_with(document.bytes)) return false;
      // Where a comment stands, a document is no more of it than what is before a message.
      const auto behind = input.substr(document.bytes.size());
      return !input.starts_with("<!--") || behind.empty() || behind.starts_with("<xml") ||
             behind.starts_with("<?xml ");
    };
    while (!is_next()) {
      if (skip_one_between(input)) continue;
      expect(document.bytes.empty() && input.empty(),
             "nothing between documents is lost, and none is made up");
      break;
    }
    input.remove_prefix(document.bytes.size());
  }
  while (skip_one_between(input)) {
  }
  expect(input.empty(), "nothing behind the documents is lost");
}

/// Whatever stands before a message, it comes out.
void expect_message_behind(std::string_view input, std::size_t largest) {
  if (input.find(nonce) != std::string_view::npos) return;
  const auto documents =
      cut(std::string{input} + "\n" + std::string{message}, std::size_t{1} << 16U, largest);
  const auto& last = documents.back();
  expect(!last.too_large, "a message is not lost behind one that is too large");
  const auto parsed = wire::parse_xml(last.bytes);
  const auto* fields = std::get_if<Fields>(&parsed);
  expect(fields != nullptr && fields->get("nonce_str") == nonce, "no input hides the message behind it");
}

}  // namespace

void check_documents(std::string_view input) {
  constexpr std::size_t small = 256;
  for (const auto largest : {wire::largest_message, small}) {
    const auto whole = cut(input, std::size_t{1} << 16U, largest);
    expect(!whole.empty(), "an empty input is a document");
    // Each length of a piece has its turn; with all of them for each input there would be few inputs.
    const auto piece = 1 + input.size() % 61;
    expect(same_documents(cut(input, piece, largest), whole), "it is cut alike however it comes");
    // Of a comment, or what looks like one, not all is told apart here.
    if (input.find("<!--") == std::string_view::npos) {
      expect_all_of(input, whole);
    } else {
      expect_in_order(input, whole);
    }
    expect_message_behind(input, largest);
  }
}

}  // namespace wxpay::fuzz
