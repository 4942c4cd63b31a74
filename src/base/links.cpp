#include "base/links.hpp"

#include <system_error>

namespace wxpay {

std::filesystem::path without_links(std::filesystem::path path) {
  constexpr int most_links = 40;  // as the system has it
  for (int followed = 0; followed < most_links; ++followed) {
    std::error_code error;
    const auto target = std::filesystem::read_symlink(path, error);
    if (error) break;
    path = path.parent_path() / target;  // an absolute target takes the place of all
  }
  return path;
}

}  // namespace wxpay
