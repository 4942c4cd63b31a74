#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace wxpay {

/// What went wrong, one kind for each exit code. README.md, "Exit codes", says what a caller may do about
/// each.
enum class ErrorKind {
  refused,    ///< WeChat Pay or the ledger's rules said no; the code says which rule
  usage,      ///< an argument or request that can never be right
  config,     ///< the configuration is missing, malformed or open to others
  key,        ///< key material is missing, malformed or open to others
  network,    ///< no connection, or it broke; the outcome may be unknown
  timeout,    ///< the deadline passed; the outcome may be unknown
  gateway,    ///< an answer that is no answer: 5xx, HTML, broken XML, too large
  untrusted,  ///< a signature, merchant, app, order or amount that does not agree
  ledger,     ///< the ledger cannot be opened, written or believed
  /// The ledger cannot keep a value of one order; all other orders are fine.
  ledger_value,
  ledger_busy,  ///< another process kept the ledger locked past the wait
  lock_held,    ///< another run does the same job already
  file,         ///< a file of the user's cannot be read or written
  interrupted,  ///< a signal asked for the end
  internal,     ///< a bug in this program
};

/// The one exception of the project. The message names what failed and with which value; the hint names the
/// next step; neither ever holds a secret.
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& what, std::string hint = {}, std::string code = {})
      : std::runtime_error{what}, kind_{kind}, hint_{std::move(hint)}, code_{std::move(code)} {}

  ErrorKind kind() const noexcept { return kind_; }
  const std::string& hint() const noexcept { return hint_; }
  /// A code of WeChat Pay's or of the ledger's rules where there is one, else empty.
  const std::string& code() const noexcept { return code_; }

 private:
  ErrorKind kind_;
  std::string hint_;
  std::string code_;
};

}  // namespace wxpay
