#include "net/http_transport.hpp"

#include <optional>
#include <string>
#include <utility>

#include "net/curl_request.hpp"

namespace wxpay::net {
namespace {

// How long a request to stop may go unseen.
constexpr int longest_wait_ms = 100;

void check(CURLMcode code) {
  if (code != CURLM_OK) {
    throw Error{ErrorKind::internal, "libcurl fails: " + std::string{curl_multi_strerror(code)}};
  }
}

/// Keeps an easy handle on a multi handle; taken off half-way, its connection is closed.
class Attachment {
 public:
  Attachment(CURLM* multi, CURL* easy) : multi_{multi}, easy_{easy} {
    check(curl_multi_add_handle(multi, easy));
  }
  Attachment(const Attachment&) = delete;
  Attachment& operator=(const Attachment&) = delete;
  Attachment(Attachment&&) = delete;
  Attachment& operator=(Attachment&&) = delete;
  ~Attachment() { curl_multi_remove_handle(multi_, easy_); }

 private:
  CURLM* multi_;
  CURL* easy_;
};

/// One request after the other. The multi handle keeps the connections and lets a request be given up at
/// once, which a blocking transfer would not.
class HttpTransport final : public Transport {
 public:
  HttpTransport(const HttpOptions& options, const Stop& stop, Log& log)
      : options_{options}, stop_{stop}, log_{log}, anchors_{options.ca_file} {}

  HttpResult send(const HttpRequest& request) override {
    if (!line_ || request.url != url_ || request.content_type != content_type_) {
      if (!set_up(request)) {
        return TransportFailure{ErrorKind::network, false, "the URL of the request is malformed"};
      }
    }
    if (stop_.requested()) {
      return TransportFailure{ErrorKind::interrupted, false,
                              "interrupted before a request to " + line_->target().name()};
    }
    if (request.timeout <= std::chrono::milliseconds{0}) {
      return TransportFailure{ErrorKind::timeout, false,
                              "no time is left for a request to " + line_->target().name()};
    }
    line_->prepare(request);
    const auto code = drive(line_->easy());
    auto result = code ? line_->result(*code) : line_->interrupted();
    if (log_.enabled(LogLevel::debug)) report(*line_, result);
    return result;
  }

 private:
  // Requests come in rows to one URL, and setting a handle up costs a good part of what a request costs.
  bool set_up(const HttpRequest& request) {
    auto target = Target::parse(request.url);
    if (!target) return false;
    if (!easy_) open();
    line_.reset();
    url_ = request.url;
    content_type_ = request.content_type;
    line_.emplace(easy_.get(), std::move(*target), content_type_, options_, anchors_);
    return true;
  }

  // Left until there is something to send: starting libcurl costs more than many a command without a request.
  void open() {
    start_libcurl();
    multi_.reset(curl_multi_init());
    easy_.reset(curl_easy_init());
    if (!multi_ || !easy_) throw std::bad_alloc{};
  }

  // Nothing when the program shall end before the transfer did.
  std::optional<CURLcode> drive(CURL* easy) {
    const Attachment attachment{multi_.get(), easy};
    while (true) {
      int running = 0;
      check(curl_multi_perform(multi_.get(), &running));
      int left = 0;
      while (const auto* message = curl_multi_info_read(multi_.get(), &left)) {
        if (message->msg == CURLMSG_DONE) return message->data.result;
      }
      if (stop_.requested()) return std::nullopt;
      check(curl_multi_poll(multi_.get(), nullptr, 0, longest_wait_ms, nullptr));
    }
  }

  void report(const CurlRequest& transfer, const HttpResult& result) {
    auto line = "POST " + transfer.target().name() + " " + transfer.target().path + ": ";
    if (const auto* response = std::get_if<HttpResponse>(&result)) {
      line += "status " + std::to_string(response->status) + ", " + std::to_string(response->body.size()) +
              " bytes";
    } else {
      line += std::get<TransportFailure>(result).message;
    }
    log_.write(LogLevel::debug, line + ", " + std::to_string(transfer.elapsed().count()) + " ms");
  }

  HttpOptions options_;
  const Stop& stop_;
  Log& log_;
  TrustAnchors anchors_;
  MultiHandle multi_;  // before the easy handle, which must go first
  EasyHandle easy_;
  std::string url_;  ///< which `line_` is set up for, with the content type
  std::string content_type_;
  std::optional<CurlRequest> line_;
};

}  // namespace

std::unique_ptr<Transport> make_http_transport(const HttpOptions& options, const Stop& stop, Log& log) {
  return std::make_unique<HttpTransport>(options, stop, log);
}

std::string http_library_version() {
  const auto* versions = curl_version_info(CURLVERSION_NOW);
  auto text = "libcurl/" + std::string{versions->version};
  if (versions->ssl_version != nullptr) text += " " + std::string{versions->ssl_version};
  return text;
}

}  // namespace wxpay::net
