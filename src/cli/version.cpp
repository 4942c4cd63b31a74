#include "cli/version.hpp"

#include <fmt/core.h>
#include <qrencode.h>
#include <spdlog/version.h>
#include <CLI/Version.hpp>
#include <pugixml.hpp>

#include <string>

#include "net/http_transport.hpp"
#include "wxpay/ledger_place.hpp"

namespace wxpay::cli {

namespace {

std::string dotted(int major, int minor, int patch) {
  return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch);
}

}  // namespace

std::string version_text() {
  return "wxpayctl " WXPAYCTL_VERSION "\n" + net::http_library_version() + " " + ledger_library_version() +
         " pugixml/" + dotted(PUGIXML_VERSION / 1000, PUGIXML_VERSION % 1000 / 10, PUGIXML_VERSION % 10) +
         " CLI11/" CLI11_VERSION + " fmt/" +
         dotted(FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100) + " spdlog/" +
         dotted(SPDLOG_VER_MAJOR, SPDLOG_VER_MINOR, SPDLOG_VER_PATCH) + " qrencode/" +
         QRcode_APIVersionString();
}

}  // namespace wxpay::cli
