#pragma once

#include <string>

#include "wxpay/clock.hpp"
#include "wxpay/secret.hpp"

namespace wxpay::cli {

/// Puts questions to a person.
class Prompter {
 public:
  virtual ~Prompter() = default;
  /// The answer without its line end.
  /// @throws Error{interrupted} when the person gives up: Ctrl-C or end of input
  virtual std::string ask(const std::string& question) = 0;
  /// The same, with the answer kept off the screen.
  virtual Secret ask_hidden(const std::string& question) = 0;
  /// A remark on an answer.
  virtual void tell(const std::string& remark) = 0;
};

/// Asks on standard error and reads standard input, both of which are terminals.
class TerminalPrompter final : public Prompter {
 public:
  explicit TerminalPrompter(const Stop& stop) : stop_{stop} {}
  std::string ask(const std::string& question) override;
  Secret ask_hidden(const std::string& question) override;
  void tell(const std::string& remark) override;

 private:
  std::string read_line();

  const Stop& stop_;
};

}  // namespace wxpay::cli
