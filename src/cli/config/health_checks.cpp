#include "cli/config/health_checks.hpp"

#include <variant>

#include "base/text.hpp"
#include "wxpay/order_time.hpp"

namespace wxpay::cli {

namespace {

constexpr std::chrono::seconds skew_warned{60};

/// Nothing where no API said what to look at, as of an answer that never came through.
std::string and_check(const Said& said) {
  return said.to_check.empty() ? std::string{} : std::string{"; "}.append(said.to_check);
}

Finding judge_refusal(const Refused& refused) {
  const auto& said = refused.said;
  const auto speaker = refused.speaker.empty() ? std::string{"WeChat Pay"} : refused.speaker;
  if (said.verified() && refused.reaction == Reaction::order_unknown) {
    return {Health::ok, speaker + " knows the merchant and the key"};
  }
  if (said.about_signature) return {Health::fail, speaker + " refuses the signature" + and_check(said)};
  if (!said.verified()) return {Health::fail, speaker + " refuses the request: " + said.remark};
  const auto text = said.code + (said.text.empty() ? "" : " (" + said.text + ")");
  if (refused.reaction == Reaction::repeat || refused.reaction == Reaction::slow_down) {
    return {Health::warn, speaker + " answers " + text + "; run it again later"};
  }
  return {Health::fail, speaker + " answers " + text + "; check mch_id and app_id"};
}

Finding judge_unknown(const Unknown& unknown) {
  if (unknown.kind == ErrorKind::interrupted) throw Error{ErrorKind::interrupted, "interrupted"};
  if (unknown.said.about_signature) {
    return {Health::fail, "WeChat Pay refuses the signature" + and_check(unknown.said)};
  }
  if (unknown.kind == ErrorKind::untrusted) {
    return {Health::fail, "the answer cannot be believed: " + unknown.message + and_check(unknown.said)};
  }
  return {Health::fail, "no usable answer: " + unknown.message + "; check base_url, network and proxy"};
}

}  // namespace

const char* to_string(Health health) {
  switch (health) {
    case Health::ok:
      return "OK";
    case Health::warn:
      return "WARN";
    case Health::fail:
      return "FAIL";
  }
  return "FAIL";
}

Finding failed(const Error& error) {
  const std::string what = error.what();
  return {Health::fail, error.hint().empty() ? what : what + "; " + error.hint()};
}

Finding judge_query(const QueryOutcome& outcome) {
  if (const auto* refused = std::get_if<Refused>(&outcome)) return judge_refusal(*refused);
  if (const auto* unknown = std::get_if<Unknown>(&outcome)) return judge_unknown(*unknown);
  return {Health::ok, "WeChat Pay knows the merchant and the key"};
}

Finding judge_clock(const ClockReading& reading) {
  if (!reading.answered) return {Health::warn, "not compared: there is no answer from the gateway"};
  if (!reading.date) return {Health::warn, "not compared: the gateway's answer has no Date"};
  // Positive: this clock is ahead. An answer dated within the call agrees.
  std::chrono::seconds skew{0};
  if (*reading.date < reading.sent) skew = reading.sent - *reading.date;
  if (*reading.date > reading.received) skew = reading.received - *reading.date;
  const auto size = std::chrono::abs(skew);
  if (size <= skew_warned) {
    return {Health::ok, size.count() == 0 ? "agrees with the gateway's"
                                          : "within " + std::to_string(size.count()) + " s of the gateway's"};
  }
  return {size > largest_clock_error ? Health::fail : Health::warn,
          "this machine's clock is " + std::to_string(size.count()) + " s " +
              (skew.count() > 0 ? "ahead of" : "behind") + " the gateway's; set it by NTP"};
}

Finding judge_key(const KeyFinding& found) {
  switch (found.weight) {
    case KeyFinding::Weight::fine:
      return {Health::ok, found.words};
    case KeyFinding::Weight::notice:
      return {Health::warn, found.words};
    case KeyFinding::Weight::problem:
      break;
  }
  return {Health::fail, found.words};
}

Finding judge_ledger(const LedgerFinding& found) {
  switch (found.weight) {
    case LedgerFinding::Weight::fine:
      return {Health::ok, found.words};
    case LedgerFinding::Weight::notice:
      return {Health::warn, found.words};
    case LedgerFinding::Weight::problem:
      break;
  }
  return {Health::fail, found.words};
}

}  // namespace wxpay::cli
