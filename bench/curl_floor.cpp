// The least that creating orders costs a program that uses libcurl: the same requests as those of
// `create-order --batch`, over so many connections that are kept, with nothing done about the answers:
//
//   wxpay_curl_floor URL COUNT CONNECTIONS
//   wxpay_curl_floor --body                  prints one such request, for other clients
//
// Prints the requests, the seconds and the CPU seconds (user and system) as one JSON object.

#include <curl/curl.h>
#include <sys/resource.h>

#include <charconv>
#include <chrono>
#include <cstdio>
#include <deque>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/handle.hpp"
#include "fixed_answers.hpp"
#include "sample_order.hpp"

namespace {

using Easy = wxpay::Handle<CURL, curl_easy_cleanup>;
using Multi = wxpay::Handle<CURLM, curl_multi_cleanup>;
using Headers = wxpay::Handle<curl_slist, curl_slist_free_all>;

std::size_t throw_away(const char*, std::size_t size, std::size_t count, void*) { return size * count; }

/// Sends the requests, as many at once as there are connections.
class Floor {
 public:
  Floor(std::string url, std::int64_t count)
      : url_{std::move(url)},
        count_{count},
        request_{wxpay::bench::creation_request()},
        multi_{curl_multi_init()},
        headers_{curl_slist_append(nullptr, "Content-Type: text/xml; charset=utf-8")} {
    if (!multi_ || !headers_) throw std::runtime_error{"libcurl does not start"};
  }

  void run(std::int64_t connections) {
    for (std::int64_t i = 0; i < connections && i < count_; ++i) {
      lines_.emplace_back(prepared(), std::string{});
      begin(lines_.back());
    }
    while (ended_ < count_) {
      int active = 0;
      check(curl_multi_perform(multi_.get(), &active));
      take_ended();
      if (ended_ < count_) check(curl_multi_poll(multi_.get(), nullptr, 0, 1000, nullptr));
    }
    for (auto& line : lines_) curl_multi_remove_handle(multi_.get(), line.easy.get());
  }

 private:
  struct Line {
    Line(Easy handle, std::string text) : easy{std::move(handle)}, body{std::move(text)} {}
    Easy easy;
    std::string body;
  };

  static void check(CURLMcode code) {
    if (code != CURLM_OK) throw std::runtime_error{curl_multi_strerror(code)};
  }

  Easy prepared() const {
    Easy easy{curl_easy_init()};
    if (!easy) throw std::runtime_error{"libcurl does not start"};
    curl_easy_setopt(easy.get(), CURLOPT_URL, url_.c_str());
    curl_easy_setopt(easy.get(), CURLOPT_HTTPHEADER, headers_.get());
    curl_easy_setopt(easy.get(), CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy.get(), CURLOPT_WRITEFUNCTION, throw_away);
    return easy;
  }

  void begin(Line& line) {
    line.body.clear();
    request_.append_to(line.body, {wxpay::bench::sample_number(begun_++).text()});
    curl_easy_setopt(line.easy.get(), CURLOPT_POSTFIELDS, line.body.c_str());
    curl_easy_setopt(line.easy.get(), CURLOPT_POSTFIELDSIZE, static_cast<long>(line.body.size()));
    curl_easy_setopt(line.easy.get(), CURLOPT_PRIVATE, &line);
    check(curl_multi_add_handle(multi_.get(), line.easy.get()));
  }

  void take_ended() {
    int left = 0;
    while (const auto* message = curl_multi_info_read(multi_.get(), &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      const auto result = message->data.result;
      long status = 0;
      Line* line = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_RESPONSE_CODE, &status);
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &line);
      if (result != CURLE_OK) throw std::runtime_error{curl_easy_strerror(result)};
      if (status != 200) throw std::runtime_error{"HTTP " + std::to_string(status)};
      ++ended_;
      check(curl_multi_remove_handle(multi_.get(), line->easy.get()));
      if (begun_ < count_) begin(*line);
    }
  }

  std::string url_;
  std::int64_t count_;
  wxpay::TextTemplate request_;
  Multi multi_;
  Headers headers_;
  std::deque<Line> lines_;
  std::int64_t begun_ = 0;
  std::int64_t ended_ = 0;
};

double cpu_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

std::int64_t count_of(std::string_view text) {
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  return error == std::errc{} && end == text.data() + text.size() ? count : 0;
}

void print_body() {
  std::string body;
  wxpay::bench::creation_request().append_to(body, {wxpay::bench::sample_number(0).text()});
  std::fwrite(body.data(), 1, body.size(), stdout);
}

}  // namespace

int main(int argc, char** argv) {
  const auto count = argc == 4 ? count_of(argv[2]) : 0;
  const auto connections = argc == 4 ? count_of(argv[3]) : 0;
  const bool body_alone = argc == 2 && std::string_view{argv[1]} == "--body";
  if (!body_alone && (count <= 0 || connections <= 0)) {
    std::fputs("usage: wxpay_curl_floor URL COUNT CONNECTIONS | --body\n", stderr);
    return 2;
  }
  try {
    if (body_alone) {
      print_body();
      return 0;
    }
    curl_global_init(CURL_GLOBAL_DEFAULT);
    const auto start = std::chrono::steady_clock::now();
    Floor{std::string{argv[1]} + "/pay/unifiedorder", count}.run(connections);
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    std::printf("{\"requests\":%lld,\"seconds\":%.4f,\"cpuSeconds\":%.4f}\n", static_cast<long long>(count),
                taken.count(), cpu_seconds());
    curl_global_cleanup();
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "wxpay_curl_floor: %s\n", failure.what());
    return 1;
  }
  return 0;
}
