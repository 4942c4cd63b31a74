#pragma once

#include <sys/mount.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

namespace wxpay::test {

/// A small disk of its own; none where this user may not mount.
class SmallDisk {
 public:
  explicit SmallDisk(std::filesystem::path at, const char* size = "1m") : at_{std::move(at)} {
    std::filesystem::create_directory(at_);
    mounted_ = ::mount("tmpfs", at_.c_str(), "tmpfs", 0, (std::string{"size="} + size).c_str()) == 0;
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  SmallDisk(SmallDisk&&) = delete;
  SmallDisk& operator=(SmallDisk&&) = delete;
  ~SmallDisk() {
    if (mounted_) ::umount2(at_.c_str(), MNT_DETACH);
  }
  bool mounted() const { return mounted_; }
  std::filesystem::path path(const char* name) const { return at_ / name; }
  void fill() const {
    std::ofstream filler{path("filler"), std::ios::binary};
    while (filler << std::string(1024, 'x') << std::flush) {
    }
  }

 private:
  std::filesystem::path at_;
  bool mounted_ = false;
};

}  // namespace wxpay::test
