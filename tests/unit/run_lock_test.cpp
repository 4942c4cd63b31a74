#include "ledger/sqlite/run_lock.hpp"

#include <doctest/doctest.h>

#include <filesystem>

#include "support/ledger_fixture.hpp"

using namespace wxpay;
using namespace wxpay::test::ledger_fixture;
using ledger::RunLock;

namespace {

const auto now = standing_clock().now();
const auto ours = intent_of("T1").merchant;

struct LockFile {
  LedgerFolder folder;
  std::filesystem::path path = folder.ledger().string() + ".reconcile.lock";

  std::optional<std::chrono::sys_seconds> last(const MerchantIdentity& merchant = ours) const {
    return RunLock::last_complete(folder.ledger(), LedgerJob::reconcile, merchant);
  }
};

MerchantIdentity of_app(const char* app_id, const char* sub_mch_id = "") {
  auto merchant = ours;
  merchant.app_id = AppId{app_id};
  merchant.sub_mch_id = MerchantId{sub_mch_id};
  return merchant;
}

}  // namespace

TEST_CASE_FIXTURE(LockFile, "the lock's file keeps when the last complete run of each app began") {
  CHECK_FALSE(last());
  CHECK_FALSE(std::filesystem::exists(path));
  RunLock lock{folder.ledger(), LedgerJob::reconcile};
  CHECK_FALSE(last());
  lock.set_complete(ours, now);
  CHECK((last() == now));
  const auto other = of_app("wx9999999999999999");
  const auto sub = of_app(ours.app_id.text().c_str(), "1900000200");
  CHECK_FALSE(last(other));
  CHECK_FALSE(last(sub));
  lock.set_complete(other, now - std::chrono::hours{72});
  lock.set_complete(sub, now - std::chrono::hours{48});
  lock.set_complete(ours, now + std::chrono::hours{1});
  CHECK((last() == now + std::chrono::hours{1}));
  CHECK((last(other) == now - std::chrono::hours{72}));
  CHECK((last(sub) == now - std::chrono::hours{48}));
}

TEST_CASE_FIXTURE(LockFile, "complete runs are set back for every app at once") {
  RunLock lock{folder.ledger(), LedgerJob::reconcile};
  lock.reset_complete();
  CHECK_FALSE(last());
  const auto other = of_app("wx9999999999999999");
  lock.set_complete(ours, now);
  lock.set_complete(other, now);
  lock.reset_complete();
  CHECK((last() == std::chrono::sys_seconds{}));
  CHECK((last(other) == std::chrono::sys_seconds{}));
}

TEST_CASE_FIXTURE(LockFile, "what is no time of a run counts as none, and is gone with the next one") {
  RunLock lock{folder.ledger(), LedgerJob::reconcile};
  lock.set_complete(ours, now);
  const auto whole = read_bytes(path);
  const auto rest = whole.substr(0, whole.rfind(' ') + 1);
  for (const auto& text :
       {std::string{}, std::string{"nonsense\n"}, whole.substr(0, whole.size() - 1), rest + "\n",
        rest + "2026-13-45T00:00:00+08:00\n", rest + "now\n", "x" + whole, std::string(whole.size(), '\0'),
        rest + "x 2026-11-23T16:00:00+08:00\n", std::string(200'000, 'x')}) {
    CAPTURE(text.substr(0, 200));
    write_bytes(path, text);
    CHECK_FALSE(last());
    lock.set_complete(ours, now);
    CHECK((last() == now));
    CHECK(read_bytes(path).find("nonsense") == std::string::npos);
  }
}
