#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "cli/output.hpp"
#include "wxpay/clock.hpp"

namespace wxpay::cli {

/// How far along long work is, as people read it: "1,200 of 3,000, 40/s, 2 failed, 45s left".
/// @param total  where it is known
std::string progress_text(std::int64_t done, std::int64_t failed, std::optional<std::int64_t> total,
                          std::chrono::milliseconds elapsed);

/// One line on standard error that is written over again and again, on a terminal only.
class Progress {
 public:
  Progress(Output& output, const Clock& clock, std::optional<std::int64_t> total);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  Progress(Progress&&) = delete;
  Progress& operator=(Progress&&) = delete;
  ~Progress() { clear(); }

  void add(bool failed);
  /// Writes what has been buffered for standard output, and shows the line, if its last time is a while ago.
  void show();
  /// Takes the line away, for something else that is to be shown.
  void clear();

 private:
  Output& output_;
  const Clock& clock_;
  bool wanted_;
  std::optional<std::int64_t> total_;
  std::int64_t done_ = 0;
  std::int64_t failed_ = 0;
  std::chrono::steady_clock::time_point begun_;
  std::chrono::steady_clock::time_point shown_{};
  bool visible_ = false;
};

}  // namespace wxpay::cli
