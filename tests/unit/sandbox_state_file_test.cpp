#include "sandbox/state_file.hpp"

#include <doctest/doctest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "sandbox/v2_request.hpp"
#include "support/sandbox_fixture.hpp"
#include "wxpay/error.hpp"

using namespace std::chrono_literals;
using wxpay::Error;
using wxpay::ErrorKind;
using wxpay::OrderState;
using wxpay::PayScheme;
using wxpay::sandbox::StateFile;
using wxpay::test::order_request;

namespace {

class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "sandbox-state-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }
  std::filesystem::path file() const { return path_ / "state.jsonl"; }
  std::filesystem::path path() const { return path_; }

 private:
  std::filesystem::path path_;
};

struct RecordedLog final : wxpay::Log {
  bool enabled(wxpay::LogLevel) const noexcept override { return true; }
  void write(wxpay::LogLevel, std::string_view line) override { lines.emplace_back(line); }
  std::vector<std::string> lines;
};

wxpay::sandbox::OrderTerms terms(const std::string& number, wxpay::test::Changes changes = {}) {
  return wxpay::sandbox::v2_terms(order_request(number, changes)).value();
}

/// One run of a server, as far as its orders go.
struct Run {
  wxpay::test::ManualClock clock;
  wxpay::SystemRandom random;
  RecordedLog log;
  StateFile file;
  wxpay::sandbox::Store store;

  explicit Run(const std::filesystem::path& path, const char* mch_id = "1900000109")
      : file{path, wxpay::MerchantId{mch_id}}, store{clock, random, file} {
    file.load(store, log);
  }
  void place(const std::string& number, wxpay::test::Changes changes = {}) {
    const auto placed = store.place(terms(number, changes), PayScheme::hmac_sha256);
    REQUIRE(std::holds_alternative<wxpay::sandbox::GatewayOrder>(placed));
  }
};

std::string content(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

void write(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream{path, std::ios::binary} << bytes;
}

std::size_t lines(const std::filesystem::path& path) {
  const auto bytes = content(path);
  return static_cast<std::size_t>(std::count(bytes.begin(), bytes.end(), '\n'));
}

/// The message of the Error{file} that opening brings, or "".
std::string complaint(const std::filesystem::path& path) {
  try {
    Run run{path};
    return "";
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::file);
    return error.what();
  }
}

}  // namespace

TEST_CASE("orders outlive the server, every field of them") {
  Folder folder;
  std::optional<wxpay::sandbox::GatewayOrder> native, paid, closed;
  {
    Run run{folder.file()};
    run.place("N", {{"trade_type", "NATIVE"}, {"product_id", "P\"1\""}, {"attach", "深圳\n分店"}});
    run.place("W", {{"trade_type", "MWEB"}});
    run.place("C");
    run.clock.advance(30s);
    run.store.pay("W", wxpay::Fen{5});
    run.store.close("C");
    native = run.store.find("N");
    paid = run.store.find("W");
    closed = run.store.find("C");
    CHECK(lines(folder.file()) == 6);
  }
  Run run{folder.file()};
  CHECK(lines(folder.file()) == 4);  // the format and an order each
  for (const auto& before : {native, paid, closed}) {
    const auto after = run.store.find(before->out_trade_no());
    REQUIRE(after);
    CAPTURE(before->out_trade_no());
    CHECK(wxpay::sandbox::to_state_line(*after) == wxpay::sandbox::to_state_line(*before));
    CHECK(after->terms.attach == before->terms.attach);
    CHECK(after->scheme == PayScheme::hmac_sha256);
    CHECK(after->state == before->state);
  }
  CHECK(run.store.find_transaction(paid->payment->transaction_id)->out_trade_no() == "W");
  const auto again = run.store.place(
      terms("N", {{"trade_type", "NATIVE"}, {"product_id", "P\"1\""}, {"attach", "深圳\n分店"}}),
      PayScheme::hmac_sha256);
  CHECK(std::get<wxpay::sandbox::GatewayOrder>(again).prepay_id == native->prepay_id);
  CHECK(run.log.lines.empty());
}

TEST_CASE("a state file of the first version is read, and written anew") {
  Folder folder;
  write(folder.file(), R"({"format":"wxpayctl-sandbox","version":1,"mchId":"1900000109"}
{"outTradeNo":"N","tradeState":"SUCCESS","parameters":{"appid":"wx8888888888888888","attach":"深圳\n分店","body":"测试商品","mch_id":"1900000109","notify_url":"http://127.0.0.1:9/notify","out_trade_no":"N","product_id":"P1","spbill_create_ip":"127.0.0.1","sub_mch_id":"1900000200","time_expire":"20261123110000","total_fee":"88","trade_type":"NATIVE"},"signType":"HMAC-SHA256","prepayId":"wx20261123100000d8f9e2b1c3a4958677","codeUrl":"weixin://wxpay/bizpayurl?pr=p4lpSuKzz","prepaidAt":"2026-11-23T10:00:00+08:00","createdAt":"2026-11-23T10:00:00+08:00","transactionId":"4200123456202611230123456789","paidFee":87,"timeEnd":"2026-11-23T10:01:00+08:00"}
)");
  std::string line;
  {
    Run run{folder.file()};
    const auto order = run.store.find("N");
    REQUIRE(order);
    line = wxpay::sandbox::to_state_line(*order);
    CHECK((order->terms.total == wxpay::Fen{88}));
    CHECK(order->terms.attach == "深圳\n分店");
    CHECK(order->terms.sub_mch_id == "1900000200");
    CHECK((order->payment->fee == wxpay::Fen{87}));
    // The same call again finds it paid: it has the same terms.
    const auto again = terms("N", {{"trade_type", "NATIVE"},
                                   {"product_id", "P1"},
                                   {"openid", ""},
                                   {"attach", "深圳\n分店"},
                                   {"sub_mch_id", "1900000200"},
                                   {"time_expire", "20261123110000"}});
    CHECK((order->terms == again));
  }
  CHECK(content(folder.file()).find("\"version\":3") != std::string::npos);
  CHECK(content(folder.file()).find("total_fee") == std::string::npos);
  CHECK(wxpay::sandbox::to_state_line(*Run{folder.file()}.store.find("N")) == line);
}

TEST_CASE("a line that a crash cut off is dropped, at whatever byte") {
  Folder folder;
  {
    Run run{folder.file()};
    run.place("A");
    run.place("B");
  }
  const auto whole = content(folder.file());
  const auto last = whole.rfind('\n', whole.size() - 2) + 1;
  for (std::size_t size = last; size < whole.size() - 1; size += 7) {
    CAPTURE(size);
    write(folder.file(), whole.substr(0, size));
    Run run{folder.file()};
    CHECK(run.store.find("A"));
    CHECK_FALSE(run.store.find("B"));
    CHECK(run.log.lines.size() == (size == last ? 0 : 1));
    CHECK(lines(folder.file()) == 2);
  }
  write(folder.file(), whole.substr(0, whole.size() - 1));  // only the line end is missing
  CHECK(Run{folder.file()}.store.find("B"));
}

TEST_CASE("a malformed line is named and the file left as it was") {
  Folder folder;
  {
    Run run{folder.file()};
    run.place("A");
    run.place("B");
  }
  const auto whole = content(folder.file());
  const auto second = whole.find('\n') + 1;
  struct Row {
    std::string bytes;
    std::string_view complaint;
  };
  auto broken = whole;
  broken[second + 3] = '\x01';
  auto no_state = whole;
  no_state.replace(no_state.find("NOTPAY"), 6, "NOWHERE");
  auto unpaid_success = whole;
  unpaid_success.replace(unpaid_success.find("NOTPAY"), 6, "SUCCESS");
  auto blank = whole;
  blank.insert(second, "\n");
  const Row rows[] = {
      {broken, "line 2: it is malformed"},
      {no_state, "line 2: it is malformed"},
      {unpaid_success, "line 2: it is malformed"},
      {blank, "line 2: it is malformed"},
      {whole.substr(second), "line 1: it is no sandbox state"},
      {"a key that must not be lost", "line 1: it is no sandbox state"},
      {"\n", "line 1: it is no sandbox state"},
  };
  for (const auto& row : rows) {
    write(folder.file(), row.bytes);
    CAPTURE(row.bytes);
    CHECK(complaint(folder.file()).find(row.complaint) != std::string::npos);
    CHECK(content(folder.file()) == row.bytes);
  }
}

TEST_CASE("a state file belongs to one server and one merchant at a time") {
  Folder folder;
  {
    Run run{folder.file()};
    run.place("A");
    CHECK(complaint(folder.file()).find("in use by another sandbox server") != std::string::npos);
    run.place("B");
  }
  try {
    Run run{folder.file(), "1900000110"};
    FAIL("it was taken");
  } catch (const Error& error) {
    CHECK(std::string{error.what()}.find("another merchant") != std::string::npos);
  }
  CHECK(Run{folder.file()}.store.find("B"));
  CHECK(std::distance(std::filesystem::directory_iterator{folder.path()}, {}) == 1);
}

TEST_CASE("a new file is its owner's alone, an old one keeps its mode and its link") {
  Folder folder;
  const auto mode = [&] {
    struct stat status {};
    REQUIRE(stat(folder.file().c_str(), &status) == 0);
    return status.st_mode & 0777U;
  };
  { Run run{folder.file()}; }
  CHECK(mode() == 0600);
  chmod(folder.file().c_str(), 0640);
  const auto link = folder.path() / "link";
  std::filesystem::create_symlink(folder.file(), link);
  { Run{link}.place("A"); }
  CHECK(mode() == 0640);
  CHECK(std::filesystem::is_symlink(link));
  CHECK(Run{folder.file()}.store.find("A"));
}

TEST_CASE("what cannot be a state file is refused") {
  Folder folder;
  CHECK(complaint(folder.path()).find("cannot open the state file") != std::string::npos);
  CHECK(complaint("/dev/null").find("not a regular file") != std::string::npos);
  CHECK(complaint(folder.path() / "none" / "x").find("cannot open the state file") != std::string::npos);
}

TEST_CASE("refunds outlive the server, and make their orders REFUND") {
  Folder folder;
  std::string before;
  {
    Run run{folder.file()};
    run.place("A");
    run.store.pay("A", {});
    const wxpay::sandbox::RefundTerms wanted{.out_refund_no = "R@1",
                                             .out_trade_no = "A",
                                             .refund_fee = wxpay::Fen{30},
                                             .total = wxpay::Fen{88},
                                             .notify_url = "http://127.0.0.1:9/refunds",
                                             .reason = "少了\"一杯\"",
                                             .funds_account = wxpay::FundsAccount::available};
    REQUIRE(std::holds_alternative<wxpay::sandbox::RefundOfOrder>(run.store.refund(wanted, PayScheme::rsa)));
    run.store.settle_refund("R@1", wxpay::RefundState::success);
    before = wxpay::sandbox::to_state_line(run.store.find_refund("R@1")->refund);
    CHECK(lines(folder.file()) == 5);
  }
  for (int i = 0; i < 2; ++i) {
    Run run{folder.file()};
    CHECK(lines(folder.file()) == 3);
    const auto found = run.store.find_refund("R@1");
    REQUIRE(found);
    CHECK(wxpay::sandbox::to_state_line(found->refund) == before);
    CHECK(found->refund.terms.reason == "少了\"一杯\"");
    CHECK((found->order.state == OrderState::refund));
    CHECK(run.store.find_refund_id(found->refund.refund_id));
    CHECK(run.store.refunds_of("A").size() == 1);
  }
  const auto whole = content(folder.file());
  for (const auto& change : {std::pair{"SUCCESS", "FAILED"}, std::pair{"\"successAt\"", "\"x\""},
                             std::pair{"\"outTradeNo\":\"A\",\"refund", "\"outTradeNo\":\"B\",\"refund"},
                             std::pair{"\"refundFee\":30", "\"refundFee\":0"}}) {
    CAPTURE(change.first);
    auto broken = whole;
    broken.replace(broken.find(change.first), std::string_view{change.first}.size(), change.second);
    write(folder.file(), broken);
    CHECK(complaint(folder.file()).find("line 3: it is malformed") != std::string::npos);
  }
}

TEST_CASE("a state file of the second version, without refunds, is read") {
  Folder folder;
  {
    Run run{folder.file()};
    run.place("A");
  }
  auto old = content(folder.file());
  old.replace(old.find("\"version\":3"), 11, "\"version\":2");
  write(folder.file(), old);
  CHECK(Run{folder.file()}.store.find("A"));
  CHECK(content(folder.file()).find("\"version\":3") != std::string::npos);
}
