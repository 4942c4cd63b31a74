#pragma once

#include <curl/curl.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/handle.hpp"
#include "net/http_transport.hpp"
#include "net/target.hpp"
#include "net/trust_anchors.hpp"
#include "wxpay/transport.hpp"

namespace wxpay::net {

using EasyHandle = Handle<CURL, curl_easy_cleanup>;
using MultiHandle = Handle<CURLM, curl_multi_cleanup>;
using HeaderList = Handle<curl_slist, curl_slist_free_all>;

/// Starts libcurl, once in the life of the program. Safe from several threads.
/// @throws Error{internal}  libcurl does not start
void start_libcurl();

/// The requests to one URL on an easy handle, one after the other: sets the handle up once, gathers each
/// reply within its limits and says what became of it. How the handle is driven, alone or among many, is the
/// caller's.
///
/// libcurl sends a request a second time, unasked, when a kept-alive connection closes before the first byte
/// of the reply. The other side may have acted on the first one, so the second is stopped here and the
/// failure says that the request was sent.
class CurlRequest {
 public:
  /// All that is referred to must outlive this object.
  CurlRequest(CURL* easy, Target target, const HttpOptions& options, const TrustAnchors& anchors);
  CurlRequest(const CurlRequest&) = delete;
  CurlRequest& operator=(const CurlRequest&) = delete;
  CurlRequest(CurlRequest&&) = delete;
  CurlRequest& operator=(CurlRequest&&) = delete;
  /// Leaves the handle blank; its connections and TLS sessions stay.
  ~CurlRequest() { curl_easy_reset(easy_); }

  /// Makes the handle ready for this request, which must be one to the target and outlive the transfer.
  void prepare(const HttpRequest& request);

  CURL* easy() const noexcept { return easy_; }
  const Target& target() const noexcept { return target_; }
  /// How long the transfer took.
  std::chrono::milliseconds elapsed() const;

  /// The result of the transfer that libcurl ended with this code. Called once.
  HttpResult result(CURLcode code);
  /// The result of a transfer that was given up because the program ends.
  TransportFailure interrupted() const;

 private:
  enum class Excess { none, headers, body, sink };

  /// What came of one request so far.
  struct Reply {
    std::size_t largest_body = 0;
    std::size_t body_bytes = 0;
    std::string body;
    BodySink* sink = nullptr;
    std::size_t header_bytes = 0;
    std::string header_lines;  ///< of the last answer so far, interim ones forgotten
    bool headers_complete = false;
    Excess excess = Excess::none;
    bool sent = false;  ///< the request, or a part of it
  };

  void set_method(HttpMethod method);
  void set_headers(const std::vector<HttpHeader>& headers);
  void set_certificate(const std::shared_ptr<const ClientCertificate>& certificate);
  void set_up_connection();
  void set_up_callbacks();
  long status() const;
  std::optional<std::chrono::sys_seconds> date() const;
  TransportFailure failure(CURLcode code) const;
  TransportFailure failure_after_sending(CURLcode code) const;
  TransportFailure failure_before_sending(CURLcode code) const;
  std::string untrusted_certificate(const std::string& why) const;
  std::string other_side() const;
  std::string cause(CURLcode code) const;

  // Called by libcurl.
  static std::size_t take_header(char* data, std::size_t size, std::size_t count, void* self) noexcept;
  static std::size_t take_body(char* data, std::size_t size, std::size_t count, void* self) noexcept;
  static int before_connecting(void* self, curl_socket_t socket, curlsocktype purpose) noexcept;
  static int before_sending(void* self, char* peer, char* local, int peer_port, int local_port) noexcept;
  static CURLcode add_anchors(CURL* easy, void* context, void* self) noexcept;

  CURL* easy_;
  Target target_;
  const TrustAnchors& anchors_;
  std::optional<HttpMethod> method_;  ///< which the handle is set up for
  std::vector<HttpHeader> headers_;   ///< likewise
  HeaderList header_list_;
  std::shared_ptr<const ClientCertificate> certificate_;  ///< likewise; libcurl reads its key where it stands
  std::array<char, CURL_ERROR_SIZE> error_text_{};
  Reply reply_;
};

}  // namespace wxpay::net
