#pragma once

#include <exception>
#include <vector>

#include "cli/output.hpp"
#include "cli/streams.hpp"

namespace wxpay::cli {

/// Failures that must not end a long run at once: work under way is still ended, recorded and counted, and
/// the failures are told afterwards.
class KeptFailures {
 public:
  /// Whether the work was done; else its failure is kept. An interruption is not kept: whoever asked for it
  /// knows.
  template <class Work>
  bool succeeds(const Work& work) {
    try {
      work();
      return true;
    } catch (const OutputClosed&) {
      output_closed_ = true;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::interrupted) failures_.push_back(std::current_exception());
    } catch (...) {
      failures_.push_back(std::current_exception());
    }
    return false;
  }

  /// Whether nobody reads standard output any more.
  bool output_closed() const { return output_closed_; }
  /// Whether nothing has failed, or all that did has been told.
  bool empty() const { return failures_.empty() && !output_closed_; }

  /// Reports each error, once.
  /// @return the gravest of their exit codes
  /// @throws whatever was no Error
  int tell(Output& output);

 private:
  std::vector<std::exception_ptr> failures_;
  bool output_closed_ = false;
};

/// Writes the results of a long run until that fails for the first time.
class GuardedOutput {
 public:
  /// @param failures  where the failure is kept
  GuardedOutput(Output& output, KeptFailures& failures) : output_{output}, failures_{failures} {}

  /// Does what writes, unless that has failed before. False: no result is written any more.
  template <class Work>
  bool write(const Work& work) {
    if (!failed_) failed_ = !failures_.succeeds(work);
    return !failed_;
  }

  bool failed() const { return failed_; }

  /// Writes what is kept back, or forgets it where writing has failed.
  bool finish() {
    if (!write([this] { output_.finish(); })) output_.discard();
    return !failed_;
  }

 private:
  Output& output_;
  KeptFailures& failures_;
  bool failed_ = false;
};

}  // namespace wxpay::cli
