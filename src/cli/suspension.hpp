#pragma once

#include <atomic>
#include <mutex>
#include <thread>

namespace wxpay::cli {

/// Has Ctrl-Z stop the program between two changes of the ledger, whichever thread the signal would have
/// reached: stopped within one, it would keep everybody else from the ledger. One for the whole program, made
/// before any other thread, which then has SIGTSTP blocked as well.
class Suspension {
 public:
  Suspension();
  Suspension(const Suspension&) = delete;
  Suspension& operator=(const Suspension&) = delete;
  Suspension(Suspension&&) = delete;
  Suspension& operator=(Suspension&&) = delete;
  ~Suspension();

  /// The program is not stopped while somebody holds it.
  std::mutex& undisturbed() noexcept { return undisturbed_; }

 private:
  void watch();

  std::mutex undisturbed_;
  std::atomic<bool> ended_ = false;
  std::thread watcher_;
};

}  // namespace wxpay::cli
