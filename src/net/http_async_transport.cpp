#include "net/http_async_transport.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include "base/text.hpp"

namespace wxpay::net {

namespace {

void check(CURLMcode code) {
  if (code != CURLM_OK) {
    throw Error{ErrorKind::internal, "libcurl fails: " + std::string{curl_multi_strerror(code)}};
  }
}

/// A line end in a header would begin another one.
bool is_well_formed(const HttpHeader& header) {
  return !header.name.empty() && header.name.find(':') == std::string::npos && !header.value.empty() &&
         !has_control_character(header.name) && !has_control_character(header.value);
}

}  // namespace

HttpAsyncTransport::Attachment::Attachment(CURLM* multi, CURL* easy) : multi_{multi}, easy_{easy} {
  check(curl_multi_add_handle(multi, easy));
}

HttpAsyncTransport::HttpAsyncTransport(HttpOptions options, TrustAnchors anchors, std::size_t slots,
                                       const Stop& stop, Log& log)
    : options_{std::move(options)}, stop_{stop}, log_{log}, anchors_{std::move(anchors)}, slots_(slots) {
  start_libcurl();
  multi_.reset(curl_multi_init());
  if (!multi_) throw std::bad_alloc{};
  // libcurl's default limit of kept connections depends on the requests under way at the moment.
  check(curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, static_cast<long>(slots)));
  for (std::size_t number = 0; number < slots; ++number) slots_[number].number = number;
}

void HttpAsyncTransport::start(std::size_t number, const HttpRequest& request) {
  auto& slot = slots_.at(number);
  slot.under_way.reset();  // it still is where libcurl failed
  const auto refuse = [&](ErrorKind kind, const std::string& why) {
    arrived_.push_back({number, TransportFailure{kind, false, why}});
  };
  if (!set_up(slot, request)) return refuse(ErrorKind::network, "the URL of the request is malformed");
  if (!std::all_of(request.headers.begin(), request.headers.end(), is_well_formed)) {
    return refuse(ErrorKind::network, "a header of the request is malformed");
  }
  if (stop_.requested()) {
    return refuse(ErrorKind::interrupted, "interrupted before a request to " + slot.line->target().name());
  }
  if (request.timeout <= std::chrono::milliseconds{0}) {
    return refuse(ErrorKind::timeout, "no time is left for a request to " + slot.line->target().name());
  }
  slot.line->prepare(request);
  slot.under_way.emplace(multi_.get(), slot.easy.get());
  started_ = true;
}

std::vector<AsyncTransport::Arrival> HttpAsyncTransport::await(std::chrono::milliseconds longest) {
  // A request is on its way before anything is waited for.
  if (std::exchange(started_, false)) perform();
  if (arrived_.empty() && stop_.requested()) interrupt_all();
  if (arrived_.empty()) {
    check(curl_multi_poll(multi_.get(), nullptr, 0, static_cast<int>(longest.count()), nullptr));
    perform();
  }
  return std::exchange(arrived_, {});
}

void HttpAsyncTransport::wake() noexcept { curl_multi_wakeup(multi_.get()); }

// Setting a handle up is a good part of a request's cost, and many requests go to one URL, so it is reused.
bool HttpAsyncTransport::set_up(Slot& slot, const HttpRequest& request) {
  slot.method = request.method;
  if (slot.line && request.url == slot.url) return true;
  auto target = Target::parse(request.url);
  if (!target) return false;
  if (!slot.easy) slot.easy.reset(curl_easy_init());
  if (!slot.easy) throw std::bad_alloc{};
  slot.line.reset();
  slot.url = request.url;
  slot.line.emplace(slot.easy.get(), std::move(*target), options_, anchors_);
  curl_easy_setopt(slot.easy.get(), CURLOPT_PRIVATE, &slot);
  return true;
}

void HttpAsyncTransport::perform() {
  int running = 0;
  check(curl_multi_perform(multi_.get(), &running));
  int left = 0;
  while (const auto* message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const auto code = message->data.result;
    Slot* slot = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &slot);
    end(*slot, slot->line->result(code));
  }
}

void HttpAsyncTransport::interrupt_all() {
  for (auto& slot : slots_) {
    if (slot.under_way) end(slot, slot.line->interrupted());
  }
}

void HttpAsyncTransport::end(Slot& slot, HttpResult result) {
  if (log_.enabled(LogLevel::debug)) report(slot, result);
  slot.under_way.reset();
  arrived_.push_back({slot.number, std::move(result)});
}

void HttpAsyncTransport::report(const Slot& slot, const HttpResult& result) {
  const auto& transfer = *slot.line;
  auto line = std::string{to_string(slot.method)} + " " + transfer.target().name() + " " +
              transfer.target().path + ": ";
  if (const auto* response = std::get_if<HttpResponse>(&result)) {
    line += "status " + std::to_string(response->status) + ", " + std::to_string(response->body.size()) +
            " bytes";
  } else {
    line += std::get<TransportFailure>(result).message;
  }
  log_.write(LogLevel::debug, line + ", " + std::to_string(transfer.elapsed().count()) + " ms");
}

}  // namespace wxpay::net
