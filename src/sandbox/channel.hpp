#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "sandbox/gateway_api.hpp"

namespace wxpay::sandbox {

/// The bytes of one client's connection, on a socket that somebody else closes. Nothing here waits.
class Channel {
 public:
  virtual ~Channel() = default;
  /// @return how many bytes came, 0 for none yet; nothing when no more will
  virtual std::optional<std::size_t> receive(std::span<char> to) = 0;
  /// @return how many of the bytes went out, 0 for none yet; nothing when no more will
  virtual std::optional<std::size_t> send(std::string_view bytes) = 0;
  /// Says that nothing more will be sent.
  virtual void end() = 0;
  /// Who the client is; known once a request was received.
  virtual ShownCertificate shown() = 0;
};

/// Without TLS.
class PlainChannel final : public Channel {
 public:
  explicit PlainChannel(int socket) : socket_{socket} {}
  std::optional<std::size_t> receive(std::span<char> to) override;
  std::optional<std::size_t> send(std::string_view bytes) override;
  void end() override;
  ShownCertificate shown() override { return ShownCertificate::not_asked; }

 private:
  int socket_;
};

}  // namespace wxpay::sandbox
