#include "net/http_carrier.hpp"

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

HttpCarrier::Attachment::Attachment(CURLM* multi, CURL* easy) : multi_{multi}, easy_{easy} {
  check(curl_multi_add_handle(multi, easy));
}

HttpCarrier::HttpCarrier(HttpOptions options, TrustAnchors anchors, std::size_t lanes, const Stop& stop,
                         Log& log)
    : options_{std::move(options)}, stop_{stop}, log_{log}, anchors_{std::move(anchors)}, lanes_(lanes) {
  start_libcurl();
  multi_.reset(curl_multi_init());
  if (!multi_) throw std::bad_alloc{};
  // By itself it keeps as many as belong to the requests of the moment.
  check(curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, static_cast<long>(lanes)));
  for (std::size_t number = 0; number < lanes; ++number) lanes_[number].number = number;
}

void HttpCarrier::start(std::size_t number, const HttpRequest& request) {
  auto& lane = lanes_.at(number);
  lane.under_way.reset();  // it still is where libcurl failed
  const auto refuse = [&](ErrorKind kind, const std::string& why) {
    arrived_.push_back({number, TransportFailure{kind, false, why}});
  };
  if (!set_up(lane, request)) return refuse(ErrorKind::network, "the URL of the request is malformed");
  if (!std::all_of(request.headers.begin(), request.headers.end(), is_well_formed)) {
    return refuse(ErrorKind::network, "a header of the request is malformed");
  }
  if (stop_.requested()) {
    return refuse(ErrorKind::interrupted, "interrupted before a request to " + lane.line->target().name());
  }
  if (request.timeout <= std::chrono::milliseconds{0}) {
    return refuse(ErrorKind::timeout, "no time is left for a request to " + lane.line->target().name());
  }
  lane.line->prepare(request);
  lane.under_way.emplace(multi_.get(), lane.easy.get());
  started_ = true;
}

std::vector<Carrier::Arrival> HttpCarrier::await(std::chrono::milliseconds longest) {
  // A request is on its way before anything is waited for.
  if (std::exchange(started_, false)) perform();
  if (arrived_.empty() && stop_.requested()) interrupt_all();
  if (arrived_.empty()) {
    check(curl_multi_poll(multi_.get(), nullptr, 0, static_cast<int>(longest.count()), nullptr));
    perform();
  }
  return std::exchange(arrived_, {});
}

void HttpCarrier::wake() noexcept { curl_multi_wakeup(multi_.get()); }

// Requests come in rows to one URL, and setting a handle up costs a good part of what a request costs.
bool HttpCarrier::set_up(Lane& lane, const HttpRequest& request) {
  lane.method = request.method;
  if (lane.line && request.url == lane.url) return true;
  auto target = Target::parse(request.url);
  if (!target) return false;
  if (!lane.easy) lane.easy.reset(curl_easy_init());
  if (!lane.easy) throw std::bad_alloc{};
  lane.line.reset();
  lane.url = request.url;
  lane.line.emplace(lane.easy.get(), std::move(*target), options_, anchors_);
  curl_easy_setopt(lane.easy.get(), CURLOPT_PRIVATE, &lane);
  return true;
}

void HttpCarrier::perform() {
  int running = 0;
  check(curl_multi_perform(multi_.get(), &running));
  int left = 0;
  while (const auto* message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const auto code = message->data.result;
    Lane* lane = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &lane);
    end(*lane, lane->line->result(code));
  }
}

void HttpCarrier::interrupt_all() {
  for (auto& lane : lanes_) {
    if (lane.under_way) end(lane, lane.line->interrupted());
  }
}

void HttpCarrier::end(Lane& lane, HttpResult result) {
  if (log_.enabled(LogLevel::debug)) report(lane, result);
  lane.under_way.reset();
  arrived_.push_back({lane.number, std::move(result)});
}

void HttpCarrier::report(const Lane& lane, const HttpResult& result) {
  const auto& transfer = *lane.line;
  auto line = std::string{lane.method == HttpMethod::get ? "GET " : "POST "} + transfer.target().name() +
              " " + transfer.target().path + ": ";
  if (const auto* response = std::get_if<HttpResponse>(&result)) {
    line += "status " + std::to_string(response->status) + ", " + std::to_string(response->body.size()) +
            " bytes";
  } else {
    line += std::get<TransportFailure>(result).message;
  }
  log_.write(LogLevel::debug, line + ", " + std::to_string(transfer.elapsed().count()) + " ms");
}

}  // namespace wxpay::net
