#include "gateway/saved_messages.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "gateway/v2/notifications.hpp"
#include "support/signed_answer.hpp"

using namespace wxpay;
using namespace wxpay::test;

namespace {

/// The bodies of a file that comes in pieces of at most so many bytes.
std::vector<std::string> bodies_of(const std::string& file, std::size_t most) {
  const auto reader = v2::make_notification_reader(shop_account());
  gateway::SavedMessages messages{[&file, most, at = std::size_t{0}](char* buffer, std::size_t size) mutable {
                                    const auto count = std::min({most, size, file.size() - at});
                                    file.copy(buffer, count, at);
                                    at += count;
                                    return count;
                                  },
                                  *reader};
  std::vector<std::string> bodies;
  while (auto cut = messages.next()) {
    const auto saved = gateway::taken_apart(*std::move(cut));
    CHECK(saved.message.headers.empty());
    bodies.push_back(saved.too_large ? "too large" : saved.message.body);
  }
  return bodies;
}

}  // namespace

TEST_CASE("a file is cut into messages, however it arrives and whatever stands before them") {
  using Bodies = std::vector<std::string>;
  const auto genuine = signed_answer(answer_fields({{"attach", "<xml>"}}));
  struct Row {
    const char* what;
    std::string file;
    Bodies expected;
  };
  const Row rows[] = {
      {"two messages", "<xml>1</xml>\n<xml>2</xml>", {"<xml>1</xml>", "<xml>2</xml>"}},
      {"a byte-order mark and blanks", "\xEF\xBB\xBF \r\n<xml>1</xml>", {"<xml>1</xml>"}},
      {"a signed message that holds the beginning of another", genuine + genuine, {genuine, genuine}},
      {"no message", "saved by hand", {"saved by hand"}},
      {"a log with a message in it", "POST /n\n<xml>1</xml>", {"POST /n\n", "<xml>1</xml>"}},
      {"nothing", "", {""}},
      {"one that is too large", "<xml>" + std::string(largest_notification, 'x'), {"too large"}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    for (const std::size_t piece : {65'536U, 1U, 3U}) {
      CAPTURE(piece);
      CHECK(bodies_of(row.file, piece) == row.expected);
    }
  }
}

TEST_CASE("the end of the input is asked for once, as a terminal says it once") {
  const auto reader = v2::make_notification_reader(shop_account());
  for (const std::string_view text : {"", "<xml>1</xml>"}) {
    int ends = 0;
    bool is_read = text.empty();
    gateway::SavedMessages messages{[&](char* buffer, std::size_t) -> std::size_t {
                                      if (is_read) {
                                        ++ends;
                                        return 0;
                                      }
                                      is_read = true;
                                      return text.copy(buffer, text.size());
                                    },
                                    *reader};
    CHECK(messages.next().has_value());
    CHECK_FALSE(messages.next().has_value());
    CHECK(ends == 1);
  }
}

TEST_CASE("before anything was read no message is held, and reading waits for no more than one message") {
  const auto reader = v2::make_notification_reader(shop_account());
  int reads = 0;
  gateway::SavedMessages messages{[&reads](char* buffer, std::size_t) -> std::size_t {
                                    ++reads;
                                    constexpr std::string_view text = "<xml>1</xml><xml>2</xml>";
                                    text.copy(buffer, text.size());
                                    return text.size();
                                  },
                                  *reader};
  CHECK_FALSE(messages.holds_message());
  CHECK(messages.next().value().message.body == "<xml>1</xml>");
  CHECK(messages.holds_message());
  CHECK(messages.next().value().message.body == "<xml>2</xml>");
  CHECK(reads == 1);
  CHECK_FALSE(messages.holds_message());
}
