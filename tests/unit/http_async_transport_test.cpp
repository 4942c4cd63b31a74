#include <doctest/doctest.h>

#include <thread>

#include "support/http_client.hpp"
#include "support/raw_server.hpp"

using namespace std::chrono_literals;
using namespace wxpay;
using namespace wxpay::test;

namespace {

struct Post {
  explicit Post(const std::string& url, std::string text = "<xml/>")
      : request{.url = url, .headers = text_xml, .body = std::move(text)} {}
  HttpRequest request;
};

/// A async transport of three slots with what it refers to.
struct Slots {
  StopButton stop;
  KeptLog log;
  std::unique_ptr<AsyncTransport> async_transport{
      net::make_http_async_transport({{}, "wxpayctl/test"}, 3, stop, log)};

  /// What arrives first; the test fails where nothing does.
  std::vector<AsyncTransport::Arrival> next() {
    for (int i = 0; i < 200; ++i) {
      auto arrived = async_transport->await(100ms);
      if (!arrived.empty()) return arrived;
    }
    FAIL("nothing arrives");
    return {};
  }
};

}  // namespace

TEST_CASE("each slot has its own request, and a slow one holds up no other") {
  std::atomic<bool> first_may_end = false;
  RawServer server{[&](Peer& peer) {
    while (const auto request = peer.read_request()) {
      const bool slow = contains(*request, "<slow/>");
      while (slow && !first_may_end) {
        if (!peer.pause(1ms)) return;
      }
      peer.send(http_answer(slow ? "slow" : "quick"));
    }
  }};
  Slots slots;
  const Post slow{server.url(), "<slow/>"};
  const Post quick{server.url(), "<quick/>"};
  slots.async_transport->start(2, slow.request);
  for (int i = 0; i < 5; ++i) {
    slots.async_transport->start(0, quick.request);
    const auto arrived = slots.next();
    REQUIRE(arrived.size() == 1);
    CHECK(arrived[0].slot == 0);
    CHECK(answer(arrived[0].result).body == "quick");
  }
  first_may_end = true;
  const auto arrived = slots.next();
  REQUIRE(arrived.size() == 1);
  CHECK(arrived[0].slot == 2);
  CHECK(answer(arrived[0].result).body == "slow");
  // The quick ones had one connection between them.
  CHECK(server.connections() == 2);
}

TEST_CASE("a failure is the result of its own slot") {
  RawServer server{answering({http_answer("ok")})};
  Slots slots;
  const Post good{server.url()};
  const Post malformed{"no url"};
  slots.async_transport->start(0, good.request);
  slots.async_transport->start(1, malformed.request);
  std::vector<AsyncTransport::Arrival> arrived;
  while (arrived.size() < 2) {
    for (auto& one : slots.next()) arrived.push_back(std::move(one));
  }
  for (const auto& one : arrived) {
    if (one.slot == 0) CHECK(answer(one.result).body == "ok");
    if (one.slot == 1) CHECK_FALSE(failure(one.result).sent);
  }
}

TEST_CASE("a wait ends when it is woken, also where that came first") {
  // Nothing is under way, so that nothing else ends it.
  Slots slots;
  slots.async_transport->wake();
  CHECK(slots.async_transport->await(1h).empty());
  std::thread waker{[&] { slots.async_transport->wake(); }};
  CHECK(slots.async_transport->await(1h).empty());
  waker.join();
}

TEST_CASE("all that is under way ends when the program is asked to stop") {
  Slots slots;
  std::atomic<int> asked = 0;
  RawServer server{[&](Peer& peer) {
    peer.read_request();
    if (++asked == 2) slots.stop.press();
    peer.wait_for_close();
  }};
  const Post post{server.url()};
  slots.async_transport->start(0, post.request);
  slots.async_transport->start(1, post.request);
  const auto arrived = slots.next();
  REQUIRE(arrived.size() == 2);
  for (const auto& one : arrived) {
    const auto found = failure(one.result);
    CHECK(found.kind == ErrorKind::interrupted);
    CHECK(found.sent);
  }
  server.wait_for_closed(2);
}
