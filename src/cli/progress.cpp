#include "cli/progress.hpp"

#include "cli/streams.hpp"
#include "wxpay/time.hpp"

namespace wxpay::cli {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds between_looks{200};
/// Before that there is nothing to tell a rate from.
constexpr milliseconds before_rate{500};

/// 1234567 as "1,234,567".
std::string grouped(std::int64_t number) {
  auto text = std::to_string(number);
  for (auto place = static_cast<std::ptrdiff_t>(text.size()) - 3; place > 0; place -= 3) {
    text.insert(static_cast<std::size_t>(place), 1, ',');
  }
  return text;
}

std::string time_left(std::int64_t seconds) {
  if (seconds < 60) return std::to_string(seconds) + "s";
  if (seconds < 3600) return std::to_string(seconds / 60) + "m" + std::to_string(seconds % 60) + "s";
  return std::to_string(seconds / 3600) + "h" + std::to_string(seconds % 3600 / 60) + "m";
}

}  // namespace

std::string progress_text(std::int64_t done, std::int64_t failed, std::optional<std::int64_t> total,
                          milliseconds elapsed) {
  auto text = grouped(done);
  if (total) text += " of " + grouped(*total);
  const bool has_rate = elapsed >= before_rate && done > 0;
  if (has_rate) text += ", " + grouped(done * 1000 / elapsed.count()) + "/s";
  if (failed > 0) text += ", " + grouped(failed) + " failed";
  if (has_rate && total && *total > done) {
    text += ", " + time_left(((*total - done) * elapsed.count() / done + 999) / 1000) + " left";
  }
  return text;
}

Progress::Progress(Output& output, const Clock& clock, std::optional<std::int64_t> total)
    : output_{output},
      clock_{clock},
      wanted_{output.shows_progress()},
      total_{total},
      begun_{clock.steady_now()},
      shown_{begun_} {}

void Progress::add(bool failed) {
  ++done_;
  if (failed) ++failed_;
}

void Progress::show() {
  if (output_.has_buffered()) {
    if (output_.is_terminal()) clear();
    output_.flush();
  }
  if (!wanted_) return;
  const auto now = clock_.steady_now();
  if (visible_ && now - shown_ < between_looks) return;
  if (!visible_ && now - begun_ < between_looks) return;
  const auto elapsed = std::chrono::duration_cast<milliseconds>(now - begun_);
  write_standard_error("\r\x1b[K" + progress_text(done_, failed_, total_, elapsed));
  shown_ = now;
  visible_ = true;
}

void Progress::clear() {
  if (visible_) write_standard_error("\r\x1b[K");
  visible_ = false;
}

}  // namespace wxpay::cli
