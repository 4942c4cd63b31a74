#include "wire/http_signing.hpp"

namespace wxpay::wire {

std::string signed_lines(std::initializer_list<std::string_view> lines) {
  std::size_t size = lines.size();
  for (const auto line : lines) size += line.size();
  std::string text;
  text.reserve(size);
  for (const auto line : lines) text.append(line).append("\n");
  return text;
}

}  // namespace wxpay::wire
