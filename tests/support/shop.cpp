#include "support/shop.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace wxpay::test {

Json json_line(const std::string& text) {
  const auto found = json_lines(text);
  REQUIRE_MESSAGE(found.size() == 1, "not one line: " << text);
  return found.front();
}

std::vector<Json> json_lines(const std::string& text) {
  std::vector<Json> objects;
  for (const auto& line : lines_of(text)) objects.push_back(Json::parse(line));
  return objects;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream{text};
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::vector<std::string> keys_of(const Json& object) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : object.items()) keys.push_back(key);
  return keys;
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

TemporaryFolder::TemporaryFolder() {
  auto pattern = (std::filesystem::temp_directory_path() / "wxpayctl-process-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error{"cannot make a folder for the test"};
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

Shop::Shop() {
  environment = {{"HOME", path().string()},
                 {"XDG_STATE_HOME", path("state").string()},
                 {"XDG_CONFIG_HOME", path("config").string()},
                 {"PATH", "/usr/bin:/bin"},
                 {"LC_ALL", "C.UTF-8"}};
  for (const auto* name : {"ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "LLVM_PROFILE_FILE"}) {
    if (const auto* value = std::getenv(name); value != nullptr) environment[name] = value;
  }
}

Command Shop::command(std::vector<std::string> arguments) const {
  Command command;
  command.program = WXPAYCTL_PROGRAM;
  command.arguments = std::move(arguments);
  command.environment = environment;
  command.folder = folder_.path();
  return command;
}

Result Shop::run(std::vector<std::string> arguments) const {
  return test::run(command(std::move(arguments)));
}

Result Shop::run(std::vector<std::string> arguments, std::string input) const {
  auto with_input = command(std::move(arguments));
  with_input.input = std::move(input);
  return test::run(with_input);
}

std::filesystem::path Shop::path(const std::string& name) const {
  return name.empty() ? folder_.path() : folder_.path() / name;
}

std::filesystem::path Shop::write(const std::string& name, std::string_view text, mode_t mode) const {
  auto file = path(name);
  std::filesystem::create_directories(file.parent_path());
  std::ofstream{file, std::ios::binary} << text;
  if (::chmod(file.c_str(), mode) != 0) throw std::runtime_error{"cannot set a mode"};
  return file;
}

std::string Shop::read(const std::string& name) const {
  std::ostringstream text;
  text << std::ifstream{path(name), std::ios::binary}.rdbuf();
  return text.str();
}

void Shop::make_ledger() const {
  const auto result = run({"orders", "import", "-", "-q"}, "outTradeNo,totalFee\n");
  REQUIRE_MESSAGE(result.code == 0, result.err);
}

std::filesystem::path Shop::ledger(const std::string& profile) const {
  return path("state") / "wxpayctl" / (profile + ".db");
}

void Shop::configure(const std::string& base_url, const std::string& more_of_the_profile,
                     const Api& api) const {
  std::ostringstream text;
  text << "default_profile = \"shop\"\n\n[profiles.shop]\nmch_id = \"" << shop_mch_id << "\"\napp_id = \""
       << shop_app_id << "\"\nbody = \"test goods\"\nnotify_url = \"https://pay.example.com/notify\"\n"
       << "base_url = \"" << base_url << "\"\n"
       << api.profile_lines([this](const std::string& name, const std::string& content) {
            return write(name, content).string();
          })
       << more_of_the_profile;
  write("config/wxpayctl/config.toml", text.str());
}

namespace {

Command serve(const Shop& shop, const std::filesystem::path& state, const std::filesystem::path& log,
              const std::vector<std::string>& more) {
  std::vector<std::string> arguments{"sandbox", "serve", "--port",     "0",
                                     "--json",  "-v",    "--log-file", log.string()};
  if (!state.empty()) arguments.insert(arguments.end(), {"--state", state.string()});
  arguments.insert(arguments.end(), more.begin(), more.end());
  return shop.command(arguments);
}

std::filesystem::path new_log(const Shop& shop) {
  static std::atomic<int> number = 0;
  return shop.path("sandbox-" + std::to_string(++number) + ".log");
}

}  // namespace

Sandbox::Sandbox(Shop& shop, const std::filesystem::path& state, const std::vector<std::string>& more)
    : log_{new_log(shop)}, process_{serve(shop, state, log_, more)} {
  url_ = Json::parse(process_.read_line()).at("listening").get<std::string>();
  shop.environment["WXPAYCTL_PROFILE"] = tested_api().profile;
  shop.environment["WXPAYCTL_BASE_URL"] = url_;
}

std::vector<Json> Sandbox::orders() const { return json_lines(http_exchange(url_ + "/sandbox/orders")); }

Json Sandbox::order(const std::string& out_trade_no) const {
  for (auto& order : orders()) {
    if (order.at("outTradeNo") == out_trade_no) return order;
  }
  throw std::runtime_error{"the sandbox has no order " + out_trade_no};
}

std::vector<Json> Sandbox::refunds() const { return json_lines(http_exchange(url_ + "/sandbox/refunds")); }

Json Sandbox::refund(const std::string& out_refund_no) const {
  for (auto& refund : refunds()) {
    if (refund.at("outRefundNo") == out_refund_no) return refund;
  }
  throw std::runtime_error{"the sandbox has no refund " + out_refund_no};
}

void Sandbox::settle_refund(const std::string& out_refund_no, const std::string& state) const {
  control("/sandbox/refund", {{"outRefundNo", out_refund_no}, {"state", state}});
}

Json Sandbox::control(const std::string& path, const Json& request) const {
  auto answer = Json::parse(http_exchange(url_ + path, request.dump()));
  REQUIRE_MESSAGE(!answer.contains("code"), answer.dump());
  return answer;
}

void Sandbox::pay(const std::string& out_trade_no, int fee) const {
  Json request{{"outTradeNo", out_trade_no}};
  if (fee != 0) request["fee"] = fee;
  control("/sandbox/pay", request);
}

void Sandbox::fault(const std::string& kind, int count, Operation operation, int seconds) const {
  Json request{{"kind", kind}};
  if (kind != "none") {
    request.update({{"count", count}, {"match", tested_api().path(operation)}, {"seconds", seconds}});
  }
  control("/sandbox/fault", request);
}

int Sandbox::requests(Operation operation) const {
  return count([operation](std::string_view request) { return tested_api().asks(operation, request); });
}

int Sandbox::requests_below(const std::string& path) const {
  return count([&path](std::string_view request) { return request.starts_with("POST " + path); });
}

int Sandbox::count(const std::function<bool(std::string_view request)>& is_meant) const {
  std::ifstream log{log_};
  int count = 0;
  for (std::string line; std::getline(log, line);) {
    auto request = line.find(" POST ");
    if (request == std::string::npos) request = line.find(" GET ");
    if (request != std::string::npos && is_meant(std::string_view{line}.substr(request + 1))) ++count;
  }
  return count;
}

void Sandbox::wait_for_requests(int count, Operation operation) const {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes{1};
  while (requests(operation) < count) {
    if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error{"no request in a minute"};
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
}

std::string http_exchange(const std::string& url, const std::string& body) {
  constexpr std::string_view scheme = "http://127.0.0.1:";
  REQUIRE(url.starts_with(scheme));
  const auto slash = url.find('/', scheme.size());
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port =
      htons(static_cast<std::uint16_t>(std::stoi(url.substr(scheme.size(), slash - scheme.size()))));
  const UniqueFd socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error{"nobody listens at " + url};
  }
  const auto request =
      (body.empty() ? "GET " : "POST ") + url.substr(slash) +
      " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Type: application/json\r\n"
      "Content-Length: " +
      std::to_string(body.size()) + "\r\n\r\n" + body;
  if (::send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(request.size())) {
    throw std::runtime_error{"cannot send to " + url};
  }
  std::string answer;
  std::array<char, 16'384> buffer;
  for (ssize_t got = 0; (got = ::recv(socket.get(), buffer.data(), buffer.size(), 0)) > 0;) {
    answer.append(buffer.data(), static_cast<std::size_t>(got));
  }
  const auto head = answer.find("\r\n\r\n");
  if (head == std::string::npos) throw std::runtime_error{"no answer from " + url};
  return answer.substr(head + 4);
}

std::vector<std::string> create(const std::string& out_trade_no, std::vector<std::string> more) {
  std::vector<std::string> arguments{"create-order", "--out-trade-no", out_trade_no, "--openid",
                                     "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"};
  const bool own_amount = std::any_of(more.begin(), more.end(), [](const std::string& argument) {
    return argument == "--total-fee" || argument == "--amount";
  });
  if (!own_amount) arguments.insert(arguments.end(), {"--total-fee", "1000"});
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

}  // namespace wxpay::test
