#include "sandbox/fault.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"

namespace wxpay::sandbox {

namespace {

struct Name {
  std::string_view text;
  FaultKind kind;
};

constexpr std::array names{
    Name{"lost-reply", FaultKind::lost_reply},
    Name{"delay", FaultKind::delay},
    Name{"5xx", FaultKind::http_5xx},
    Name{"truncated", FaultKind::truncated},
    Name{"wrong-sign", FaultKind::wrong_sign},
    Name{"unsigned", FaultKind::unsigned_reply},
    Name{"other-order", FaultKind::other_order},
    Name{"other-merchant", FaultKind::other_merchant},
    Name{"other-app", FaultKind::other_app},
    Name{"other-refund", FaultKind::other_refund},
    Name{"other-amount", FaultKind::other_amount},
    Name{"not-enough", FaultKind::not_enough},
    Name{"system-error", FaultKind::system_error},
    Name{"rate-limit", FaultKind::rate_limit},
    Name{"redirect", FaultKind::redirect},
    Name{"html", FaultKind::html},
    Name{"wrong-serial", FaultKind::wrong_serial},
    Name{"stale", FaultKind::stale},
    Name{"probe", FaultKind::probe},
    Name{"bad-cipher", FaultKind::bad_cipher},
    Name{"refusal", FaultKind::refusal},
};

constexpr std::array synonyms{
    Name{"lost", FaultKind::lost_reply},
    Name{"drop", FaultKind::lost_reply},
    Name{"no-reply", FaultKind::lost_reply},
    Name{"slow", FaultKind::delay},
    Name{"timeout", FaultKind::delay},
    Name{"502", FaultKind::http_5xx},
    Name{"bad-gateway", FaultKind::http_5xx},
    Name{"server-error", FaultKind::http_5xx},
    Name{"truncate", FaultKind::truncated},
    Name{"cut", FaultKind::truncated},
    Name{"half", FaultKind::truncated},
    Name{"forged", FaultKind::wrong_sign},
    Name{"bad-sign", FaultKind::wrong_sign},
    Name{"wrong-signature", FaultKind::wrong_sign},
    Name{"no-sign", FaultKind::unsigned_reply},
    Name{"wrong-order", FaultKind::other_order},
    Name{"wrong-merchant", FaultKind::other_merchant},
    Name{"wrong-app", FaultKind::other_app},
    Name{"wrong-refund", FaultKind::other_refund},
    Name{"wrong-amount", FaultKind::other_amount},
    Name{"notenough", FaultKind::not_enough},
    Name{"systemerror", FaultKind::system_error},
    Name{"frequency-limited", FaultKind::rate_limit},
    Name{"302", FaultKind::redirect},
    Name{"refuse", FaultKind::refusal},
};

/// A fault that changes what an answer names needs an answer that names it.
bool concerns(FaultKind kind, Operation operation) {
  const bool is_of_refund = operation == Operation::refund || operation == Operation::query_refund ||
                            operation == Operation::notify;
  if (kind == FaultKind::not_enough) return operation == Operation::refund;
  if (kind == FaultKind::other_refund) return is_of_refund;
  return kind != FaultKind::other_amount || operation == Operation::query ||
         operation == Operation::code_payment || is_of_refund;
}

constexpr std::size_t most_waiting = 1000;

}  // namespace

std::string_view to_string(FaultKind kind) {
  const auto* at =
      std::find_if(names.begin(), names.end(), [kind](const Name& name) { return name.kind == kind; });
  return at == names.end() ? std::string_view{} : at->text;
}

std::optional<FaultKind> parse_fault_kind(std::string_view text) {
  std::string wanted = to_lower(text);
  std::replace(wanted.begin(), wanted.end(), '_', '-');
  const auto is_wanted = [&](const Name& name) { return name.text == wanted; };
  if (const auto* at = std::find_if(names.begin(), names.end(), is_wanted); at != names.end()) {
    return at->kind;
  }
  const auto* at = std::find_if(synonyms.begin(), synonyms.end(), is_wanted);
  if (at == synonyms.end()) return std::nullopt;
  return at->kind;
}

std::vector<std::string> fault_names() {
  std::vector<std::string> texts;
  texts.reserve(names.size() + 1);
  for (const auto& name : names) texts.emplace_back(name.text);
  texts.emplace_back("none");
  return texts;
}

bool FaultBook::add(Fault fault, std::int64_t count, std::vector<Operation> operations) {
  const std::lock_guard lock{mutex_};
  if (waiting_.size() >= most_waiting) return false;
  waiting_.push_back({std::move(fault), count, std::move(operations)});
  any_ = true;
  return true;
}

void FaultBook::clear() {
  const std::lock_guard lock{mutex_};
  waiting_.clear();
  any_ = false;
}

std::optional<Fault> FaultBook::take(Operation operation) {
  if (!any_) return std::nullopt;
  const std::lock_guard lock{mutex_};
  const auto at = std::find_if(waiting_.begin(), waiting_.end(), [operation](const Waiting& waiting) {
    const auto& chosen = waiting.operations;
    return std::find(chosen.begin(), chosen.end(), operation) != chosen.end() &&
           concerns(waiting.fault.kind, operation);
  });
  if (at == waiting_.end()) return std::nullopt;
  Fault fault = at->fault;
  if (--at->left == 0) waiting_.erase(at);
  any_ = !waiting_.empty();
  return fault;
}

}  // namespace wxpay::sandbox
