#include "wxpay/ledger_place.hpp"

#include <doctest/doctest.h>

#include "support/ledger_fixture.hpp"

using namespace wxpay;
using namespace wxpay::test::ledger_fixture;

TEST_CASE("whether there is a ledger is said in words") {
  const LedgerFolder folder;
  const LedgerAddress address{folder.ledger()};
  const auto before = find_ledger(address);
  CHECK_FALSE(before.may_be_there);
  CHECK(before.why_not == "there is no ledger " + folder.ledger().string());
  open_ledger(folder.ledger());
  const auto after = find_ledger(address);
  CHECK(after.may_be_there);
  CHECK(after.why_not == "");
  // Nothing can be below a file.
  CHECK_FALSE(find_ledger(LedgerAddress{folder.ledger() / "shop.db"}).may_be_there);
  // One that cannot be reached may be there.
  const auto out_of_reach = find_ledger(LedgerAddress{folder.path() / std::string(300, 'x')});
  CHECK(out_of_reach.may_be_there);
  CHECK(out_of_reach.why_not.find("cannot be reached") != std::string::npos);
}

TEST_CASE("a job's lock goes to one at a time, whichever connection asks") {
  const LedgerFolder folder;
  const auto ledger = open_ledger(folder.ledger());
  const auto other = open_ledger(folder.ledger());
  const auto merchant = intent_of("T20261127180001").merchant;
  const auto now = standing_clock().now();
  CHECK_FALSE(ledger->last_complete(LedgerJob::reconcile, merchant));
  auto lock = ledger->lock(LedgerJob::reconcile);
  const auto error = error_of([&other] { other->lock(LedgerJob::reconcile); });
  REQUIRE(error);
  CHECK((error->kind() == ErrorKind::lock_held));
  lock->set_complete(merchant, now);
  CHECK((other->last_complete(LedgerJob::reconcile, merchant) == now));
  lock.reset();
  CHECK(other->lock(LedgerJob::reconcile) != nullptr);
}
