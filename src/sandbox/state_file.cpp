#include "sandbox/state_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <utility>
#include <variant>

#include "base/io.hpp"
#include "sandbox/v2_request.hpp"
#include "wire/json.hpp"
#include "wxpay/error.hpp"
#include "wxpay/time.hpp"

namespace wxpay::sandbox {

namespace {

constexpr std::string_view format_name = "wxpayctl-sandbox";
/// Version 1 had an order's terms as the fields of its unifiedorder. It is read, and written anew as
/// version 2.
constexpr std::int64_t oldest_version = 1;
constexpr std::int64_t format_version = 2;

[[noreturn]] void fail(const std::string& what, const std::string& path, std::string hint = {}) {
  throw Error{ErrorKind::file, what + " " + path + ": " + std::strerror(errno), std::move(hint)};
}

/// Whether the path still names the file that is open: a server that starts puts a new one in its place.
bool is_still(const std::string& path, int fd) {
  struct stat opened {};
  struct stat named {};
  return fstat(fd, &opened) == 0 && stat(path.c_str(), &named) == 0 && opened.st_ino == named.st_ino &&
         opened.st_dev == named.st_dev;
}

UniqueFd open_locked(const std::string& path) {
  constexpr int tries = 10;
  for (int i = 0; i < tries; ++i) {
    UniqueFd file{::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600)};
    if (!file) fail("cannot open the state file", path);
    struct stat status {};
    if (fstat(file.get(), &status) != 0) fail("cannot open the state file", path);
    if (!S_ISREG(status.st_mode)) {
      throw Error{ErrorKind::file, "the state file " + path + " is not a regular file"};
    }
    if (flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK) fail("cannot lock the state file", path);
      break;
    }
    if (is_still(path, file.get())) return file;
  }
  throw Error{ErrorKind::file, "the state file " + path + " is in use by another sandbox server",
              "stop that server, or give this one a file of its own"};
}

std::string text_at(const wire::JsonObject& object, std::string_view key) {
  return wire::text_of(object, key).value_or("");
}

std::optional<std::chrono::sys_seconds> time_at(const wire::JsonObject& object, std::string_view key) {
  return parse_rfc3339(text_at(object, key));
}

std::optional<Fields> fields_at(const wire::JsonObject& object, std::string_view key) {
  const auto* value = wire::find(object, key);
  if (value == nullptr || value->kind != wire::JsonValue::Kind::object) return std::nullopt;
  Fields fields;
  for (const auto& [name, field] : value->members) {
    if (field.kind != wire::JsonValue::Kind::text) return std::nullopt;
    fields.add(name, field.text);
  }
  return fields;
}

struct TermKey {
  std::string_view key;
  std::string OrderTerms::*term;
};

constexpr std::array term_keys{
    TermKey{"notifyUrl", &OrderTerms::notify_url},   TermKey{"openid", &OrderTerms::openid},
    TermKey{"subOpenid", &OrderTerms::sub_openid},   TermKey{"subAppId", &OrderTerms::sub_app_id},
    TermKey{"subMchId", &OrderTerms::sub_mch_id},    TermKey{"attach", &OrderTerms::attach},
    TermKey{"deviceInfo", &OrderTerms::device_info},
};

std::optional<Fen> fee_at(const wire::JsonObject& object, std::string_view key) {
  const auto fee = wire::integer_of(object, key);
  if (!fee || *fee < 1 || *fee > largest_fee.count()) return std::nullopt;
  return Fen{*fee};
}

std::optional<OrderTerms> terms_at(const wire::JsonObject& object) {
  if (wire::find(object, "parameters") != nullptr) {
    const auto parameters = fields_at(object, "parameters");
    return parameters ? v2_terms(*parameters) : std::nullopt;
  }
  const auto total = fee_at(object, "totalFee");
  const auto trade_type = parse_trade_type(text_at(object, "tradeType"));
  auto others = fields_at(object, "others");
  OrderTerms terms;
  terms.time_expire = time_at(object, "timeExpire");
  const bool lost_time = wire::find(object, "timeExpire") != nullptr && !terms.time_expire;
  if (!total || !trade_type || !others || lost_time) return std::nullopt;
  terms.out_trade_no = text_at(object, "outTradeNo");
  terms.total = *total;
  terms.trade_type = *trade_type;
  for (const auto& [key, term] : term_keys) terms.*term = text_at(object, key);
  terms.others = std::move(*others).take();
  return terms;
}

void write_terms(wire::JsonLine& line, const OrderTerms& terms) {
  line.number("totalFee", terms.total.count());
  line.text("tradeType", to_string(terms.trade_type));
  for (const auto& [key, term] : term_keys) line.text_if_set(key, terms.*term);
  if (terms.time_expire) line.text("timeExpire", format_rfc3339(*terms.time_expire));
  wire::JsonLine others;
  for (const auto& [name, value] : terms.others) others.text(name, value);
  line.raw("others", std::move(others).str());
}

std::optional<Payment> payment_at(const wire::JsonObject& object) {
  const auto fee = fee_at(object, "paidFee");
  const auto time_end = time_at(object, "timeEnd");
  std::string transaction_id = text_at(object, "transactionId");
  if (!fee || !time_end || transaction_id.empty()) return std::nullopt;
  return Payment{std::move(transaction_id), *fee, *time_end};
}

}  // namespace

std::string to_state_line(const GatewayOrder& order) {
  wire::JsonLine line;
  line.text("outTradeNo", order.out_trade_no());
  line.text("tradeState", to_string(order.state));
  write_terms(line, order.terms);
  line.text("signType", to_string(order.scheme));
  line.text("prepayId", order.prepay_id);
  line.text_if_set("codeUrl", order.code_url);
  line.text_if_set("mwebUrl", order.mweb_url);
  line.text("prepaidAt", format_rfc3339(order.prepaid_at));
  line.text("createdAt", format_rfc3339(order.created_at));
  if (order.payment) {
    line.text("transactionId", order.payment->transaction_id);
    line.number("paidFee", order.payment->fee.count());
    line.text("timeEnd", format_rfc3339(order.payment->time_end));
  }
  return std::move(line).str();
}

std::optional<GatewayOrder> parse_state_line(std::string_view line) {
  const auto parsed = wire::parse_json_object(line);
  const auto* object = std::get_if<wire::JsonObject>(&parsed);
  if (object == nullptr) return std::nullopt;
  auto terms = terms_at(*object);
  const auto state = parse_order_state(text_at(*object, "tradeState"));
  const auto scheme = parse_pay_scheme(text_at(*object, "signType"));
  const auto prepaid_at = time_at(*object, "prepaidAt");
  const auto created_at = time_at(*object, "createdAt");
  if (!terms || !state || !scheme || !prepaid_at || !created_at) return std::nullopt;

  GatewayOrder order;
  order.terms = *std::move(terms);
  order.state = *state;
  order.scheme = *scheme;
  order.prepay_id = text_at(*object, "prepayId");
  order.code_url = text_at(*object, "codeUrl");
  order.mweb_url = text_at(*object, "mwebUrl");
  order.prepaid_at = *prepaid_at;
  order.created_at = *created_at;
  order.payment = payment_at(*object);
  const auto& number = order.out_trade_no();
  const bool state_is_known = *state == OrderState::notpay || *state == OrderState::closed;
  const bool paid = *state == OrderState::success && order.payment;
  if (number.empty() || number != text_at(*object, "outTradeNo") || order.prepay_id.empty() ||
      (!state_is_known && !paid)) {
    return std::nullopt;
  }
  return order;
}

StateFile::StateFile(const std::filesystem::path& path, MerchantId merchant)
    : merchant_{std::move(merchant)} {
  std::error_code problem;
  // Renaming a new file over a link would leave the file that it points to as it was.
  const auto target = std::filesystem::canonical(path, problem);
  path_ = problem ? path.string() : target.string();
  file_ = open_locked(path_);
}

void StateFile::load(Store& store, Log& log) {
  read(store, log);
  rewrite(store);
}

void StateFile::read(Store& store, Log& log) {
  std::ifstream in{path_, std::ios::binary};
  if (!in) fail("cannot read the state file", path_);
  std::string line;
  for (std::int64_t number = 1; std::getline(in, line); ++number) {
    const std::string place = "the state file " + path_ + ", line " + std::to_string(number);
    if (number == 1) {
      // The first line is never cut: the file only comes into being as a whole.
      if (line == header(format_version) || line == header(oldest_version)) continue;
      const bool other = line.find(format_name) != std::string::npos;
      throw Error{
          ErrorKind::file,
          place + (other ? ": it is of another merchant or another version" : ": it is no sandbox state"),
          "name another file, which need not exist"};
    }
    auto order = parse_state_line(line);
    if (order) {
      store.restore(*std::move(order));
    } else if (in.eof()) {
      log.write(LogLevel::warning, place + ": it was cut off by a crash and is dropped");
    } else {
      throw Error{ErrorKind::file, place + ": it is malformed",
                  "mend or remove that line, or name another file"};
    }
  }
  if (in.bad()) fail("cannot read the state file", path_);
}

void StateFile::rewrite(const Store& store) {
  const std::string beside = path_ + ".new";
  UniqueFd file{::open(beside.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600)};
  if (!file) fail("cannot write", beside);
  struct stat status {};
  if (fstat(file_.get(), &status) == 0) fchmod(file.get(), status.st_mode & 07777U);
  // Locked before it gets its name, so that there is no moment at which another server could take it.
  if (flock(file.get(), LOCK_EX | LOCK_NB) != 0) fail("cannot lock", beside);

  std::string buffer = header(format_version) + "\n";
  std::int64_t size = 0;
  bool sound = true;
  const auto flush = [&] {
    sound = sound && write_all(file.get(), buffer) == 0;
    size += static_cast<std::int64_t>(buffer.size());
    buffer.clear();
  };
  constexpr std::size_t enough = 1'048'576;
  store.for_each([&](const GatewayOrder& order) {
    buffer += to_state_line(order);
    buffer += '\n';
    if (buffer.size() > enough) flush();
  });
  flush();
  if (!sound || fsync(file.get()) != 0 || std::rename(beside.c_str(), path_.c_str()) != 0) {
    const int problem = errno;
    unlink(beside.c_str());
    errno = problem;
    fail("cannot write the state file", path_);
  }
  file_ = std::move(file);
  size_ = size;
}

void StateFile::append(const GatewayOrder& order) {
  const std::string line = to_state_line(order) + "\n";
  if (write_all(file_.get(), line) != 0) {
    const int problem = errno;
    // What got onto a full disk is taken back, so that the next line does not follow half of one.
    [[maybe_unused]] const int truncated = ftruncate(file_.get(), size_);
    errno = problem;
    fail("cannot write the state file", path_, "free some space; the order was left as it was");
  }
  size_ += static_cast<std::int64_t>(line.size());
}

std::string StateFile::header(std::int64_t version) const {
  wire::JsonLine line;
  line.text("format", format_name).number("version", version).text("mchId", merchant_.text());
  return std::move(line).str();
}

}  // namespace wxpay::sandbox
