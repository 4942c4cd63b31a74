#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "net/curl_request.hpp"
#include "net/http_transport.hpp"
#include "net/trust_anchors.hpp"
#include "wxpay/clock.hpp"
#include "wxpay/log.hpp"
#include "wxpay/transport.hpp"

namespace wxpay::net {

/// Slots on one multi handle of libcurl's, which keeps the connections and lets a request be given up at
/// once.
class HttpAsyncTransport final : public AsyncTransport {
 public:
  /// What is referred to must outlive this object.
  HttpAsyncTransport(HttpOptions options, TrustAnchors anchors, std::size_t slots, const Stop& stop,
                     Log& log);
  HttpAsyncTransport(const HttpAsyncTransport&) = delete;
  HttpAsyncTransport& operator=(const HttpAsyncTransport&) = delete;
  HttpAsyncTransport(HttpAsyncTransport&&) = delete;
  HttpAsyncTransport& operator=(HttpAsyncTransport&&) = delete;
  ~HttpAsyncTransport() override = default;

  void start(std::size_t slot, const HttpRequest& request) override;
  std::vector<Arrival> await(std::chrono::milliseconds longest) override;
  void wake() noexcept override;

 private:
  /// Keeps an easy handle on the multi handle; taken off half-way, its connection is closed.
  class Attachment {
   public:
    Attachment(CURLM* multi, CURL* easy);
    Attachment(const Attachment&) = delete;
    Attachment& operator=(const Attachment&) = delete;
    Attachment(Attachment&&) = delete;
    Attachment& operator=(Attachment&&) = delete;
    ~Attachment() { curl_multi_remove_handle(multi_, easy_); }

   private:
    CURLM* multi_;
    CURL* easy_;
  };

  struct Slot {
    std::size_t number = 0;
    EasyHandle easy;
    std::string url;                       ///< which `line` is set up for
    HttpMethod method = HttpMethod::post;  ///< of what is under way
    std::optional<CurlRequest> line;
    std::optional<Attachment> under_way;
  };

  bool set_up(Slot& slot, const HttpRequest& request);
  void perform();
  void interrupt_all();
  void end(Slot& slot, HttpResult result);
  void report(const Slot& slot, const HttpResult& result);

  HttpOptions options_;
  const Stop& stop_;
  Log& log_;
  TrustAnchors anchors_;
  MultiHandle multi_;  // before the slots, which must go first
  std::deque<Slot> slots_;
  bool started_ = false;  ///< a request that libcurl has not seen yet
  std::vector<Arrival> arrived_;
};

}  // namespace wxpay::net
