#include "wire/file_kind.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include "base/text.hpp"

namespace wxpay::wire {

namespace {

using Kind = ForeignFile::Kind;
using namespace std::string_view_literals;

constexpr const char* encode = "save it as CSV UTF-8, or convert it";
constexpr const char* save = "save the sheet as CSV UTF-8";

std::string_view first_line(std::string_view bytes) {
  auto line = bytes.substr(0, bytes.find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

bool holds(std::string_view text, char c) { return text.find(c) != std::string_view::npos; }

std::optional<ForeignFile> packed_file(std::string_view bytes) {
  struct Signature {
    std::string_view bytes;
    const char* what;
    const char* advice;
    const char* command;
  };
  static constexpr std::array signatures{
      Signature{"PK\x03\x04"sv, "a workbook (.xlsx) or another ZIP archive", save, ""},
      Signature{"\xD0\xCF\x11\xE0"sv, "a workbook (.xls)", save, ""},
      Signature{"\x1F\x8B"sv, "compressed by gzip", "unpack it first", "zcat FILE"}};
  for (const auto& signature : signatures) {
    if (bytes.starts_with(signature.bytes))
      return ForeignFile{Kind::packed, signature.what, signature.advice, signature.command};
  }
  return std::nullopt;
}

/// By its byte-order mark, or since every other byte of the beginning is 0, as in no other text.
std::optional<ForeignFile> utf16_file(std::string_view bytes) {
  const auto utf16 = [](const char* name) {
    return ForeignFile{Kind::encoding, "UTF-16 and not UTF-8", encode,
                       std::string{"iconv -f "} + name + " -t UTF-8 FILE"};
  };
  if (bytes.starts_with("\xFF\xFE"sv) || bytes.starts_with("\xFE\xFF"sv)) return utf16("UTF-16");
  if (bytes.size() < 4) return std::nullopt;
  const bool second_is_zero = bytes[1] == '\0' && bytes[3] == '\0';
  const bool first_is_zero = bytes[0] == '\0' && bytes[2] == '\0';
  if (second_is_zero && !first_is_zero) return utf16("UTF-16LE");
  if (first_is_zero && !second_is_zero) return utf16("UTF-16BE");
  return std::nullopt;
}

bool within(char c, unsigned char first, unsigned char last) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= first && byte <= last;
}

/// Whether each byte above ASCII belongs to a character of GB18030, of which GBK is a part. The last one may
/// be cut off.
bool is_gb18030(std::string_view bytes) {
  while (!bytes.empty()) {
    std::size_t length = 1;
    if (within(bytes[0], 0x80, 0xFF)) {
      if (!within(bytes[0], 0x81, 0xFE)) return false;
      if (bytes.size() == 1) return true;
      const bool is_long = within(bytes[1], '0', '9');
      if (!is_long && !within(bytes[1], 0x40, 0x7E) && !within(bytes[1], 0x80, 0xFE)) return false;
      length = is_long ? 4 : 2;
    }
    bytes.remove_prefix(std::min(length, bytes.size()));
  }
  return true;
}

/// Whether the bytes are the beginning of a character of UTF-8 that is cut off.
bool is_cut_character(std::string_view bytes) {
  const auto length = within(bytes[0], 0xF0, 0xF4) ? 4U : within(bytes[0], 0xE0, 0xEF) ? 3U : 2U;
  return within(bytes[0], 0xC2, 0xF4) && bytes.size() < length &&
         std::all_of(bytes.begin() + 1, bytes.end(), [](char c) { return within(c, 0x80, 0xBF); });
}

/// Whether the line is UTF-8 as far as it goes: the first bytes may end in the middle of a character.
bool is_utf8_so_far(std::string_view line) {
  constexpr std::size_t longest_rest = 3;
  for (std::size_t rest = 1; rest <= std::min(longest_rest, line.size()); ++rest) {
    const auto end = line.size() - rest;
    if (is_cut_character(line.substr(end))) return is_utf8(line.substr(0, end));
  }
  return is_utf8(line);
}

/// Where more lines are GBK than are UTF-8: a stray byte, or a word pasted in, is one record's trouble.
bool is_gbk(std::string_view bytes) {
  if (is_utf8(bytes)) return false;
  std::size_t of_gbk = 0;
  std::size_t others = 0;
  while (!bytes.empty()) {
    const auto end = bytes.find('\n');
    const bool is_last = end == std::string_view::npos;
    const auto line = bytes.substr(0, end);
    bytes.remove_prefix(is_last ? bytes.size() : end + 1);
    if (std::none_of(line.begin(), line.end(), [](char c) { return within(c, 0x80, 0xFF); })) continue;
    const bool utf8 = is_last ? is_utf8_so_far(line) : is_utf8(line);
    ++(!utf8 && is_gb18030(line) ? of_gbk : others);
  }
  return of_gbk > others;
}

/// A line of JSON Lines is a whole object, so it never ends where one goes on.
bool is_cut_json(std::string_view line) {
  line = trim(line);
  return line == "{" || line.ends_with(',') || line.ends_with('{') || line.ends_with('[');
}

std::optional<ForeignFile> json_file(std::string_view bytes) {
  const auto start = trim(bytes);
  if (start.starts_with('[')) {
    return ForeignFile{Kind::json, "one JSON array", "give an object a line", "jq -c '.[]' FILE"};
  }
  if (!start.starts_with('{') || !is_cut_json(first_line(start))) return std::nullopt;
  const auto line_end = start.find('\n');
  if (line_end == std::string_view::npos) return std::nullopt;
  // A record that was cut off stands before the next one.
  if (trim(first_line(start.substr(line_end + 1))).starts_with('{')) return std::nullopt;
  return ForeignFile{Kind::json, "JSON over several lines", "give an object a line", "jq -c . FILE"};
}

std::optional<ForeignFile> table_file(std::string_view bytes) {
  const auto header = first_line(bytes);
  if (header.starts_with('{')) return std::nullopt;
  constexpr std::string_view for_excel = "sep=";
  if (header.starts_with(for_excel) && header.size() == for_excel.size() + 1) {
    return ForeignFile{Kind::table, "a table that begins with a line for Excel, sep=", "leave that line out",
                       "tail -n +2 FILE"};
  }
  if (holds(header, ',')) return std::nullopt;
  const auto table = [](const char* name, const char* in_shell) {
    return ForeignFile{Kind::table, std::string{"a table with "} + name + " and not commas between its cells",
                       "save it with commas, or where no cell holds one put them in",
                       std::string{"tr "} + in_shell + " , < FILE"};
  };
  if (holds(header, ';')) return table("semicolons", "';'");
  if (holds(header, '\t')) return table("tabs", "'\\t'");
  return std::nullopt;
}

}  // namespace

std::string way_out(const ForeignFile& file) {
  return file.command.empty() ? file.advice : file.advice + ": " + file.command;
}

std::optional<ForeignFile> binary_file(std::string_view first_bytes) {
  auto packed = packed_file(first_bytes);
  return packed ? packed : utf16_file(first_bytes);
}

std::optional<ForeignFile> foreign_file(std::string_view first_bytes) {
  if (auto binary = binary_file(first_bytes)) return binary;
  if (is_gbk(first_bytes)) {
    return ForeignFile{Kind::encoding, "GBK and not UTF-8", encode, "iconv -f GB18030 -t UTF-8 FILE"};
  }
  if (auto json = json_file(first_bytes)) return json;
  return table_file(first_bytes);
}

bool needs_more_to_tell(std::string_view first_bytes) {
  const auto line_end = first_bytes.find('\n');
  if (line_end == std::string_view::npos) return true;
  if (!trim(first_bytes).starts_with('{') || !is_cut_json(first_line(first_bytes))) return false;
  return first_bytes.find('\n', line_end + 1) == std::string_view::npos;
}

}  // namespace wxpay::wire
