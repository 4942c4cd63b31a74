// Several real processes at one ledger, some of them killed, and a disk that is full.
#include <doctest/doctest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "support/ledger_fixture.hpp"

using namespace wxpay;
using namespace wxpay::test::ledger_fixture;

namespace {

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

void check_whole(const std::filesystem::path& path) {
  const auto report = open_ledger(path)->check({});
  CHECK_MESSAGE(report.ok, report.problem);
}

/// Begins and settles orders without end, and tells the parent each time one is on disk.
int write_without_end(const std::filesystem::path& path, const Child& self) {
  const auto ledger = open_ledger(path);
  for (int i = 0;; ++i) {
    const auto number = "T" + std::to_string(i);
    create_order(*ledger, number);
    ledger->settle(payment_of(number));
    self.tell('.');
  }
}

/// The number of orders that could be begun before an error; the error must be the one that is expected.
int begin_until_error(const std::filesystem::path& path,
                      const std::function<bool(const Error&)>& is_expected) {
  int done = 0;
  const auto error = error_of([&] {
    const auto ledger = open_ledger(path);
    for (;; ++done) ledger->begin(intent_of("T" + std::to_string(done)), {});
  });
  return error && is_expected(*error) ? done : -1;
}

/// Whether these orders, all reported as begun, are there, and the ledger is whole and takes another.
bool goes_on_with(const std::filesystem::path& path, int orders) {
  const auto ledger = open_ledger(path);
  for (int i = 0; i < orders; ++i) {
    if (!ledger->find(test_merchant(), number_of("T" + std::to_string(i)))) return false;
  }
  create_order(*ledger, "AFTER");
  return ledger->check({}).ok;
}

void write_id_map(const char* path, const std::string& text) { std::ofstream{path} << text; }

/// A file system of its own and of this size, seen by this process alone.
bool mount_small_disk(const std::filesystem::path& folder, const char* options) {
  const auto user = std::to_string(::geteuid());
  if (::geteuid() == 0) {
    if (::unshare(CLONE_NEWNS) != 0) return false;
  } else {
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
    write_id_map("/proc/self/setgroups", "deny");
    write_id_map("/proc/self/uid_map", user + " " + user + " 1");
  }
  return ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         ::mount("tmpfs", folder.c_str(), "tmpfs", 0, options) == 0;
}

}  // namespace

TEST_CASE("four processes at once lose no update, and each change happens once") {
  const LedgerFolder folder;
  constexpr int orders = 150;
  constexpr int writers = 4;
  const auto work = [&folder](Child& self) {
    self.await_go();
    const auto ledger = open_ledger(folder.ledger());
    for (int i = 0; i < orders; ++i) {
      const auto number = "T" + std::to_string(i);
      if (ledger->begin(intent_of(number), {}).decision.plan == CreatePlan::first) self.tell('b');
      if (ledger->settle(prepay_of(number)).settlement.verdict == Verdict::apply) self.tell('c');
      if (ledger->settle(payment_of(number)).settlement.verdict == Verdict::apply) self.tell('p');
      ledger->note(test_merchant(), number_of(number), EvidenceSource::query, std::to_string(::getpid()));
    }
    return 0;
  };
  std::vector<std::unique_ptr<Child>> children;
  children.reserve(writers);
  for (int i = 0; i < writers; ++i) children.push_back(std::make_unique<Child>(work));
  for (const auto& child : children) child->go();
  int begun = 0;
  int paid = 0;
  for (const auto& child : children) {
    while (const auto byte = child->hear()) {
      begun += *byte == 'b' ? 1 : 0;
      paid += *byte == 'p' ? 1 : 0;
    }
    CHECK(child->wait() == 0);
  }
  CHECK(begun == orders);
  CHECK(paid == orders);
  const auto report = open_ledger(folder.ledger())->check({});
  CHECK_MESSAGE(report.ok, report.problem);
  CHECK(report.count("orders") == orders);
  RawDatabase raw{folder.ledger()};
  CHECK(raw.number("SELECT count(*) FROM history WHERE reason IS NOT NULL") == writers * orders);
  CHECK(raw.number("SELECT count(*) FROM orders WHERE state = 7") == orders);
}

TEST_CASE("processes that make the same new ledger at once all succeed") {
  for (int round = 0; round < 15; ++round) {
    const LedgerFolder folder;
    std::vector<std::unique_ptr<Child>> children;
    children.reserve(4);
    for (int i = 0; i < 4; ++i) {
      children.push_back(std::make_unique<Child>([&folder, i](Child& self) {
        self.await_go();
        create_order(*open_ledger(folder.ledger()), "T" + std::to_string(i));
        return 0;
      }));
    }
    for (const auto& child : children) child->go();
    for (const auto& child : children) CHECK(child->wait() == 0);
    const auto report = open_ledger(folder.ledger())->check({});
    CHECK_MESSAGE(report.ok, report.problem);
    CHECK(report.count("orders") == 4);
  }
}

TEST_CASE(
    "a ledger that another process keeps locked is busy past the wait, can be read, and goes on after it") {
  const LedgerFolder folder;
  create_order(*open_ledger(folder.ledger()), "T1");
  Child holder{[&folder](Child& self) {
    RawDatabase raw{folder.ledger()};
    if (!raw.run("BEGIN IMMEDIATE").empty()) return 1;
    self.tell('l');
    self.await_go();
    return raw.run("COMMIT").empty() ? 0 : 1;
  }};
  REQUIRE(holder.hear());
  auto options = test_options();
  options.busy_wait = std::chrono::milliseconds{50};
  const auto ledger = open_ledger(LedgerAddress{folder.ledger()}, options, standing_clock());
  const auto error = error_of([&] { ledger->settle(payment_of("T1")); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::ledger_busy);
  CHECK(contains(error->what(), "is locked by another process"));
  CHECK(ledger->find(test_merchant(), number_of("T1")));
  CHECK(ledger->check({}).ok);
  holder.go();
  CHECK(holder.wait() == 0);
  CHECK(ledger->settle(payment_of("T1")).settlement.verdict == Verdict::apply);
}

TEST_CASE("opening waits for another process that is making the ledger, but not past the wait") {
  const LedgerFolder folder;
  for (const auto* lock : {"BEGIN; SELECT * FROM sqlite_schema", "BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"}) {
    CAPTURE(std::string{lock});
    write_bytes(folder.ledger(), "");
    Child holder{[&folder, lock](Child& self) {
      RawDatabase raw{folder.ledger()};
      if (!raw.run(lock).empty()) return 1;
      self.tell('l');
      self.await_go();
      return raw.run("ROLLBACK").empty() ? 0 : 1;
    }};
    REQUIRE(holder.hear());
    Child patient{[&folder](Child& self) {
      self.tell('s');
      create_order(*open_ledger(folder.ledger()), "T1");
      return 0;
    }};
    REQUIRE(patient.hear());
    auto options = test_options();
    options.busy_wait = std::chrono::milliseconds{50};
    const auto error =
        error_of([&] { open_ledger(LedgerAddress{folder.ledger()}, options, standing_clock()); });
    REQUIRE(error);
    CHECK(error->kind() == ErrorKind::ledger_busy);
    holder.go();
    CHECK(holder.wait() == 0);
    CHECK(patient.wait() == 0);
    check_whole(folder.ledger());
  }
}

TEST_CASE("a writer killed at work loses nothing that it had reported") {
  for (int round = 0; round < 12; ++round) {
    const LedgerFolder folder;
    Child writer{[&folder](Child& self) { return write_without_end(folder.ledger(), self); }};
    const int reports = 1 + round * 3;
    for (int i = 0; i < reports; ++i) REQUIRE(writer.hear());
    ::usleep(static_cast<useconds_t>(round * 70));
    writer.kill();
    CHECK(writer.wait() == -SIGKILL);
    const auto ledger = open_ledger(folder.ledger());
    for (int i = 0; i < reports; ++i) {
      const auto order = ledger->find(test_merchant(), number_of("T" + std::to_string(i)));
      REQUIRE(order);
      CHECK(order->state == OrderState::success);
    }
    const auto report = ledger->check({});
    CHECK_MESSAGE(report.ok, report.problem);
  }
}

TEST_CASE("a backup taken while another process writes is a whole ledger of one moment") {
  const LedgerFolder folder;
  Child writer{[&folder](Child& self) { return write_without_end(folder.ledger(), self); }};
  REQUIRE(writer.hear());
  const auto ledger = open_ledger(folder.ledger());
  std::int64_t entries_before = 0;
  std::string head_before = std::string(64, '0');
  for (int i = 0; i < 5; ++i) {
    for (int reports = 0; reports < 10; ++reports) REQUIRE(writer.hear());
    const auto target = folder.path() / ("copy" + std::to_string(i));
    ledger->backup(target);
    const auto report = open_read_only(target)->check(head_before);
    CHECK_MESSAGE(report.ok, report.problem);
    CHECK(report.entries > entries_before);
    CHECK(ledger->check(report.head).ok);
    entries_before = report.entries;
    head_before = report.head;
  }
  writer.kill();
  writer.wait();
  check_whole(folder.ledger());
}

TEST_CASE("a backup is private, complete, and never over an existing file") {
  const LedgerFolder folder;
  const auto ledger = open_ledger(folder.ledger());
  const auto target = folder.path() / "copy.db";
  SUBCASE("of an empty ledger") {
    ledger->backup(target);
    CHECK(open_ledger(target)->check({}).count("orders") == 0);
  }
  SUBCASE("of orders, and it can be written on") {
    for (int i = 0; i < 50; ++i) create_order(*ledger, "T" + std::to_string(i));
    ledger->backup(target);
    struct stat found {};
    REQUIRE(::stat(target.c_str(), &found) == 0);
    CHECK((found.st_mode & 07777U) == 0600);
    const auto copy = open_ledger(target);
    CHECK(copy->check(ledger->check({}).head).ok);
    CHECK(RawDatabase{target}.dump() == RawDatabase{folder.ledger()}.dump());
    copy->settle(payment_of("T1"));
    CHECK(copy->check({}).ok);
  }
  SUBCASE("by one who may only read") {
    create_order(*ledger, "T1");
    open_read_only(folder.ledger())->backup(target);
    CHECK(open_ledger(target)->find(test_merchant(), number_of("T1")));
  }
  SUBCASE("not over a file, nor over a link that leads nowhere") {
    write_bytes(target, "mine");
    std::filesystem::create_symlink("nowhere", folder.path() / "link");
    for (const auto& path : {target, folder.path() / "link", folder.ledger()}) {
      CAPTURE(path.string());
      const auto error = error_of([&] { ledger->backup(path); });
      REQUIRE(error);
      CHECK(error->kind() == ErrorKind::file);
      CHECK(contains(error->what(), "exists already"));
    }
    CHECK(read_bytes(target) == "mine");
  }
  SUBCASE("not into a folder that is missing") {
    const auto error = error_of([&] { ledger->backup(folder.path() / "missing" / "copy.db"); });
    REQUIRE(error);
    CHECK(error->kind() == ErrorKind::file);
  }
  for (const auto& entry : std::filesystem::directory_iterator{folder.path()}) {
    CHECK_FALSE(contains(entry.path().string(), "partial"));
  }
}

TEST_CASE("a full disk is reported, what was reported before is kept, and with space the ledger goes on") {
  const LedgerFolder folder;
  constexpr int not_possible = 77;
  Child child{[&folder](Child&) {
    if (!mount_small_disk(folder.path(), "size=768k")) return not_possible;
    const auto filler = folder.path() / "filler";
    write_bytes(filler, std::string(std::size_t{256} * 1024, 'x'));
    const int begun = begin_until_error(folder.ledger(), [](const Error& error) {
      return error.kind() == ErrorKind::ledger && contains(error.what(), "disk full") &&
             !error.hint().empty();
    });
    if (begun < 20) return 1;
    const auto backup_error = error_of([&] { open_ledger(folder.ledger())->backup(folder.path() / "copy"); });
    if (!backup_error || backup_error->kind() != ErrorKind::file) return 2;
    for (const auto& entry : std::filesystem::directory_iterator{folder.path()}) {
      if (contains(entry.path().string(), "copy")) return 3;
    }
    std::filesystem::remove(filler);
    return goes_on_with(folder.ledger(), begun) ? 0 : 4;
  }};
  const int status = child.wait();
  if (status == not_possible) {
    MESSAGE("not checked: this process may not mount a small disk");
    return;
  }
  CHECK(status == 0);
}

TEST_CASE("no space from the start is reported, and the ledger is made when there is some") {
  const LedgerFolder folder;
  constexpr int not_possible = 77;
  Child child{[&folder](Child&) {
    if (!mount_small_disk(folder.path(), "size=256k")) return not_possible;
    const auto filler = folder.path() / "filler";
    write_bytes(filler, std::string(std::size_t{256} * 1024, 'x'));
    const auto error = error_of([&] { create_order(*open_ledger(folder.ledger()), "T1"); });
    if (!error || error->kind() != ErrorKind::ledger || !contains(error->what(), "disk full")) return 1;
    std::filesystem::remove(filler);
    return goes_on_with(folder.ledger(), 0) ? 0 : 2;
  }};
  const int status = child.wait();
  if (status == not_possible) {
    MESSAGE("not checked: this process may not mount a small disk");
    return;
  }
  CHECK(status == 0);
}

TEST_CASE("a write that the system refuses is reported and loses nothing") {
  const LedgerFolder folder;
  Child child{[&folder](Child&) {
    std::signal(SIGXFSZ, SIG_IGN);
    constexpr rlim_t largest_file = rlim_t{300} * 1024;
    rlimit limit{};
    ::getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = largest_file;
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const int begun = begin_until_error(folder.ledger(),
                                        [](const Error& error) { return error.kind() == ErrorKind::ledger; });
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_FSIZE, &limit);
    if (begun < 10) return 1;
    return goes_on_with(folder.ledger(), begun) ? 0 : 2;
  }};
  CHECK(child.wait() == 0);
}
