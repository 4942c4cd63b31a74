#include "net/curl_request.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/unique_fd.hpp"
#include "net/proxy.hpp"

namespace wxpay::net {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t largest_headers = 65'536;
constexpr milliseconds connect_timeout{5'000};
// WeChat Pay drops a connection that was idle for 8 s. libcurl counts whole seconds and keeps a connection of
// exactly this many, so 6 means: idle for less than 7 s.
constexpr long longest_idle_s = 6;

template <CURLoption option, class T>
void set(CURL* easy, T value) {
  const auto code = curl_easy_setopt(easy, option, value);
  if (code != CURLE_OK) {
    throw Error{ErrorKind::internal, "libcurl refuses option " + std::to_string(option) + ": " +
                                         std::string{curl_easy_strerror(code)}};
  }
}

constexpr const char* no_more_files = "this process may open no more files (ulimit -n)";

/// Told apart by the text, as libcurl has one code for it and for a host that cannot be reached.
bool may_open_no_more_files() {
  const UniqueFd spare{::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0)};
  return !spare && errno == EMFILE;
}

void append(HeaderList& list, const std::string& line) {
  auto* longer = curl_slist_append(list.get(), line.c_str());
  if (longer == nullptr) throw std::bad_alloc{};
  static_cast<void>(list.release());
  list.reset(longer);
}

HeaderList make_list(const std::vector<HttpHeader>& headers) {
  HeaderList list;
  // An empty "Expect:" keeps libcurl from waiting for a 100 before a large body.
  append(list, "Expect:");
  for (const auto& header : headers) append(list, header.name + ": " + header.value);
  return list;
}

class Libcurl {
 public:
  Libcurl() : code_{curl_global_init(CURL_GLOBAL_DEFAULT)} {}
  Libcurl(const Libcurl&) = delete;
  Libcurl& operator=(const Libcurl&) = delete;
  Libcurl(Libcurl&&) = delete;
  Libcurl& operator=(Libcurl&&) = delete;
  ~Libcurl() {
    if (code_ == CURLE_OK) curl_global_cleanup();
  }
  CURLcode code() const noexcept { return code_; }

 private:
  CURLcode code_;
};

}  // namespace

void start_libcurl() {
  static const Libcurl libcurl;
  if (libcurl.code() != CURLE_OK) {
    throw Error{ErrorKind::internal,
                "libcurl does not start: " + std::string{curl_easy_strerror(libcurl.code())}};
  }
}

CurlRequest::CurlRequest(CURL* easy, Target target, const HttpOptions& options, const TrustAnchors& anchors)
    : easy_{easy}, target_{std::move(target)}, anchors_{anchors}, header_list_{make_list({})} {
  curl_easy_reset(easy_);
  set_up_connection();
  set_up_callbacks();
  set<CURLOPT_CURLU>(easy_, target_.url.get());
  set<CURLOPT_HTTPHEADER>(easy_, header_list_.get());
  set<CURLOPT_USERAGENT>(easy_, options.user_agent.c_str());
}

void CurlRequest::prepare(const HttpRequest& request) {
  reply_ = {};
  reply_.largest_body = request.largest_response;
  reply_.sink = request.sink;
  error_text_.front() = '\0';
  set_method(request.method);
  set_headers(request.headers);
  set_certificate(request.client_certificate);
  if (has_body(request.method)) {
    set<CURLOPT_POSTFIELDSIZE_LARGE>(easy_, static_cast<curl_off_t>(request.body.size()));
    set<CURLOPT_POSTFIELDS>(easy_, request.body.data());
  }
  set<CURLOPT_TIMEOUT_MS>(easy_, static_cast<long>(request.timeout.count()));
  set<CURLOPT_CONNECTTIMEOUT_MS>(easy_,
                                 static_cast<long>(std::min(request.timeout, connect_timeout).count()));
  set<CURLOPT_MAXFILESIZE_LARGE>(easy_, static_cast<curl_off_t>(request.largest_response));
}

void CurlRequest::set_method(HttpMethod method) {
  if (std::exchange(method_, method) == method) return;
  if (has_body(method)) {
    set<CURLOPT_POST>(easy_, 1L);
  } else {
    set<CURLOPT_HTTPGET>(easy_, 1L);
  }
  const bool usual = method == HttpMethod::get || method == HttpMethod::post;
  const std::string name{to_string(method)};
  set<CURLOPT_CUSTOMREQUEST>(easy_, usual ? static_cast<const char*>(nullptr) : name.c_str());
}

void CurlRequest::set_headers(const std::vector<HttpHeader>& headers) {
  if (headers == headers_) return;
  auto list = make_list(headers);
  set<CURLOPT_HTTPHEADER>(easy_, list.get());
  header_list_ = std::move(list);
  headers_ = headers;
}

void CurlRequest::set_certificate(const std::shared_ptr<const ClientCertificate>& certificate) {
  if (certificate == certificate_) return;
  const auto blob_of = [](std::string_view pem, unsigned flags) {
    return curl_blob{const_cast<char*>(pem.data()), pem.size(), flags};  // libcurl only reads it
  };
  if (certificate) {
    // A connection is used again by whoever has the same certificate alone, which libcurl compares. Of the
    // key it makes no copy, which it would not wipe.
    auto shown = blob_of(certificate->certificate, CURL_BLOB_COPY);
    auto key = blob_of(certificate->private_key.reveal(), CURL_BLOB_NOCOPY);
    set<CURLOPT_SSLCERT_BLOB>(easy_, &shown);
    set<CURLOPT_SSLKEY_BLOB>(easy_, &key);
  } else {
    set<CURLOPT_SSLCERT_BLOB>(easy_, static_cast<curl_blob*>(nullptr));
    set<CURLOPT_SSLKEY_BLOB>(easy_, static_cast<curl_blob*>(nullptr));
  }
  certificate_ = certificate;
}

void CurlRequest::set_up_connection() {
  set<CURLOPT_PROTOCOLS_STR>(easy_, "http,https");
  // One request at a time on a connection: whether a request was sent stays a plain question.
  set<CURLOPT_HTTP_VERSION>(easy_, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set<CURLOPT_HTTP09_ALLOWED>(easy_, 0L);
  set<CURLOPT_FOLLOWLOCATION>(easy_, 0L);
  set<CURLOPT_NOSIGNAL>(easy_, 1L);
  // A name server that does not answer must not hold up the end of a request.
  set<CURLOPT_QUICK_EXIT>(easy_, 1L);
  set<CURLOPT_MAXAGE_CONN>(easy_, longest_idle_s);
  set<CURLOPT_SSLVERSION>(easy_, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set<CURLOPT_SSL_VERIFYPEER>(easy_, 1L);
  set<CURLOPT_SSL_VERIFYHOST>(easy_, 2L);
  set<CURLOPT_SUPPRESS_CONNECT_HEADERS>(easy_, 1L);
  if (target_.is_loopback()) set<CURLOPT_PROXY>(easy_, "");
}

void CurlRequest::set_up_callbacks() {
  set<CURLOPT_ERRORBUFFER>(easy_, error_text_.data());
  set<CURLOPT_HEADERFUNCTION>(easy_, &CurlRequest::take_header);
  set<CURLOPT_HEADERDATA>(easy_, this);
  set<CURLOPT_WRITEFUNCTION>(easy_, &CurlRequest::take_body);
  set<CURLOPT_WRITEDATA>(easy_, this);
  set<CURLOPT_SOCKOPTFUNCTION>(easy_, &CurlRequest::before_connecting);
  set<CURLOPT_SOCKOPTDATA>(easy_, this);
  set<CURLOPT_PREREQFUNCTION>(easy_, &CurlRequest::before_sending);
  set<CURLOPT_PREREQDATA>(easy_, this);
  if (anchors_.empty()) return;
  set<CURLOPT_SSL_CTX_FUNCTION>(easy_, &CurlRequest::add_anchors);
  set<CURLOPT_SSL_CTX_DATA>(easy_, this);
}

milliseconds CurlRequest::elapsed() const {
  curl_off_t microseconds = 0;
  curl_easy_getinfo(easy_, CURLINFO_TOTAL_TIME_T, &microseconds);
  return std::chrono::duration_cast<milliseconds>(std::chrono::microseconds{microseconds});
}

HttpResult CurlRequest::result(CURLcode code) {
  if (code != CURLE_OK) return failure(code);
  // libcurl is content with a connection that closes amid the headers.
  if (!reply_.headers_complete) {
    return TransportFailure{ErrorKind::network, true,
                            target_.name() + " closed the connection amid the headers of its answer"};
  }
  const auto final_status = status();
  if (final_status < 200) {
    return TransportFailure{
        ErrorKind::gateway, true,
        target_.name() + " gave no final answer, only status " + std::to_string(final_status)};
  }
  return HttpResponse{static_cast<int>(final_status), std::move(reply_.body), date(),
                      std::move(reply_.header_lines)};
}

long CurlRequest::status() const {
  long status = 0;
  curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
  return status;
}

TransportFailure CurlRequest::interrupted() const {
  return {ErrorKind::interrupted, reply_.sent, "interrupted during a request to " + target_.name()};
}

std::optional<std::chrono::sys_seconds> CurlRequest::date() const {
  curl_header* header = nullptr;
  if (curl_easy_header(easy_, "Date", 0, CURLH_HEADER, -1, &header) != CURLHE_OK) return std::nullopt;
  const auto seconds = curl_getdate(header->value, nullptr);
  if (seconds < 0) return std::nullopt;
  return std::chrono::sys_seconds{std::chrono::seconds{seconds}};
}

TransportFailure CurlRequest::failure(CURLcode code) const {
  return reply_.sent ? failure_after_sending(code) : failure_before_sending(code);
}

TransportFailure CurlRequest::failure_after_sending(CURLcode code) const {
  const auto name = target_.name();
  if (reply_.excess == Excess::body || code == CURLE_FILESIZE_EXCEEDED) {
    return {ErrorKind::gateway, true,
            "the answer of " + name + " is larger than " + std::to_string(reply_.largest_body) + " bytes"};
  }
  if (reply_.excess == Excess::sink) {
    return {ErrorKind::gateway, true, "the answer of " + name + " could not be taken"};
  }
  // libcurl's own limit on one header line shows as a lack of memory.
  if (reply_.excess == Excess::headers || code == CURLE_OUT_OF_MEMORY) {
    return {ErrorKind::gateway, true,
            "the headers of the answer of " + name + " are larger than " + std::to_string(largest_headers) +
                " bytes"};
  }
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return {ErrorKind::timeout, true, "no complete answer from " + name + " in time: " + cause(code)};
    case CURLE_GOT_NOTHING:
    // The connection closed, and libcurl was kept from sending the request again or failed to.
    case CURLE_ABORTED_BY_CALLBACK:
    case CURLE_COULDNT_CONNECT:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return {ErrorKind::network, true, name + " closed the connection without an answer"};
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_PARTIAL_FILE:
      return {ErrorKind::network, true, "the connection to " + name + " broke: " + cause(code)};
    default:
      return {ErrorKind::gateway, true, "the answer of " + name + " is no HTTP: " + cause(code)};
  }
}

TransportFailure CurlRequest::failure_before_sending(CURLcode code) const {
  const auto name = target_.name();
  long proxy_status = 0;
  curl_easy_getinfo(easy_, CURLINFO_HTTP_CONNECTCODE, &proxy_status);
  if (proxy_status >= 300) {
    const auto* advice = proxy_status == 407 ? "; it wants a user and a password in its URL" : "";
    return {ErrorKind::network, false,
            proxy_name(target_).value_or("the proxy") + " refused the connection to " + name + ": HTTP " +
                std::to_string(proxy_status) + advice};
  }
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return {ErrorKind::timeout, false, "no connection to " + name + " in time: " + cause(code)};
    case CURLE_COULDNT_RESOLVE_HOST:
      return {ErrorKind::network, false, "the name of " + name + " cannot be resolved"};
    case CURLE_COULDNT_RESOLVE_PROXY:
      return {ErrorKind::network, false,
              "the name of " + proxy_name(target_).value_or("the proxy") + " cannot be resolved"};
    case CURLE_COULDNT_CONNECT:
      return {ErrorKind::network, false,
              "cannot connect to " + other_side() + ": " +
                  (may_open_no_more_files() ? no_more_files : cause(code))};
    case CURLE_PEER_FAILED_VERIFICATION:
      return {ErrorKind::network, false, untrusted_certificate(cause(code))};
    case CURLE_SSL_CACERT_BADFILE:
      return {ErrorKind::network, false,
              "there are no certificates to hold that of " + name + " against: " + cause(code) +
                  "; install the package ca-certificates"};
    default:
      break;
  }
  return {ErrorKind::network, false,
          "cannot connect to " + name + ": " + (may_open_no_more_files() ? no_more_files : cause(code))};
}

std::string CurlRequest::untrusted_certificate(const std::string& why) const {
  auto text = "the certificate of " + target_.name() + " is not trusted: " + why;
  const auto says = [&](const char* words) { return why.find(words) != std::string::npos; };
  if (says("self-signed") || says("self signed") || says("local issuer")) {
    text += "; if your company inspects TLS, ca_file names its root certificate";
  }
  return text;
}

/// The peer of a failed connection: the host, or a proxy where libcurl's text does not name the host.
std::string CurlRequest::other_side() const {
  const std::string_view text{error_text_.data()};
  const bool direct = text.empty() || text.find(target_.host) != std::string_view::npos;
  const auto proxy = direct ? std::nullopt : proxy_name(target_);
  return proxy ? *proxy + " for " + target_.name() : target_.name();
}

// The message of libcurl or of the system. It may quote text of the other side.
std::string CurlRequest::cause(CURLcode code) const {
  std::string text{error_text_.data()};
  // It quotes the URL of a proxy that it does not understand, user and password too.
  const bool may_hold_a_secret = text.find("://") != std::string::npos || text.find('@') != std::string::npos;
  if (text.starts_with("Unsupported proxy scheme")) return "its URL has a scheme that is not known";
  if (text.empty() || may_hold_a_secret) text = curl_easy_strerror(code);
  long system_error = 0;
  curl_easy_getinfo(easy_, CURLINFO_OS_ERRNO, &system_error);
  if (code == CURLE_COULDNT_CONNECT && system_error != 0) {
    text = std::generic_category().message(static_cast<int>(system_error));
  }
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; },
      '?');
  return text;
}

std::size_t CurlRequest::take_header(char* data, std::size_t size, std::size_t count, void* self) noexcept {
  auto& reply = static_cast<CurlRequest*>(self)->reply_;
  const std::string_view line{data, size * count};
  reply.header_bytes += line.size();
  if (reply.header_bytes > largest_headers) {
    reply.excess = Excess::headers;
    return 0;
  }
  try {
    if (line.starts_with("HTTP/")) {  // of an interim answer or of the final one
      reply.headers_complete = false;
      reply.header_lines.clear();
    } else if (line == "\r\n" || line == "\n") {
      reply.headers_complete = true;
    } else {
      reply.header_lines.append(line);
    }
  } catch (const std::bad_alloc&) {
    reply.excess = Excess::headers;
    return 0;
  }
  return line.size();
}

std::size_t CurlRequest::take_body(char* data, std::size_t size, std::size_t count, void* self) noexcept {
  auto& request = *static_cast<CurlRequest*>(self);
  auto& reply = request.reply_;
  const auto bytes = size * count;
  if (bytes > reply.largest_body - reply.body_bytes) {
    reply.excess = Excess::body;
    return 0;
  }
  reply.body_bytes += bytes;
  if (reply.sink != nullptr && request.status() == 200) {
    if (reply.sink->take({data, bytes})) return bytes;
    reply.excess = Excess::sink;
    return 0;
  }
  try {
    reply.body.append(data, bytes);
  } catch (const std::bad_alloc&) {
    reply.excess = Excess::body;
    return 0;
  }
  return bytes;
}

int CurlRequest::before_connecting(void* self, curl_socket_t, curlsocktype) noexcept {
  return static_cast<CurlRequest*>(self)->reply_.sent ? CURL_SOCKOPT_ERROR : CURL_SOCKOPT_OK;
}

int CurlRequest::before_sending(void* self, char*, char*, int, int) noexcept {
  return std::exchange(static_cast<CurlRequest*>(self)->reply_.sent, true) ? CURL_PREREQFUNC_ABORT
                                                                           : CURL_PREREQFUNC_OK;
}

CURLcode CurlRequest::add_anchors(CURL*, void* context, void* self) noexcept {
  const auto& anchors = static_cast<CurlRequest*>(self)->anchors_;
  return anchors.add_to(static_cast<SSL_CTX*>(context)) ? CURLE_OK : CURLE_SSL_CACERT_BADFILE;
}

}  // namespace wxpay::net
