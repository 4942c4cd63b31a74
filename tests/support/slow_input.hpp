#pragma once

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/unique_fd.hpp"

namespace wxpay::test {

/// A named pipe that pieces are written into one by one, so that to read it takes long enough to show
/// progress.
class SlowInput {
 public:
  SlowInput(const std::filesystem::path& path, std::vector<std::string> pieces) {
    ::signal(SIGPIPE, SIG_IGN);  // the program may end before
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    writer_ = std::thread{[path, pieces = std::move(pieces)] {
      constexpr std::chrono::milliseconds pause{20};
      const UniqueFd pipe{::open(path.c_str(), O_WRONLY | O_CLOEXEC)};
      for (const auto& piece : pieces) {
        if (::write(pipe.get(), piece.data(), piece.size()) < 0) return;
        std::this_thread::sleep_for(pause);
      }
    }};
  }
  SlowInput(const SlowInput&) = delete;
  SlowInput& operator=(const SlowInput&) = delete;
  SlowInput(SlowInput&&) = delete;
  SlowInput& operator=(SlowInput&&) = delete;
  ~SlowInput() { writer_.join(); }

 private:
  std::thread writer_;
};

}  // namespace wxpay::test
