#include "base/text.hpp"

#include <doctest/doctest.h>

#include "domain/field_rules.hpp"
#include "wxpay/error.hpp"
#include "wxpay/evidence.hpp"
#include "wxpay/identifiers.hpp"
#include "wxpay/order.hpp"
#include "wxpay/sign_type.hpp"

using namespace wxpay;
using namespace std::string_literals;

TEST_CASE("UTF-8 is told from what only resembles it") {
  struct Row {
    std::string what, bytes;
    bool sound;
  };
  const Row rows[] = {
      {"nothing", "", true},
      {"ASCII with NUL and DEL", "a\0\x7F"s, true},
      {"two bytes, least", "\xC2\x80", true},
      {"two bytes, most", "\xDF\xBF", true},
      {"three bytes, least", "\xE0\xA0\x80", true},
      {"below the surrogates", "\xED\x9F\xBF", true},
      {"above the surrogates", "\xEE\x80\x80", true},
      {"three bytes, most", "\xEF\xBF\xBF", true},
      {"four bytes, least", "\xF0\x90\x80\x80", true},
      {"the last of Unicode", "\xF4\x8F\xBF\xBF", true},
      {"Chinese", "支付", true},
      {"overlong NUL", "\xC0\x80", false},
      {"overlong slash in two", "\xC1\xAF", false},
      {"overlong slash in three", "\xE0\x80\xAF", false},
      {"overlong in three, most", "\xE0\x9F\xBF", false},
      {"overlong in four", "\xF0\x8F\xBF\xBF", false},
      {"the first surrogate", "\xED\xA0\x80", false},
      {"the last surrogate", "\xED\xBF\xBF", false},
      {"above Unicode", "\xF4\x90\x80\x80", false},
      {"far above", "\xF5\x80\x80\x80", false},
      {"five bytes", "\xF8\x88\x80\x80\x80", false},
      {"a continuation alone", "\x80", false},
      {"cut in two", "\xC2", false},
      {"cut in three", "\xE4\xB8", false},
      {"cut in four", "\xF0\x9F\x98", false},
      {"an ASCII letter in between", "\xE4\x41\xAD", false},
      {"0xFF", "a\xFF", false},
      {"GBK", "\xD6\xA7\xB8\xB6", false},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    CHECK(is_utf8(row.bytes) == row.sound);
    CHECK(is_utf8("支" + row.bytes + "付") == row.sound);
  }
}

TEST_CASE("control characters are found, and blanks shown in their place") {
  for (const char c : "\x01\x08\t\n\r\x1b\x1f\x7f"s) {
    CHECK(has_control_character("a"s + c));
    CHECK(without_control_characters("a"s + c + "b") == "a b");
  }
  CHECK(has_control_character("a\0b"s));
  CHECK(without_control_characters("a\0b"s) == "a b");
  CHECK_FALSE(has_control_character("支付 ~"));
  CHECK(without_control_characters("支付 \xC2\xA0~") == "支付 \xC2\xA0~");
  // U+009B begins a sequence on some terminals.
  CHECK(without_control_characters("a\xC2\x9B"s + "2J\xC2\x80\xC2\x9F") == "a  2J    ");
  CHECK(without_control_characters("cut \xC2") == "cut \xC2");
  // As the byte that an 8-bit terminal takes for the same, which is no UTF-8.
  CHECK(without_control_characters("a\x9B"s + "2J \xFF") == "a 2J \xFF");
}

TEST_CASE("what turns the direction of writing or ends a line is no more shown than a control character") {
  const std::string_view unshowable[] = {"\xD8\x9C",      // U+061C
                                         "\xE2\x80\x8E",  // U+200E
                                         "\xE2\x80\x8F",  // U+200F
                                         "\xE2\x80\xA8",  // U+2028
                                         "\xE2\x80\xA9",  // U+2029
                                         "\xE2\x80\xAA",  // U+202A
                                         "\xE2\x80\xAE",  // U+202E
                                         "\xE2\x81\xA6",  // U+2066
                                         "\xE2\x81\xA9",  // U+2069
                                         "\xC2\x80",     "\xC2\x9B", "\xC2\x9F", "\n", "\x1b", "\x7F"};
  for (const auto character : unshowable) {
    CAPTURE(character);
    const std::string text = "支" + std::string{character} + "付";
    CHECK(unshowable_prefix(character) == character.size());
    CHECK(unshowable_prefix(std::string{character} + "付") == character.size());
    CHECK(without_control_characters(text) == "支" + std::string(character.size(), ' ') + "付");
  }
  const std::string_view shown[] = {"a",
                                    " ",
                                    "\xC2\xA0",
                                    "\xD8\x9B",
                                    "\xD8\x9D",
                                    "\xE2\x80\x8B",
                                    "\xE2\x80\x90",
                                    "\xE2\x80\xA7",
                                    "\xE2\x80\xAF",
                                    "\xE2\x81\xA5",
                                    "\xE2\x81\xAA",
                                    "“",
                                    "…",
                                    "€",
                                    "付",
                                    "\xE2",
                                    "\xD8",
                                    ""};
  for (const auto character : shown) {
    CAPTURE(character);
    CHECK(unshowable_prefix(character) == 0);
    CHECK(without_control_characters(std::string{character}) == character);
  }
}

TEST_CASE("a long name is cut in messages, and not within a character") {
  CHECK(shortened("") == "");
  CHECK(shortened(std::string(64, 'x')) == std::string(64, 'x'));
  CHECK(shortened(std::string(65, 'x')) == std::string(64, 'x') + "…");
  CHECK(shortened(std::string(1'000'000, 'x')) == std::string(64, 'x') + "…");
  for (std::size_t before = 60; before < 64; ++before) {
    const auto cut = shortened(std::string(before, 'x') + "支付支付");
    CHECK(is_utf8(cut));
    CHECK(cut.starts_with(std::string(before, 'x')));
    CHECK(cut.ends_with("…"));
  }
}

TEST_CASE("blanks are trimmed at both ends and nowhere else") {
  CHECK(trim(" \t\r\n\v\fa b \n") == "a b");
  CHECK(trim(" \n ").empty());
  CHECK(trim("").empty());
  CHECK(has_outer_blank(" a"));
  CHECK(has_outer_blank("a\n"));
  CHECK_FALSE(has_outer_blank("a b"));
  CHECK_FALSE(has_outer_blank(""));
}

TEST_CASE("digits are the ten of ASCII") {
  CHECK(is_digits("0123456789"));
  for (const char* text : {"", " 1", "1 ", "-1", "1.0", "１", "a"}) CHECK_FALSE(is_digits(text));
}

TEST_CASE("hex and lower case touch what they should") {
  CHECK(to_hex("\0\x7f\xff"s) == "007fff");
  CHECK(to_hex("").empty());
  CHECK(to_lower("ABCZ[é付]") == "abcz[é付]");
}

TEST_CASE("what was meant is guessed from what was typed, when it is near enough") {
  const std::vector<std::string> commands{"create-order", "query",   "close", "orders",
                                          "ledger",       "sandbox", "sign"};
  struct Row {
    std::string typed;
    std::string meant;  ///< empty: too far from everything
  };
  const Row rows[] = {
      {"qurey", "query"},
      {"query", "query"},
      {"qery", "query"},
      {"queery", "query"},
      {"clsoe", "close"},
      {"sing", "sign"},
      {"ledgers", "ledger"},
      {"order", "orders"},
      {"createorder", "create-order"},
      {"craete-odrer", "create-order"},
      {"sandbax", "sandbox"},
      {"refund", ""},
      {"xyz", ""},
      {"q", ""},
      {"", ""},
      {"reconcile", ""},
  };
  for (const auto& row : rows) {
    CAPTURE(row.typed);
    CHECK(nearest(row.typed, commands).value_or("") == row.meant);
  }
  CHECK_FALSE(nearest("query", {}).has_value());
  // Of a word of a million letters each candidate would take millions of steps.
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 1'000; ++i) CHECK_FALSE(nearest(std::string(1'000'000, 'q'), commands).has_value());
  CHECK((std::chrono::steady_clock::now() - begin < std::chrono::seconds{10}));
}

TEST_CASE("an out_trade_no is its 1 to 32 characters and nothing else") {
  CHECK(OutTradeNo::parse("0aZ_-|*").text() == "0aZ_-|*");
  CHECK(OutTradeNo::parse(std::string(32, '9')).text().size() == 32);
  CHECK(OutTradeNo::parse("12345").shorter_than_advised());
  CHECK_FALSE(OutTradeNo::parse("123456").shorter_than_advised());
  for (const auto& text :
       {""s, std::string(33, '9'), "a b"s, "a@b"s, "a\0b"s, "订单"s, "a.b"s, "a/b"s, "é"s}) {
    CAPTURE(text);
    CHECK_THROWS_AS(OutTradeNo::parse(text), Error);
  }
}

TEST_CASE("the trade types that are paid later are listed as people write them") {
  const auto names = wxpay::payable_trade_types();
  CHECK(wxpay::listed(names, "or") == "JSAPI, NATIVE, APP or H5");
  for (const auto& name : names) CHECK(parse_trade_type(name).has_value());
}

TEST_CASE("a list for people has a word before its last item") {
  struct Row {
    std::vector<std::string> items;
    const char* text;
  };
  const Row rows[] = {{{}, ""}, {{"a"}, "a"}, {{"a", "b"}, "a and b"}, {{"a", "b", "c"}, "a, b and c"}};
  for (const auto& row : rows) CHECK(wxpay::listed(row.items, "and") == row.text);
}

TEST_CASE("every name of a state, source, trade type and sign type is read back") {
  for (int i = 0; i < 9; ++i) {
    const auto state = static_cast<OrderState>(i);
    CHECK((parse_order_state(to_string(state)) == state));
    CHECK(is_open(state) == (i < 3));
    CHECK(is_paid(state) == (i > 6));
  }
  for (const auto type :
       {TradeType::jsapi, TradeType::native, TradeType::app, TradeType::mweb, TradeType::micropay}) {
    CHECK((parse_trade_type(to_string(type)) == type));
  }
  CHECK((parse_trade_type("H5") == TradeType::mweb));
  CHECK(to_string(TradeType::mweb) == "MWEB");
  for (int i = 0; i < 9; ++i) {
    const auto source = static_cast<wxpay::EvidenceSource>(i);
    CHECK((wxpay::parse_evidence_source(to_string(source)) == source));
  }
  for (const auto kind : {wxpay::NotificationKind::payment, wxpay::NotificationKind::refund})
    CHECK((wxpay::parse_notification_kind(to_string(kind)) == kind));
  for (const auto type : {SignType::md5, SignType::hmac_sha256})
    CHECK((parse_sign_type(to_string(type)) == type));
  for (const char* text : {"", "md5", "MD5 ", "HMAC", "NONE", "RSA"})
    CHECK_FALSE(parse_sign_type(text).has_value());
  for (const auto scheme : {PayScheme::md5, PayScheme::hmac_sha256, PayScheme::rsa})
    CHECK((parse_pay_scheme(to_string(scheme)) == scheme));
  for (const char* text : {"", "rsa", "RSA "}) CHECK_FALSE(parse_pay_scheme(text).has_value());
  for (const auto type : {SignType::md5, SignType::hmac_sha256})
    CHECK((sign_type_of(scheme_of(type)) == type));
  CHECK_FALSE(sign_type_of(PayScheme::rsa).has_value());
  for (const char* text : {"", "success", "PAID", "SUCCESS "})
    CHECK_FALSE(parse_order_state(text).has_value());
}
