#include "cli/logging.hpp"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <mutex>

#include "base/text.hpp"
#include "wxpay/error.hpp"

namespace wxpay::cli {

namespace {

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::trace:
      return spdlog::level::trace;
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

class SpdLog final : public Log {
 public:
  explicit SpdLog(LogOptions options) : options_{std::move(options)} {}

  bool enabled(LogLevel level) const noexcept override { return level >= options_.level; }

  void write(LogLevel level, std::string_view line) override {
    if (!enabled(level)) return;
    std::call_once(opened_, [this] { open(); });
    // One line each, whoever wrote what it quotes.
    logger_->log(spdlog_level(level), "{}", without_control_characters(std::string{line}));
  }

 private:
  void open() {
    try {
      spdlog::sink_ptr sink;
      if (options_.file.empty()) {
        sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
      } else {
        sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(options_.file);
      }
      logger_ = std::make_unique<spdlog::logger>("wxpayctl", std::move(sink));
      logger_->set_level(spdlog_level(options_.level));
      logger_->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
      logger_->flush_on(spdlog::level::trace);
    } catch (const spdlog::spdlog_ex&) {
      throw Error{ErrorKind::file, "cannot write the log file " + options_.file};
    }
  }

  LogOptions options_;
  std::once_flag opened_;
  std::unique_ptr<spdlog::logger> logger_;
};

}  // namespace

std::unique_ptr<Log> make_log(LogOptions options) { return std::make_unique<SpdLog>(std::move(options)); }

}  // namespace wxpay::cli
