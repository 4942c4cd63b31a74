#include "wire/records.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "wxpay/error.hpp"

using namespace wxpay;

namespace {

/// Gives the text out in pieces of at most so many bytes.
wire::RecordReader::Source pieces_of(std::string text, std::size_t piece) {
  return [text = std::move(text), piece, at = std::size_t{0}](char* buffer, std::size_t size) mutable {
    const auto length = std::min({piece, size, text.size() - at});
    std::copy_n(text.data() + at, length, buffer);
    at += length;
    return length;
  };
}

std::string all_records(wire::RecordReader reader) {
  std::string all;
  while (const auto record = reader.next()) {
    all += std::to_string(record->line) + "[" + record->text + "]";
    if (!record->problem.empty()) all += "!";
  }
  CHECK_FALSE(reader.next());
  return all;
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string result;
  for (std::size_t i = 0; i < times; ++i) result += text;
  return result;
}

/// The cells between bars; "(refused: why)" when the record is.
std::string cells_of(std::string_view record) {
  const auto split = wire::split_csv(record);
  if (const auto* malformed = std::get_if<wire::Malformed>(&split))
    return "(refused: " + malformed->why + ")";
  std::string all = "|";
  for (const auto& cell : std::get<std::vector<std::string>>(split)) all += cell + "|";
  return all;
}

}  // namespace

TEST_CASE("records are cut where they end and carry the line on which they begin") {
  using namespace std::string_literals;
  struct Row {
    std::string what, input, records;
  };
  const Row rows[] = {
      {"nothing", "", ""},
      {"empty lines alone", "\n\r\n\n", ""},
      {"a byte-order mark alone", "\xEF\xBB\xBF", ""},
      {"half a byte-order mark", "\xEF\xBB", "1[\xEF\xBB]"},
      {"a CR alone", "\r", ""},
      {"JSON Lines", "{\"a\":1}\n{\"a\":2}\n", "1[{\"a\":1}]2[{\"a\":2}]"},
      {"no line end at the end", "{\"a\":1}\n{\"a\":2}", "1[{\"a\":1}]2[{\"a\":2}]"},
      {"CRLF", "{}\r\n{}\r\n", "1[{}]2[{}]"},
      {"half a CRLF at the end", "{}\r\n{}\r", "1[{}]2[{}]"},
      {"a byte-order mark before JSON", "\xEF\xBB\xBF{}\n{}\n", "1[{}]2[{}]"},
      {"a byte-order mark that is not first", "{}\n\xEF\xBB\xBF{}\n", "1[{}]2[\xEF\xBB\xBF{}]"},
      {"empty lines between", "\n{}\n\n\r\n{}\n\n", "2[{}]5[{}]"},
      {"blanks are a record", "{}\n  \n", "1[{}]2[  ]"},
      {"quotes mean nothing to JSON Lines", "{\"\n\"\n{}\n", "1[{\"]2[\"]3[{}]"},
      {"a NUL in JSON Lines", "{\0}\n{}\n"s, "1[{\0}]2[{}]"s},
      {"CSV", "a,b\n1,2\n3,4\n", "1[a,b]2[1,2]3[3,4]"},
      {"a header alone", "a,b", "1[a,b]"},
      {"a byte-order mark before CSV",
       "\xEF\xBB\xBF"
       "a,b\r\n1,2\r\n",
       "1[a,b]2[1,2]"},
      {"a byte-order mark before a quoted cell", "\xEF\xBB\xBF\"a\nb\"\n1\n", "1[\"a\nb\"]3[1]"},
      {"a line end in a cell", "a,b\n\"1\n\n2\",3\n4,5\n", "1[a,b]2[\"1\n\n2\",3]5[4,5]"},
      {"CRLF in a cell", "a\r\n\"1\r\n2\"\r\n3\r\n", "1[a]2[\"1\r\n2\"]4[3]"},
      {"a lone CR in a cell", "a\n\"1\r2\"\n3\n", "1[a]2[\"1\r2\"]3[3]"},
      {"a lone CR outside quotes", "a\n1\r2\n3\n", "1[a]2[1\r2]3[3]"},
      {"two CRs before a line end", "a\n1\r\r\n", "1[a]2[1\r]"},
      {"doubled quotes", "a\n\"1\"\"\n\"\"2\"\n3\n", "1[a]2[\"1\"\"\n\"\"2\"]4[3]"},
      {"an empty quoted cell", "a\n\"\"\n\"\",\"\"\n3\n", "1[a]4[3]"},
      {"a quote behind the first cell", "a,b\n1,\"2\n3\"\n4,5\n", "1[a,b]2[1,\"2\n3\"]4[4,5]"},
      {"a quote inside a plain cell swallows no line", "a\n1\"\n2\n\"3\" x\"\n4\n",
       "1[a]2[1\"]3[2]4[\"3\" x\"]5[4]"},
      {"a quote that is never closed", "a\n1\n\"2\n3\n", "1[a]2[1]3[\"2\n3\n]!"},
      {"a quote that is never closed, CRLF", "a\n\"2\r\n", "1[a]2[\"2\r\n]!"},
      {"a quote that ends the input", "a\n\"2\"", "1[a]2[\"2\"]"},
      {"a quote that begins at the end", "a\n\"", "1[a]2[\"]!"},
      {"a NUL in CSV", "a\n1\0002\n"s, "1[a]2[1\0002]"s},
      {"not UTF-8", "a\n\xFF\xFE\n3\n", "1[a]2[\xFF\xFE]3[3]"},
      {"a brace that is not first", "a\n{}\n", "1[a]2[{}]"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    for (const std::size_t piece : {1U, 2U, 3U, 5U, 100000U}) {
      CAPTURE(piece);
      CHECK(all_records(wire::RecordReader{pieces_of(row.input, piece)}) == row.records);
    }
  }
}

TEST_CASE("the first character tells JSON Lines from CSV") {
  struct Row {
    const char* input;
    wire::RecordFormat format;
  };
  const Row rows[] = {
      {"{\"a\":1}", wire::RecordFormat::json_lines},
      {"\xEF\xBB\xBF{}", wire::RecordFormat::json_lines},
      {"\r\n\n{}", wire::RecordFormat::json_lines},
      {"[1]", wire::RecordFormat::csv},
      {" {}", wire::RecordFormat::csv},
      {"a,b\n", wire::RecordFormat::csv},
      {"", wire::RecordFormat::csv},
  };
  for (const auto& row : rows) {
    CAPTURE(row.input);
    wire::RecordReader reader{pieces_of(row.input, 1)};
    CHECK(reader.format() == row.format);
    CHECK(reader.format() == row.format);
  }
}

TEST_CASE("a reader of lines takes quotes and braces for text") {
  auto reader = wire::RecordReader::of_lines(pieces_of("\xEF\xBB\xBF\"a\r\n\n{b\"\nc", 2));
  CHECK(all_records(std::move(reader)) == "1[\"a]3[{b\"]4[c]");
}

TEST_CASE("every byte of the input is counted once") {
  const std::string input = "\xEF\xBB\xBF\r\na,b\r\n\n\"1\n2\",3\n\n4,5";
  wire::RecordReader reader{pieces_of(input, 3)};
  CHECK(reader.bytes_given() == 0);
  std::size_t before = 0;
  while (reader.next()) {
    CHECK(reader.bytes_given() > before);
    before = reader.bytes_given();
  }
  CHECK(reader.bytes_given() == input.size());
}

TEST_CASE("records far larger than a piece of the input are read whole") {
  constexpr std::size_t megabytes = std::size_t{10} << 20U;
  const std::string text(megabytes, 'x');
  const std::string json_line = "{\"a\":\"" + text + "\"}";
  const std::string csv_line = "1,\"" + repeated("x\n\"\"", megabytes / 4) + "\"";
  for (const std::size_t piece : {1U, 4096U, 65536U, 1U << 20U}) {
    CAPTURE(piece);
    wire::RecordReader json{pieces_of(json_line + "\n{}\n", piece)};
    CHECK((json.next()->text == json_line));
    CHECK(json.next()->text == "{}");
    wire::RecordReader csv{pieces_of("a,b\n" + csv_line + "\n2,3\n", piece)};
    CHECK(csv.next()->text == "a,b");
    CHECK((csv.next()->text == csv_line));
    const auto last = csv.next();
    CHECK(last->text == "2,3");
    CHECK(last->line == megabytes / 4 + 3);
  }
}

TEST_CASE("a record beyond the longest ends the reading with its line") {
  struct Row {
    const char* what;
    std::string input;
    std::string line;  ///< of the record that is too long; empty when none is
  };
  const Row rows[] = {
      {"exactly so long", "{234567890\n{234567890\r\n{234567890", ""},
      {"one byte longer", "{}\n{2345678901\n", "line 2 "},
      {"one byte longer at the end", "{}\n{2345678901", "line 2 "},
      {"much longer", "{}\n{" + std::string(200'000, 'x') + "\n", "line 2 "},
      {"CSV", "a\n\n12345678901\n", "line 3 "},
      {"a quote that is never closed", "a\n\"\n\n\n\n\n\n\n\n\n\n\n\n", "line 2 "},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    for (const std::size_t piece : {1U, 100000U}) {
      wire::RecordReader reader{pieces_of(row.input, piece), 10};
      std::string message;
      try {
        while (reader.next()) {
        }
      } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::file);
        message = error.what();
      }
      CHECK(message.empty() == row.line.empty());
      CHECK(message.find(row.line) != std::string::npos);
    }
  }
}

TEST_CASE("no more of an endless line is read than the longest record") {
  std::size_t read = 0;
  wire::RecordReader reader{[&read](char* buffer, std::size_t size) {
                              std::fill_n(buffer, size, 'x');
                              read += size;
                              return size;
                            },
                            1'000'000};
  CHECK_THROWS_AS(reader.next(), Error);
  CHECK(read < 1'200'000);
}

TEST_CASE("an error of the source comes through, and reading may go on") {
  bool broken = true;
  std::size_t calls = 0;
  wire::RecordReader reader{[&](char* buffer, std::size_t) -> std::size_t {
    if (++calls == 1) return static_cast<std::size_t>(std::copy_n("a\n1", 3, buffer) - buffer);
    if (broken) throw Error{ErrorKind::file, "it broke"};
    return 0;
  }};
  CHECK(reader.next()->text == "a");
  CHECK_THROWS_AS(reader.next(), Error);
  broken = false;
  CHECK(reader.next()->text == "1");
  CHECK_FALSE(reader.next());
}

TEST_CASE("a CSV record is split into its cells") {
  using namespace std::string_literals;
  struct Row {
    std::string record, cells;
  };
  const Row rows[] = {
      {"", "||"},
      {"a", "|a|"},
      {"a,b", "|a|b|"},
      {",", "|||"},
      {"a,,b,", "|a||b||"},
      {" a , b ", "| a | b |"},
      {"\"a\"", "|a|"},
      {"\"\"", "||"},
      {"\"\",\"\"", "|||"},
      {"\"a,b\",c", "|a,b|c|"},
      {"\"a\nb\r\nc\rd\",e", "|a\nb\r\nc\rd|e|"},
      {"\"say \"\"hi\"\"\"", "|say \"hi\"|"},
      {"\"\"\"\"", "|\"|"},
      {"支付,\"测,试\"", "|支付|测,试|"},
      {"a\0b,c"s, "|a\0b|c|"s},
      {"a\rb", "|a\rb|"},
      {"a,b\"c", "(refused: cell 2 holds a quote but does not begin with one)"},
      {" \"a\"", "(refused: cell 1 holds a quote but does not begin with one)"},
      {"a,\"b\"c,d", "(refused: cell 2 goes on behind its closing quote)"},
      {"\"a\" ,b", "(refused: cell 1 goes on behind its closing quote)"},
      {"a,b,\"c", "(refused: cell 3 has a quote that is never closed)"},
      {"\"", "(refused: cell 1 has a quote that is never closed)"},
      {"\"\"\"", "(refused: cell 1 has a quote that is never closed)"},
      {"abcdefgh\xFF,b", "(refused: it is not UTF-8)"},
      {"\"\xC3(\"", "(refused: it is not UTF-8)"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.record);
    CHECK(cells_of(row.record) == row.cells);
  }
}

TEST_CASE("of a CSV record no more cells are taken than are asked for") {
  const auto cells = [](const std::string& record, std::size_t most) {
    return std::get<std::vector<std::string>>(wire::split_csv(record, most)).size();
  };
  CHECK(cells("a,b,c", 2) == 2);
  CHECK(cells("a,b,c", 3) == 3);
  CHECK(cells("a,b,c", 4) == 3);
  CHECK(cells("\"a\",\"b\",", 3) == 3);
  CHECK(cells(std::string(1'000'000, ','), 10) == 10);
}

TEST_CASE("a record of CSV whose cells are all empty is an empty line, and one of JSON Lines is not CSV") {
  const auto lines_of = [](const std::string& input) {
    std::string lines;
    auto reader = wire::RecordReader{pieces_of(input, 3)};
    while (const auto record = reader.next())
      lines += std::to_string(record->line) + ":" + record->text + ";";
    return lines;
  };
  CHECK(lines_of("a,b\n,\n\"\",\"\"\r\n\"\"\n1,\n,\n") == "1:a,b;5:1,;");
  CHECK(lines_of(",,,\na,b\n1,2\n,,,") == "2:a,b;3:1,2;");
  CHECK(lines_of("a,b\n\"\"\"\",\n\"\"x\n , \n") == "1:a,b;2:\"\"\"\",;3:\"\"x;4: , ;");
  CHECK(lines_of("{}\n,,\n") == "1:{};2:,,;");
  // Too long to be a record is too long to be an empty one.
  CHECK(lines_of("a,b\n" + std::string(65'537, ',') + "\n").size() > 65'537);
  CHECK(lines_of("a,b\n" + std::string(65'536, ',') + "\n") == "1:a,b;");
}

TEST_CASE("the first bytes of an input are its first line at least, whatever the pieces") {
  const auto first_of = [](const std::string& input, std::size_t piece) {
    auto reader = wire::RecordReader{pieces_of(input, piece)};
    const auto first = std::string{reader.first_bytes()};
    return first.substr(0, first.find('\n'));
  };
  for (const std::size_t piece : {1U, 2U, 7U, 100U}) {
    CHECK(first_of("\xEF\xBB\xBF\r\n\na,b\nc,d\n", piece) == "a,b");
    CHECK(first_of("a,b", piece) == "a,b");
    CHECK(first_of("", piece) == "");
  }
  auto reader = wire::RecordReader{pieces_of("a,b\nc,d\n", 1)};
  reader.first_bytes();
  CHECK(reader.next()->text == "a,b");
  CHECK(reader.next()->text == "c,d");
  auto endless = wire::RecordReader{[](char* buffer, std::size_t size) {
    std::fill_n(buffer, size, 'x');
    return size;
  }};
  CHECK(endless.first_bytes().size() < 200'000);
}
