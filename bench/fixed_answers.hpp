#pragma once

#include <string>
#include <string_view>

#include "base/text_template.hpp"
#include "crypto/private_key.hpp"

namespace wxpay::bench {

/// What orders were paid that are refunded, and what of it.
inline constexpr std::string_view fixed_total = "1000";
inline constexpr std::string_view fixed_refund = "300";

struct FixedRequest {
  std::string_view head;    ///< the request line and the headers
  std::string_view target;  ///< path and query
  std::string_view body;
};

/// The answers of a WeChat Pay that keeps nothing: every order is created with the same prepay_id, every
/// order asked about is unpaid, and every refund of an order of fixed_total is accepted. From any thread.
class FixedAnswers {
 public:
  virtual ~FixedAnswers() = default;
  /// Appends the HTTP answer to one request.
  /// @return false when it is a request that is not known here, and nothing was appended
  virtual bool append_answer(std::string& out, const FixedRequest& request) const = 0;
};

/// Signed with MD5 and the key of the built-in sandbox. The answer to a creation is always the same bytes;
/// that to a query names the order asked about and is signed anew, as a client verifies both.
class FixedAnswersV2 final : public FixedAnswers {
 public:
  FixedAnswersV2();
  bool append_answer(std::string& out, const FixedRequest& request) const override;

 private:
  std::string created_;
  TextTemplate queried_canonical_;  ///< what is signed, with gaps, the key included
  TextTemplate queried_;
  TextTemplate refunded_canonical_;
  TextTemplate refunded_;
};

/// As WeChat Pay does it: the signature of every request is verified, and every answer is signed anew.
class FixedAnswersV3 final : public FixedAnswers {
 public:
  /// @param platform_key  PEM; by it the answers are signed
  /// @param merchant_key  PEM, the public one
  /// @param serial  that names the platform's key
  FixedAnswersV3(std::string_view platform_key, std::string_view merchant_key, std::string serial);
  bool append_answer(std::string& out, const FixedRequest& request) const override;

 private:
  bool is_signed(const FixedRequest& request) const;

  crypto::PrivateKey platform_key_;
  crypto::PublicKey merchant_key_;
  std::string serial_;
};

/// The body of a creation as the client sends it, signed, with a gap for the out_trade_no. All numbers that
/// are filled in leave the signature as it is: whoever answers does not look at it.
TextTemplate creation_request();

}  // namespace wxpay::bench
