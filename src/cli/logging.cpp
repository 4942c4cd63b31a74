#include "cli/logging.hpp"

#include <fcntl.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <mutex>

#include "base/io.hpp"
#include "base/text.hpp"
#include "base/unique_fd.hpp"
#include "cli/config/new_file.hpp"
#include "cli/streams.hpp"
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

/// The links there are the system's own: /dev/stderr leads to the open stream.
bool is_of_the_system(const std::string& path) {
  return path.starts_with("/dev/") || path.starts_with("/proc/self/fd/");
}

UniqueFd open_log(const std::string& path) {
  make_private_folders(std::filesystem::path{path}.parent_path());
  const int link = is_of_the_system(path) ? 0 : O_NOFOLLOW;
  UniqueFd file{::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | link, 0600)};
  if (file) return file;
  const std::string why = errno == ELOOP ? "it is a link, which a log does not follow" : std::strerror(errno);
  throw Error{ErrorKind::file, "cannot write the log file " + path + ": " + why};
}

/// The base class lets one thread in at a time.
class LineSink : public spdlog::sinks::base_sink<std::mutex> {
 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    write({line.data(), line.size()});
  }
  void flush_() override {}
  virtual void write(std::string_view line) = 0;
};

class StandardErrorSink final : public LineSink {
  void write(std::string_view line) override { write_standard_error(line); }
};

class FileSink final : public LineSink {
 public:
  explicit FileSink(std::string path) : path_{std::move(path)}, file_{open_log(path_)} {}

 private:
  void write(std::string_view line) override {
    if (const int error = write_all(file_.get(), line); error != 0) tell(error);
  }

  void tell(int why) {
    if (std::exchange(told_, true)) return;
    write_standard_error("wxpayctl: warning: cannot write the log file " + path_ + ": " + std::strerror(why) +
                         "; lines of the log are lost\n");
  }

  std::string path_;
  UniqueFd file_;
  bool told_ = false;
};

class SpdLog final : public OpenableLog {
 public:
  explicit SpdLog(LogOptions options) : options_{std::move(options)} {}

  void open() override {
    std::call_once(opened_, [this] { open_sink(); });
  }

  bool enabled(LogLevel level) const noexcept override { return level >= options_.level; }

  void write(LogLevel level, std::string_view line) override {
    if (!enabled(level)) return;
    open();
    // One line each, whoever wrote what it quotes.
    logger_->log(spdlog_level(level), "{}", without_control_characters(std::string{line}));
  }

 private:
  void open_sink() {
    spdlog::sink_ptr sink;
    if (options_.file.empty()) {
      sink = std::make_shared<StandardErrorSink>();
    } else {
      sink = std::make_shared<FileSink>(options_.file);
    }
    logger_ = std::make_unique<spdlog::logger>("wxpayctl", std::move(sink));
    logger_->set_level(spdlog_level(options_.level));
    logger_->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
  }

  LogOptions options_;
  std::once_flag opened_;
  std::unique_ptr<spdlog::logger> logger_;
};

}  // namespace

std::unique_ptr<OpenableLog> make_log(LogOptions options) {
  return std::make_unique<SpdLog>(std::move(options));
}

}  // namespace wxpay::cli
