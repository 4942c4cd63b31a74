#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/api.hpp"
#include "support/process.hpp"

namespace wxpay::test {

using Json = nlohmann::ordered_json;  // keeps the keys as they were printed

/// The only line of a text as JSON; the test fails where there are more, or none.
Json json_line(const std::string& text);
std::vector<Json> json_lines(const std::string& text);
std::vector<std::string> lines_of(const std::string& text);
std::vector<std::string> keys_of(const Json& object);
bool contains(std::string_view text, std::string_view part);

/// A folder of its own, removed at the end of the scope.
class TemporaryFolder {
 public:
  TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  TemporaryFolder(TemporaryFolder&&) = delete;
  TemporaryFolder& operator=(TemporaryFolder&&) = delete;
  ~TemporaryFolder();
  const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

/// A merchant's machine: a home of its own, an environment that points nowhere else, and the program.
class Shop {
 public:
  Shop();

  Command command(std::vector<std::string> arguments) const;
  Result run(std::vector<std::string> arguments) const;
  Result run(std::vector<std::string> arguments, std::string input) const;

  std::filesystem::path path(const std::string& name = {}) const;
  std::filesystem::path write(const std::string& name, std::string_view text, mode_t mode = 0600) const;
  std::string read(const std::string& name) const;
  /// Where a profile's ledger is unless something else is said.
  std::filesystem::path ledger(const std::string& profile = tested_api().profile) const;
  /// Writes the configuration with one profile, "shop", of the merchant below, and its key files.
  void configure(const std::string& base_url, const std::string& more_of_the_profile = {},
                 const Api& api = tested_api()) const;

  /// Makes a ledger without an order in it.
  void make_ledger() const;

  std::map<std::string, std::string> environment;

 private:
  TemporaryFolder folder_;
};

/// The merchant of Shop::configure.
inline constexpr const char* shop_mch_id = "1900000109";
inline constexpr const char* shop_app_id = "wx8888888888888888";
inline constexpr const char* shop_key = "Syn7heticTestKey0123456789abcdef";

/// `wxpayctl sandbox serve` on a free port. The shop's environment points to it from then on.
class Sandbox {
 public:
  /// @param state  the file it keeps its orders in; empty: none
  /// @param more  arguments of `sandbox serve`
  explicit Sandbox(Shop& shop, const std::filesystem::path& state = {},
                   const std::vector<std::string>& more = {});

  const std::string& url() const noexcept { return url_; }
  Process& process() noexcept { return process_; }
  std::vector<Json> orders() const;
  Json order(const std::string& out_trade_no) const;
  void pay(const std::string& out_trade_no, int fee = 0) const;
  std::vector<Json> refunds() const;
  Json refund(const std::string& out_refund_no) const;
  /// What becomes of a refund: SUCCESS, CLOSED, ABNORMAL or PROCESSING.
  void settle_refund(const std::string& out_refund_no, const std::string& state) const;
  void fault(const std::string& kind, int count = 1, Operation operation = Operation::any,
             int seconds = 5) const;
  /// How many such requests it has carried out.
  int requests(Operation operation = Operation::any) const;
  /// How many of any kind below this path, also commands of the sandbox itself.
  int requests_below(const std::string& path) const;
  /// Returns when it has carried out this many, answered or not.
  void wait_for_requests(int count, Operation operation = Operation::any) const;

 private:
  Json control(const std::string& path, const Json& request) const;
  int count(const std::function<bool(std::string_view request)>& is_meant) const;

  std::filesystem::path log_;
  Process process_;
  std::string url_;
};

/// One HTTP request to a loopback URL; gives the body of the answer.
std::string http_exchange(const std::string& url, const std::string& body = {});

/// The arguments of an acceptable JSAPI order of 1000 fen.
std::vector<std::string> create(const std::string& out_trade_no, std::vector<std::string> more = {});

}  // namespace wxpay::test
