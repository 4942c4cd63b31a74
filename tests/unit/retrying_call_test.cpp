#include "gateway/retrying_call.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "gateway/clock_check.hpp"
#include "support/fakes.hpp"

using namespace wxpay;
using namespace wxpay::test;
using namespace std::chrono_literals;

namespace {

HttpResult unreachable() { return TransportFailure{ErrorKind::network, false, "cannot connect"}; }

/// An API that signs each try anew, with the time.
struct TimedApi {
  explicit TimedApi(FakeWorld& fakes) : world{fakes} {}

  QueryOutcome ask() {
    const auto prepare = [this](HttpRequest& request, const std::string& base_url) {
      request.url = base_url + "/orders/T1?mchid=1900000109";
      request.headers = {
          {"Authorization", "at " + std::to_string(world.clock.now().time_since_epoch().count())}};
    };
    const auto read = [this](const HttpResponse& response, const gateway::Origin& origin) -> QueryOutcome {
      speakers.emplace_back(origin.speaker);
      if (response.status == 429) return Unknown{.code = "BUSY", .repeatable = true};
      return Refused{{.code = std::to_string(response.status)}, Reaction::refuse, {}};
    };
    gateway::RetryingCall<QueryOutcome, decltype(prepare), decltype(read)> call{
        {hosts, world.clock, world.random, world.stop, world.log},
        {.method = HttpMethod::get},
        30s,
        prepare,
        read};
    while (const auto pause = call.on_result(world.transport.send(call.next_attempt()))) {
      world.clock.sleep_for(*pause);
    }
    return call.outcome();
  }

  FakeWorld& world;
  gateway::Hosts hosts{{"https://api.mch.weixin.qq.com", "https://fallback.example"}};
  std::vector<std::string> speakers;
};

}  // namespace

TEST_CASE("every try is made ready anew, for the host that it goes to") {
  FakeWorld world;
  TimedApi api{world};
  world.random.constant = std::byte{0xFF};
  world.transport.then(unreachable())
      .then(HttpResponse{503, ""})
      .then(HttpResponse{429, ""})
      .then(unreachable())
      .then(HttpResponse{404, ""});
  const auto outcome = api.ask();
  REQUIRE(std::holds_alternative<Refused>(outcome));
  const auto& refused = std::get<Refused>(outcome);
  CHECK(refused.said.code == "404");
  CHECK(refused.speaker.empty());
  CHECK(refused.doubtful_before);
  CHECK(api.speakers == std::vector<std::string>{"fallback.example", "fallback.example", "WeChat Pay"});
  std::vector<std::string> tries;
  for (const auto& request : world.transport.requests) {
    CHECK((request.method == HttpMethod::get));
    tries.push_back(request.url.substr(0, request.url.find("/orders")) + " " + request.headers[0].value);
  }
  CHECK(tries == std::vector<std::string>{
                     "https://api.mch.weixin.qq.com at 1795420800", "https://fallback.example at 1795420800",
                     "https://fallback.example at 1795420800", "https://fallback.example at 1795420801",
                     "https://api.mch.weixin.qq.com at 1795420803"});
  CHECK(world.clock.pauses == std::vector<std::chrono::milliseconds>{200ms, 400ms, 800ms, 1'600ms});
}

TEST_CASE("pauses double up to a limit, and chance takes up to half") {
  struct Row {
    int tries;
    std::byte draw;
    std::chrono::milliseconds pause;
  };
  const Row rows[] = {{1, std::byte{0}, 100ms},     {1, std::byte{0xFF}, 200ms},
                      {2, std::byte{0}, 200ms},     {4, std::byte{0xFF}, 1600ms},
                      {5, std::byte{102}, 2'240ms}, {6, std::byte{0xFF}, 5'000ms},
                      {9, std::byte{0}, 2'500ms}};
  for (const auto& row : rows) {
    CAPTURE(row.tries);
    CHECK(gateway::back_off(row.tries, row.draw).count() == row.pause.count());
  }
}

TEST_CASE("a check of the clock is one try, and needs no answer that can be believed") {
  FakeWorld world;
  struct Row {
    HttpResult result;
    bool answered;
    bool dated;
  };
  const Row rows[] = {{HttpResponse{400, "", world.clock.now()}, true, true},
                      {HttpResponse{200, ""}, true, false},
                      {unreachable(), false, false}};
  for (const auto& row : rows) {
    gateway::ClockCheck check{{.url = "https://main.example/"}, world.clock};
    CHECK(check.next_attempt().url == "https://main.example/");
    const auto sent = world.clock.now();
    world.clock.advance(3s);
    CHECK_FALSE(check.on_result(row.result).has_value());
    const auto reading = check.outcome();
    CHECK(reading.answered == row.answered);
    CHECK(reading.date.has_value() == row.dated);
    CHECK((reading.sent == sent));
    CHECK((reading.received == sent + 3s));
  }
}
