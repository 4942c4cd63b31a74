#include "crypto/pem.hpp"

#include <algorithm>
#include <optional>

#include "base/text.hpp"
#include "crypto/base64.hpp"

namespace wxpay::crypto {

namespace {

constexpr std::string_view begin_mark{"-----BEGIN "};
constexpr std::string_view end_mark{"-----END "};
constexpr std::string_view mark_tail{"-----"};
constexpr std::string_view byte_order_mark{"\xEF\xBB\xBF"};
constexpr const char* pem_hint =
    "it begins with a line -----BEGIN …----- and ends with a line -----END …-----";

constexpr std::size_t longest_label = 40;

/// Messages show labels, and must not show a key that stands on the same line: it is longer, with small
/// letters.
bool is_label(std::string_view text) {
  return !text.empty() && text.size() <= longest_label && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ' ';
  });
}

/// The label of such a line; nothing where the line is no mark.
std::optional<std::string_view> label_of(std::string_view line, std::string_view mark) {
  if (!line.starts_with(mark) || !line.ends_with(mark_tail)) return std::nullopt;
  line.remove_prefix(mark.size());
  const auto label = line.substr(0, line.size() - std::min(line.size(), mark_tail.size()));
  return is_label(label) ? std::optional{label} : std::nullopt;
}

/// Takes the lines of a text one after the other, without their ends and the blanks around them.
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_{text} {}

  std::optional<std::string_view> next() {
    if (rest_.empty()) return std::nullopt;
    const auto end = std::min(rest_.find('\n'), rest_.size());
    const auto line = trim(rest_.substr(0, end));
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    return line;
  }
  std::size_t left() const { return rest_.size(); }

 private:
  std::string_view rest_;
};

/// Bytes that are no text at all are told by what they are.
void refuse_binary(std::string_view text, const Origin& origin) {
  if (text.empty()) origin.fail("is empty");
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
    origin.fail("is UTF-16, not plain text", "save it again as UTF-8");
  }
  // DER begins with a SEQUENCE (0x30), whose length has the highest bit set from 128 bytes on.
  if (text.size() > 1 && text[0] == '\x30' && (static_cast<unsigned char>(text[1]) & 0x80U) != 0) {
    origin.fail("is binary (DER or PKCS#12), not PEM text", pem_hint);
  }
  if (text.find('\0') != std::string_view::npos) origin.fail("is binary, not PEM text", pem_hint);
}

/// What stands between the two marks of a block.
struct Body {
  std::string headers;
  Secret digits;               ///< of Base64
  std::string_view end_label;  ///< empty where the block does not end
};

Body read_body(Lines& lines) {
  std::string headers;
  std::string digits;
  digits.reserve(lines.left());  // all at once: a string that grows leaves copies of a key behind
  std::string_view end_label;
  for (auto line = lines.next(); line && !line->starts_with(begin_mark); line = lines.next()) {
    if (const auto label = label_of(*line, end_mark)) {
      end_label = *label;
      break;
    }
    if (line->find(':') != std::string_view::npos && digits.empty()) {
      headers.append(*line).append("\n");
    } else {
      digits.append(*line);
    }
  }
  return {std::move(headers), Secret{std::move(digits)}, end_label};
}

PemBlock read_block(std::string label, Lines& lines, const Origin& origin) {
  auto body = read_body(lines);
  if (body.end_label.empty()) origin.fail("is cut off: the line -----END " + label + "----- is missing");
  if (body.end_label != label) {
    origin.fail("begins with -----BEGIN " + label + "----- and ends with -----END " +
                std::string{body.end_label} + "-----");
  }
  auto der = from_base64(body.digits.reveal());
  if (!der || der->empty()) {
    origin.fail("is damaged: what stands between the lines of " + label + " is no Base64");
  }
  return {std::move(label), std::move(body.headers), Secret{std::move(*der)}};
}

}  // namespace

std::vector<PemBlock> read_pem(std::string_view text, const Origin& origin) {
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  refuse_binary(text, origin);
  std::vector<PemBlock> blocks;
  Lines lines{text};
  bool has_text_after = false;
  for (auto line = lines.next(); line; line = lines.next()) {
    if (const auto label = label_of(*line, begin_mark)) {
      blocks.push_back(read_block(std::string{*label}, lines, origin));
      has_text_after = false;
    } else if (line->find(begin_mark) != std::string_view::npos) {
      origin.fail("has a -----BEGIN …----- that is cut off or not alone on its line");
    } else {
      has_text_after = has_text_after || !line->empty();
    }
  }
  if (blocks.empty()) origin.fail("is no PEM text: it has no line -----BEGIN …-----", pem_hint);
  if (has_text_after) origin.fail("goes on after -----END " + blocks.back().label + "-----");
  return blocks;
}

}  // namespace wxpay::crypto
