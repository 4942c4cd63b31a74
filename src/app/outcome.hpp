#pragma once

#include <cstdint>
#include <string>

#include "wxpay/gateway.hpp"

namespace wxpay::app {

/// How a single piece of work ended, as a caller must tell the cases apart (exit codes, wxpayctl(1)).
enum class Outcome {
  done,
  refused,    ///< WeChat Pay or the ledger's rules said no
  wrong_key,  ///< WeChat Pay said that our signature does not hold
  unknown,    ///< no answer, or one that settles nothing: safe to run again
  integrity,  ///< something does not agree; nothing was applied
  ledger_failed,
  interrupted,
};

/// What became of a request that changes something, as far as its answers tell.
enum class Reply : std::uint8_t { accepted, refused, unknown };

/// What a refusal by WeChat Pay comes to where it ends the matter.
inline Outcome outcome_of(const Refused& refused) {
  return refused.reaction == Reaction::wrong_key ? Outcome::wrong_key : Outcome::refused;
}

inline Outcome outcome_of(const Unknown& nothing) {
  if (nothing.kind == ErrorKind::untrusted) return Outcome::integrity;
  if (nothing.kind == ErrorKind::interrupted) return Outcome::interrupted;
  return Outcome::unknown;
}

/// What is to be done about Outcome::wrong_key.
inline std::string wrong_key_hint(const Said& said) {
  return std::string{said.to_check}.append("; 'wxpayctl doctor' checks them");
}

}  // namespace wxpay::app
