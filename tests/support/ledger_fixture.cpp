#include "support/ledger_fixture.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "crypto/digest.hpp"

namespace wxpay::test::ledger_fixture {

namespace {

MerchantIdentity identity() { return {test_merchant(), AppId{"wxd678efh567hg6787"}, {}, {}}; }

void make_pipe(UniqueFd& read_end, UniqueFd& write_end) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error{"no pipe"};
  read_end = UniqueFd{ends[0]};
  write_end = UniqueFd{ends[1]};
}

}  // namespace

LedgerFolder::LedgerFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "wxpay-ledger-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error{"no temporary folder"};
  path_ = name;
}

LedgerFolder::~LedgerFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

const Clock& standing_clock() {
  static const LedgerClock clock;
  return clock;
}

LedgerOptions test_options() {
  LedgerOptions options;
  options.actor = "cashier";
  return options;
}

std::unique_ptr<Ledger> open_ledger(const std::filesystem::path& path) {
  return wxpay::open_ledger(LedgerAddress{path}, test_options(), standing_clock());
}

std::unique_ptr<Ledger> open_read_only(const std::filesystem::path& path) {
  auto options = test_options();
  options.read_only = true;
  return wxpay::open_ledger(LedgerAddress{path}, options, standing_clock());
}

const MerchantId& test_merchant() {
  static const MerchantId merchant{"1900000109"};
  return merchant;
}

OutTradeNo number_of(std::string_view text) { return OutTradeNo::trusted(std::string{text}); }

OrderIntent intent_of(std::string_view number, std::int64_t fee) {
  return {identity(),  number_of(number),
          Fen{fee},    TradeType::jsapi,
          "goods",     "https://pay.example.com/notify/order",
          "127.0.0.1", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o",
          {},          {},
          {},          {},
          {},          {},
          {},          {},
          false,       {},
          {}};
}

PaymentEvidence evidence_of(std::string_view number, EvidenceSource source, OrderState state) {
  return {source,
          identity(),
          number_of(number),
          state,
          {},
          source == EvidenceSource::hand ? std::optional<Fen>{} : Fen{1000},
          {},
          {},
          {},
          {},
          source == EvidenceSource::hand ? std::string{} : crypto::sha256_hex(number),
          {}};
}

PaymentEvidence payment_of(std::string_view number, EvidenceSource source) {
  auto evidence = evidence_of(number, source, OrderState::success);
  evidence.transaction_id = TransactionId{"42" + std::string{number}};
  evidence.time_end = standing_clock().now() - std::chrono::seconds{30};
  return evidence;
}

PaymentEvidence prepay_of(std::string_view number, std::string_view prepay_id) {
  auto evidence = evidence_of(number, EvidenceSource::create, OrderState::notpay);
  evidence.prepay = Prepay{PrepayId{std::string{prepay_id}},
                           {},
                           {},
                           PayScheme::hmac_sha256,
                           standing_clock().now() + std::chrono::hours{2}};
  return evidence;
}

void create_order(OrderLedger& ledger, std::string_view number) {
  ledger.begin(intent_of(number), {});
  ledger.settle(prepay_of(number));
}

std::optional<Error> error_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return error;
  }
  return std::nullopt;
}

RawDatabase::RawDatabase(const std::filesystem::path& path) {
  sqlite3* opened = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  handle_.reset(opened);
  if (code != SQLITE_OK) throw std::runtime_error{"sqlite3_open failed"};
  constexpr int wait_ms = 10'000;
  sqlite3_busy_timeout(opened, wait_ms);
}

std::string RawDatabase::run(const std::string& sql) {
  char* message = nullptr;
  const int code = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, &message);
  const Handle<char, sqlite3_free> owner{message};
  if (code == SQLITE_OK) return {};
  return message == nullptr ? sqlite3_errstr(code) : message;
}

std::string RawDatabase::text(const std::string& sql) {
  sqlite3_stmt* prepared = nullptr;
  sqlite3_prepare_v2(handle_.get(), sql.c_str(), -1, &prepared, nullptr);
  const Handle<sqlite3_stmt, sqlite3_finalize> statement{prepared};
  std::string all;
  while (sqlite3_step(prepared) == SQLITE_ROW) {
    for (int i = 0; i < sqlite3_column_count(prepared); ++i) {
      const void* bytes = sqlite3_column_blob(prepared, i);
      const auto size = static_cast<std::size_t>(sqlite3_column_bytes(prepared, i));
      if (!all.empty()) all += '|';
      if (bytes != nullptr) all.append(static_cast<const char*>(bytes), size);
    }
  }
  return all;
}

std::int64_t RawDatabase::number(const std::string& sql) {
  const auto answer = text(sql);
  return answer.empty() ? 0 : std::stoll(answer);
}

std::string RawDatabase::dump() {
  return text("SELECT * FROM orders ORDER BY seq") +
         text(
             "SELECT number, order_seq, at, from_state, to_state, source, actor, reason, digest, details, "
             "order_hash_before, order_hash, entry_hash FROM history ORDER BY number");
}

std::string read_bytes(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

void write_bytes(const std::filesystem::path& path, std::string_view bytes) {
  std::ofstream file{path, std::ios::binary | std::ios::trunc};
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

Child::Child(const std::function<int(Child&)>& work) {
  make_pipe(from_child_, to_parent_);
  make_pipe(from_parent_, to_child_);
  std::fflush(nullptr);
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error{"no process"};
  if (pid_ > 0) {
    to_parent_.reset();
    from_parent_.reset();
    return;
  }
  from_child_.reset();
  to_child_.reset();
  constexpr int on_exception = 99;
  int status = on_exception;
  try {
    status = work(*this);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "in the child: %s\n", error.what());
  }
  ::_exit(status);
}

Child::~Child() {
  kill();
  wait();
}

void Child::tell(char byte) const {
  if (::write(to_parent_.get(), &byte, 1) != 1) ::_exit(0);  // nobody listens any more
}

std::optional<char> Child::hear() const {
  char byte = 0;
  ssize_t count = 0;
  do {
    count = ::read(from_child_.get(), &byte, 1);
  } while (count < 0 && errno == EINTR);
  return count == 1 ? std::optional{byte} : std::nullopt;
}

void Child::await_go() const {
  char byte = 0;
  if (::read(from_parent_.get(), &byte, 1) != 1) ::_exit(0);
}

void Child::go() const {
  if (::write(to_child_.get(), "g", 1) != 1) throw std::runtime_error{"the child has ended"};
}

void Child::kill() {
  if (pid_ > 0) ::kill(pid_, SIGKILL);
}

int Child::wait() {
  if (pid_ <= 0) return 0;
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

}  // namespace wxpay::test::ledger_fixture
