#include <doctest/doctest.h>
#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "support/ledger_fixture.hpp"

using namespace wxpay;
using namespace wxpay::test::ledger_fixture;

namespace {

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

mode_t mode_of(const std::filesystem::path& path) {
  struct stat found {};
  return ::stat(path.c_str(), &found) == 0 ? found.st_mode & 07777U : 0;
}

std::optional<Error> error_of_opening(const std::filesystem::path& path) {
  return error_of([&path] { open_ledger(path); });
}

/// Whether what follows in this process is held to file permissions, which root is not.
bool give_up_root() {
  if (::geteuid() != 0) return true;
  constexpr uid_t nobody = 65534;
  return ::setgroups(0, nullptr) == 0 && ::setgid(nobody) == 0 && ::setuid(nobody) == 0;
}

/// Runs the check as a user who is not root, in a process of its own.
void as_ordinary_user(const std::function<bool()>& holds) {
  constexpr int not_possible = 77;
  Child child{[&holds](Child&) {
    if (!give_up_root()) return not_possible;
    return holds() ? 0 : 1;
  }};
  const int status = child.wait();
  if (status == not_possible) {
    MESSAGE("not checked: this process may not become another user");
    return;
  }
  CHECK(status == 0);
}

}  // namespace

TEST_CASE("a new ledger and what stands beside it belong to the user alone, whatever the umask says") {
  const LedgerFolder folder;
  const mode_t umask_before = ::umask(0);
  const auto path = folder.path() / "a" / "b" / "shop.db";
  auto options = test_options();
  options.create_directories = true;
  const auto ledger = open_ledger(LedgerAddress{path}, options, standing_clock());
  create_order(*ledger, "T1");
  ::umask(umask_before);
  CHECK(mode_of(folder.path() / "a") == 0700);
  CHECK(mode_of(folder.path() / "a" / "b") == 0700);
  CHECK(mode_of(path) == 0600);
  CHECK(mode_of(path.string() + "-wal") == 0600);
  CHECK(mode_of(path.string() + "-shm") == 0600);
}

TEST_CASE("the mode of an existing ledger is kept") {
  const LedgerFolder folder;
  open_ledger(folder.ledger());
  REQUIRE(::chmod(folder.ledger().c_str(), 0640) == 0);
  create_order(*open_ledger(folder.ledger()), "T1");
  CHECK(mode_of(folder.ledger()) == 0640);
}

TEST_CASE("an open ledger is durable at every commit and knows what it is") {
  const LedgerFolder folder;
  const auto ledger = open_ledger(folder.ledger());
  RawDatabase raw{folder.ledger()};
  CHECK(raw.text("PRAGMA journal_mode") == "wal");
  CHECK(raw.number("PRAGMA user_version") == 5);
  CHECK(raw.number("PRAGMA application_id") == 0x7778706c);
  CHECK(raw.number("SELECT count(*) FROM pragma_table_list WHERE name IN ('orders', 'history', "
                   "'notifications') AND strict") == 3);
}

TEST_CASE("what is not a ledger is refused with its name and a hint, and left as it is") {
  const LedgerFolder folder;
  const auto path = folder.ledger();
  std::string expected;
  SUBCASE("a text") {
    write_bytes(path, std::string(5000, 'x'));
    expected = "is not a ledger";
  }
  SUBCASE("a few bytes") {
    write_bytes(path, "x");
    expected = "is not a ledger";
  }
  SUBCASE("another program's database") {
    RawDatabase{path}.run("CREATE TABLE bookmarks (url TEXT)");
    expected = "is a database of another program";
  }
  SUBCASE("another program's database with a name of its own") {
    RawDatabase{path}.run(
        "PRAGMA application_id = 42; PRAGMA user_version = 1; CREATE TABLE orders (no TEXT)");
    expected = "is a database of another program";
  }
  SUBCASE("a newer schema") {
    open_ledger(path);
    RawDatabase{path}.run("PRAGMA user_version = 7");
    expected = "has schema version 7, and this program knows versions up to 5";
  }
  SUBCASE("a ledger without its tables") {
    RawDatabase{path}.run("PRAGMA application_id = 0x7778706c; PRAGMA user_version = 1");
    expected = "is damaged";
  }
  SUBCASE("a ledger that lost its version") {
    open_ledger(path);
    RawDatabase{path}.run("PRAGMA user_version = 0");
    expected = "is damaged";
  }
  SUBCASE("a ledger with its end cut off") {
    create_order(*open_ledger(path), "T1");
    std::filesystem::resize_file(path, std::filesystem::file_size(path) - 5000);
    expected = "is damaged";
  }
  SUBCASE("a ledger of which little is left") {
    create_order(*open_ledger(path), "T1");
    std::filesystem::resize_file(path, 60);
    expected = "is not a ledger";
  }
  const auto before = read_bytes(path);
  for (const bool read_only : {false, true}) {
    CAPTURE(read_only);
    const auto error = error_of([&] { read_only ? (void)open_read_only(path) : (void)open_ledger(path); });
    REQUIRE(error);
    CHECK(error->kind() == ErrorKind::ledger);
    CHECK(contains(error->what(), path.string()));
    CHECK(contains(error->what(), expected));
    CHECK_FALSE(error->hint().empty());
    CHECK((read_bytes(path) == before));
  }
}

TEST_CASE("a path that no ledger can be at is refused with its name and a hint") {
  const LedgerFolder folder;
  struct Row {
    std::filesystem::path path;
    std::string expected;
  };
  REQUIRE(::mkfifo((folder.path() / "pipe").c_str(), 0600) == 0);
  write_bytes(folder.path() / "file", "");
  const Row rows[] = {
      {folder.path(), "is a directory"},
      {folder.path() / "missing" / "shop.db", "does not exist"},
      {folder.path() / "pipe", "is not a regular file"},
      {folder.path() / "file" / "shop.db", "cannot be reached"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.path.string());
    const auto error = error_of_opening(row.path);
    REQUIRE(error);
    CHECK(error->kind() == ErrorKind::ledger);
    CHECK(contains(error->what(), row.expected));
    CHECK_FALSE(error->hint().empty());
  }
}

TEST_CASE("names that SQLite or a URI would read differently are plain names") {
  const LedgerFolder folder;
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  for (const auto* name : {":memory:", "file:x?mode=memory", "100%20 #1.db"}) {
    CAPTURE(std::string{name});
    create_order(*open_ledger(name), "T1");
    CHECK(std::filesystem::is_regular_file(folder.path() / name));
    CHECK(open_read_only(name)->find(test_merchant(), number_of("T1")));
  }
  std::filesystem::current_path(before);
}

TEST_CASE("reading creates nothing and needs a ledger") {
  const LedgerFolder folder;
  const auto missing = error_of([&] { open_read_only(folder.ledger()); });
  REQUIRE(missing);
  CHECK(missing->kind() == ErrorKind::ledger);
  CHECK_FALSE(std::filesystem::exists(folder.ledger()));
  write_bytes(folder.ledger(), "");
  const auto empty = error_of([&] { open_read_only(folder.ledger()); });
  REQUIRE(empty);
  CHECK(contains(empty->what(), "is empty"));
}

TEST_CASE("reading sees what a writer at work has committed") {
  const LedgerFolder folder;
  const auto writer = open_ledger(folder.ledger());
  const auto reader = open_read_only(folder.ledger());
  for (int i = 0; i < 3; ++i) {
    const auto number = "T" + std::to_string(i);
    create_order(*writer, number);
    CHECK(reader->find(test_merchant(), number_of(number)));
    CHECK(reader->check({}).ok);
  }
}

TEST_CASE("an empty file and one whose making was interrupted become ledgers") {
  const LedgerFolder folder;
  SUBCASE("empty") { write_bytes(folder.ledger(), ""); }
  SUBCASE("with the log turned on") { RawDatabase{folder.ledger()}.run("PRAGMA journal_mode = WAL"); }
  SUBCASE("killed in the middle of the migration") {
    Child child{[&folder](Child& self) {
      RawDatabase raw{folder.ledger()};
      raw.run(
          "PRAGMA journal_mode = WAL; PRAGMA cache_size = 1; BEGIN IMMEDIATE; CREATE TABLE orders (no TEXT)");
      raw.run("INSERT INTO orders SELECT hex(randomblob(4000)) FROM pragma_function_list");
      self.tell('r');
      self.await_go();
      return 0;
    }};
    REQUIRE(child.hear());
    child.kill();
    child.wait();
  }
  create_order(*open_ledger(folder.ledger()), "T1");
  CHECK(open_ledger(folder.ledger())->check({}).ok);
}

TEST_CASE("a process killed at any moment of making a ledger leaves one that opens") {
  for (int round = 0; round < 40; ++round) {
    const LedgerFolder folder;
    Child child{[&folder](Child& self) {
      self.tell('s');
      create_order(*open_ledger(folder.ledger()), "T1");
      return 0;
    }};
    REQUIRE(child.hear());
    ::usleep(static_cast<useconds_t>(round * 150));
    child.kill();
    child.wait();
    const auto ledger = open_ledger(folder.ledger());
    create_order(*ledger, "T2");
    const auto report = ledger->check({});
    CHECK_MESSAGE(report.ok, report.problem);
  }
}

TEST_CASE("permissions that forbid are reported, and reading goes on where it may") {
  const LedgerFolder folder;
  const auto path = folder.ledger();
  create_order(*open_ledger(path), "T1");
  REQUIRE(::chmod(path.c_str(), 0644) == 0);
  REQUIRE(::chmod(folder.path().c_str(), 0555) == 0);
  const auto is_refused = [&path](std::string_view expected) {
    const auto error = error_of_opening(path);
    return error && error->kind() == ErrorKind::ledger && contains(error->what(), expected) &&
           !error->hint().empty();
  };
  SUBCASE("a new file in a folder that is read only") {
    as_ordinary_user([&folder] {
      const auto error = error_of_opening(folder.path() / "new.db");
      return error && error->kind() == ErrorKind::ledger && contains(error->what(), "cannot be created");
    });
  }
  SUBCASE("a file that is read only") {
    REQUIRE(::chmod(path.c_str(), 0444) == 0);
    as_ordinary_user([&] { return is_refused("cannot be written"); });
  }
  SUBCASE("a file that others may write, in a folder that they may not") {
    REQUIRE(::chmod(path.c_str(), 0666) == 0);
    as_ordinary_user([&] { return is_refused("cannot be written"); });
  }
  SUBCASE("reading a file in a folder that is read only") {
    as_ordinary_user([&path] {
      const auto reader = open_read_only(path);
      return reader->find(test_merchant(), number_of("T1")).has_value() && reader->check({}).ok;
    });
  }
  SUBCASE("reading a file that others may not read") {
    REQUIRE(::chmod(path.c_str(), 0000) == 0);
    as_ordinary_user([&path] {
      const auto error = error_of([&path] { open_read_only(path); });
      return error && contains(error->what(), "cannot be read");
    });
  }
  ::chmod(folder.path().c_str(), 0700);
}

TEST_CASE("a ledger that is removed or replaced while it is open is noticed before anything is reported") {
  for (const bool replace : {false, true}) {
    CAPTURE(replace);
    const LedgerFolder folder;
    create_order(*open_ledger(folder.ledger()), "T20261127180001");
    std::filesystem::copy_file(folder.ledger(), folder.path() / "copy.db");
    const auto ledger = open_ledger(folder.ledger());
    create_order(*ledger, "T20261127180002");
    if (replace) {
      std::filesystem::rename(folder.path() / "copy.db", folder.ledger());
    } else {
      std::filesystem::remove(folder.ledger());
    }
    const auto error = error_of([&] { create_order(*ledger, "T20261127180003"); });
    REQUIRE(error);
    CHECK((error->kind() == ErrorKind::ledger));
    CHECK(contains(error->what(), "was removed or replaced"));
  }
}

TEST_CASE("a stop ends the wait for another process at once") {
  const LedgerFolder folder;
  open_ledger(folder.ledger());
  RawDatabase other{folder.ledger()};
  REQUIRE(other.run("BEGIN IMMEDIATE") == "");
  struct Stopped final : Stop {
    bool requested() const noexcept override { return true; }
  };
  const Stopped stop;
  auto options = test_options();
  options.busy_wait = std::chrono::hours{1};
  options.stop = &stop;
  const auto error = error_of([&] {
    const auto ledger = open_ledger(LedgerAddress{folder.ledger()}, options, standing_clock());
    create_order(*ledger, "T20261127180001");
  });
  REQUIRE(error);
  CHECK((error->kind() == ErrorKind::interrupted));
}
