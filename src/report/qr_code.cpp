#include "report/qr_code.hpp"

#include <qrencode.h>

#include "base/handle.hpp"
#include "wxpay/error.hpp"

namespace wxpay::report {

namespace {

using QrHandle = Handle<QRcode, QRcode_free>;

constexpr int quiet_zone = 2;

}  // namespace

std::string qr_code(std::string_view content) {
  const std::string text{content};
  const QrHandle code{QRcode_encodeString8bit(text.c_str(), 0, QR_ECLEVEL_L)};
  if (!code) throw Error{ErrorKind::internal, "the link does not fit into a QR code"};
  const auto dark = [&](int x, int y) {
    if (x < 0 || y < 0 || x >= code->width || y >= code->width) return false;
    return (code->data[y * code->width + x] & 1U) != 0;
  };
  std::string picture;
  for (int y = -quiet_zone; y < code->width + quiet_zone; y += 2) {
    picture += "\x1b[30;107m";  // black on bright white, whatever the terminal's theme
    for (int x = -quiet_zone; x < code->width + quiet_zone; ++x) {
      const bool upper = dark(x, y);
      const bool lower = dark(x, y + 1);
      if (upper && lower) {
        picture += "█";
      } else if (upper) {
        picture += "▀";
      } else {
        picture += lower ? "▄" : " ";
      }
    }
    picture += "\x1b[0m\n";
  }
  return picture;
}

}  // namespace wxpay::report
