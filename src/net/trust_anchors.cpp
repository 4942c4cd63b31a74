#include "net/trust_anchors.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <cerrno>
#include <cstdio>
#include <optional>
#include <system_error>

#include "wxpay/error.hpp"

namespace wxpay::net {
namespace {

using File = Handle<std::FILE, std::fclose>;
using Bio = Handle<BIO, BIO_free_all>;

// The system's own bundle, with every public authority, is a fifth of this.
constexpr std::size_t largest_file = 1'048'576;

[[noreturn]] void fail(const std::string& ca_file, const std::string& what) {
  throw Error{ErrorKind::config, "ca_file " + ca_file + " " + what,
              "ca_file names a PEM file with the certificates to trust beside the system's"};
}

std::string read_file(const std::string& ca_file) {
  const File file{std::fopen(ca_file.c_str(), "rbe")};
  if (!file) fail(ca_file, "cannot be opened: " + std::generic_category().message(errno));
  std::string text(largest_file + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get()) != 0) {
    fail(ca_file, "cannot be read: " + std::generic_category().message(errno));
  }
  if (text.size() > largest_file) fail(ca_file, "is larger than " + std::to_string(largest_file) + " bytes");
  return text;
}

}  // namespace

TrustAnchors::TrustAnchors(const std::string& ca_file) {
  if (ca_file.empty()) return;
  const auto text = read_file(ca_file);
  const Bio bio{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
  if (!bio) throw std::bad_alloc{};
  while (auto* certificate = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    certificates_.emplace_back(certificate);
  }
  // The end of the text is told by "no start line"; anything else is a certificate that could not be read.
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!at_end) {
    fail(ca_file, "holds a damaged certificate (number " + std::to_string(certificates_.size() + 1) + ")");
  }
  if (certificates_.empty()) fail(ca_file, "holds no PEM certificate");
}

bool TrustAnchors::add_to(SSL_CTX* context) const noexcept {
  auto* store = SSL_CTX_get_cert_store(context);
  for (const auto& certificate : certificates_) {
    if (X509_STORE_add_cert(store, certificate.get()) != 1) return false;
  }
  return true;
}

}  // namespace wxpay::net
