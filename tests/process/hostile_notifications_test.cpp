#include <doctest/doctest.h>

#include "support/replay_case.hpp"

using namespace wxpay::test;

namespace {

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("what never ends hides no notification that was saved after it") {
  const ReplayCase at;
  for (const auto* number : {"ORDER-1", "ORDER-2", "ORDER-3"}) at.order(number);
  const auto payments = payment("ORDER-1") + payment("ORDER-2") + "\n" + payment("ORDER-3");
  const auto other = payment("OTHER-1");
  const std::pair<const char*, std::string> rows[] = {
      {"a comment", "<xml><!--</xml>\n"},
      {"a comment before any root", "<!--"},
      {"CDATA", "<xml><a><![CDATA["},
      {"CDATA that the next message would end", "<xml><appid><![CDATA["},
      {"a message cut off in CDATA", other.substr(0, other.find("1900000109") + 3)},
      {"a message cut off in a name", other.substr(0, other.find("<openid>") + 4)},
      {"a message cut off in its last tag", other.substr(0, other.size() - 1) + "\n"},
      {"a DOCTYPE", "<!DOCTYPE xml>"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.first);
    const auto result = at.replay({"-", "--dry-run"}, row.second + payments);
    CHECK(result.code == 1);
    CHECK(outcomes_of(result.out) == Names{"MALFORMED", "APPLIED", "APPLIED", "APPLIED"});
    CHECK(json_lines(result.out).back()["source"] == "-:4");
  }
}

TEST_CASE("a signed notification stays whole, whatever its texts hold") {
  for (const std::string attach :
       {"<xml>", "</xml>", "<xml><a><![CDATA[1</a></xml>", "<?xml version=\"1.0\"?>", "<xml><!--"}) {
    CAPTURE(attach);
    const ReplayCase at;
    at.order("ORDER-1");
    at.order("ORDER-2");
    const auto document = payment("ORDER-1", {{"attach", attach}});
    const auto result = at.replay({"-"}, "<xml><appid><![CDATA[" + document + document + payment("ORDER-2"));
    CHECK(outcomes_of(result.out) == Names{"MALFORMED", "APPLIED", "ALREADY_APPLIED", "APPLIED"});
    // One that was changed is no reason to believe what it holds.
    const auto changed = at.replay({"-"}, replaced(document, "[1000]", "[1]"));
    CHECK(changed.code != 0);
    CHECK_FALSE(contains(changed.out, "APPLIED"));
  }
}
