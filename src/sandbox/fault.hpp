#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wxpay::sandbox {

/// What a request asks for, whichever API it comes by; `notify` is the one that the gateway itself makes.
enum class Operation : std::uint8_t {
  create,
  query,
  close,
  refund,
  query_refund,
  code_payment,
  reverse,
  notify
};

/// The ways in which an answer can be spoilt.
enum class FaultKind : std::uint8_t {
  lost_reply,      ///< carried out, then the connection is closed without a byte
  delay,           ///< carried out, answered late
  http_5xx,        ///< HTTP 502, not carried out
  truncated,       ///< carried out, half of the answer, then the connection is closed
  wrong_sign,      ///< carried out, answered with a sign that does not hold
  unsigned_reply,  ///< carried out, answered without a sign
  other_order,     ///< a validly signed answer about another order
  other_merchant,  ///< carried out, a validly signed answer that names another mch_id
  other_app,       ///< carried out, a validly signed answer that names another appid
  other_refund,    ///< of a refund: carried out, a validly signed answer about another refund
  other_amount,    ///< a query is answered as paid, with one fen more; a refund's amount likewise
  not_enough,      ///< of a refund: a signed refusal as the merchant's balance is too small, not carried out
  system_error,    ///< a signed SYSTEMERROR, not carried out
  rate_limit,      ///< a signed FREQUENCY_LIMITED, not carried out
  redirect,        ///< HTTP 302, not carried out
  html,            ///< HTTP 200 with a web page, not carried out
  wrong_serial,    ///< API v3: carried out, signed under a serial number that nobody knows
  stale,           ///< API v3: carried out, signed with a timestamp that is too old
  probe,  ///< API v3: carried out, with a signature that is wrong on purpose, to see whether it is checked
  bad_cipher,  ///< API v3: a signed notification that cannot be opened
  refusal,     ///< an unsigned refusal in the words that are given, not carried out
};

struct Fault {
  FaultKind kind = FaultKind::lost_reply;
  std::chrono::seconds delay{5};  ///< of FaultKind::delay
  std::string words{};            ///< of FaultKind::refusal
};

/// "lost-reply" and so on.
std::string_view to_string(FaultKind kind);
/// Those names and their synonyms, in any case, with `_` for `-` too.
std::optional<FaultKind> parse_fault_kind(std::string_view text);
/// The names in the order of the manual, then `none`, which clears.
std::vector<std::string> fault_names();

/// What stands for the path of a notification, which has the merchant's.
inline constexpr std::string_view notify_fault_match = "notify";
/// A part of the path of every operation: which requests a fault applies to unless it is told otherwise.
inline constexpr std::string_view default_fault_match = "/pay/";
inline constexpr std::int64_t largest_fault_count = 1'000'000;
inline constexpr std::chrono::seconds longest_fault_delay{3600};
inline constexpr std::string_view default_fault_words = "请求失败";
/// As long as WeChat Pay's return_msg, in bytes.
inline constexpr std::size_t longest_fault_words = 128;

/// The faults that are waiting for requests. Any thread may call anything.
class FaultBook {
 public:
  /// The next `count` requests for one of these operations get the fault, after those of earlier calls.
  /// @return false when too many faults are waiting already
  bool add(Fault fault, std::int64_t count, std::vector<Operation> operations);
  void clear();
  /// The fault of a request, which uses it up once.
  std::optional<Fault> take(Operation operation);

 private:
  struct Waiting {
    Fault fault;
    std::int64_t left;
    std::vector<Operation> operations;
  };
  std::mutex mutex_;
  std::deque<Waiting> waiting_;
  std::atomic<bool> any_{false};  ///< spares the lock while nothing waits
};

}  // namespace wxpay::sandbox
