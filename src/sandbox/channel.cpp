#include "sandbox/channel.hpp"

#include <sys/socket.h>

#include <cerrno>

namespace wxpay::sandbox {

namespace {

/// What a system call's result means that leaves nothing waiting.
std::optional<std::size_t> count_of(ssize_t result) {
  if (result >= 0) return static_cast<std::size_t>(result);
  if (errno == EAGAIN || errno == EINTR) return 0;
  return std::nullopt;
}

}  // namespace

std::optional<std::size_t> PlainChannel::receive(std::span<char> to) {
  const auto count = ::recv(socket_, to.data(), to.size(), MSG_DONTWAIT);
  if (count == 0) return std::nullopt;
  return count_of(count);
}

std::optional<std::size_t> PlainChannel::send(std::string_view bytes) {
  return count_of(::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT));
}

void PlainChannel::end() { ::shutdown(socket_, SHUT_WR); }

}  // namespace wxpay::sandbox
