#include "base/masking.hpp"

#include <doctest/doctest.h>

using namespace wxpay;

namespace {

constexpr const char* secret_text = "Syn7heticTestKey0123456789abcdef";

}  // namespace

TEST_CASE("a secret is masked wherever and however it is spelt") {
  struct Row {
    std::string text, masked;
  };
  const std::string secret = secret_text;
  const Row rows[] = {
      {"", ""},
      {"nothing of the kind", "nothing of the kind"},
      {secret, "********"},
      {"key=" + secret + "&x=1", "key=********&x=1"},
      {secret + secret, "****************"},
      {"in upper case SYN7HETICTESTKEY0123456789ABCDEF!", "in upper case ********!"},
      {"in lower case syn7hetictestkey0123456789abcdef!", "in lower case ********!"},
      {"%53yn7heticTestKey0123456789abcde%66", "********"},
      {"%53%79%6e%37%68%65%74%69%63%54%65%73%74%4B%65%79%30%31%32%33%34%35%36%37%38%39%61%62%63%64%65%66.",
       "********."},
      {"hex 53796e3768657469635465737"
       "44b657930313233343536373839616263646566 hex",
       "hex ******** hex"},
      {"53796E3768657469635465737"
       "44B657930313233343536373839616263646566",
       "********"},
      {"支付" + secret, "支付********"},
      {"S" + secret, "S********"},
      // A part of it is not the secret, and a percent sign at the end is nothing.
      {secret.substr(1), secret.substr(1)},
      {secret.substr(0, 31), secret.substr(0, 31)},
      {secret.substr(0, 31) + "%", secret.substr(0, 31) + "%"},
      {"%%%4%zz", "%%%4%zz"},
  };
  const Secret key{secret_text};
  for (const auto& row : rows) {
    CAPTURE(row.text);
    CHECK(mask_secret(row.text, key) == row.masked);
    CHECK(holds_secret(row.text, key) == (row.text != row.masked));
  }
}

TEST_CASE("a secret of other characters is found as well, percent signs among them") {
  const Secret key{"%41&=;<>\"'%%25~!@#$^*()_+{}|:?,./"};
  const std::string text{key.reveal()};
  CHECK(mask_secret("a" + text + "b", key) == "a********b");
  CHECK(mask_secret("a%2541&=;<>\"'%25%2525~" + text.substr(15) + "b", key) == "a********b");
}
