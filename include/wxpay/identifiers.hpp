#pragma once

#include <compare>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace wxpay {

/// A text with a meaning, so that one kind of number cannot be passed for another.
template <class Tag>
class Identifier {
 public:
  Identifier() = default;
  explicit Identifier(std::string text) : text_{std::move(text)} {}
  const std::string& text() const noexcept { return text_; }
  bool empty() const noexcept { return text_.empty(); }
  friend auto operator<=>(const Identifier&, const Identifier&) = default;

 private:
  std::string text_;
};

using MerchantId = Identifier<struct MerchantIdTag>;
using AppId = Identifier<struct AppIdTag>;
using TransactionId = Identifier<struct TransactionIdTag>;
using PrepayId = Identifier<struct PrepayIdTag>;
using RefundId = Identifier<struct RefundIdTag>;  ///< WeChat Pay's own number of a refund

/// The merchant's own number of an order: 1 to 32 bytes of `0-9 A-Z a-z _ - | *` (API v2, unifiedorder).
class OutTradeNo {
 public:
  static constexpr std::size_t longest = 32;  ///< in bytes

  /// @throws Error{usage} saying what is wrong with it
  static OutTradeNo parse(std::string_view text);
  /// Empty where the text is no such number.
  static std::optional<OutTradeNo> try_parse(std::string_view text);
  /// Does not check: for numbers that were checked when they were stored.
  static OutTradeNo trusted(std::string text) { return OutTradeNo{std::move(text)}; }

  const std::string& text() const noexcept { return text_; }
  /// The current pages of WeChat Pay ask for six characters; v2 still takes fewer.
  bool shorter_than_advised() const noexcept { return text_.size() < 6; }
  friend auto operator<=>(const OutTradeNo&, const OutTradeNo&) = default;

 private:
  explicit OutTradeNo(std::string text) : text_{std::move(text)} {}
  std::string text_;
};

/// The merchant's own number of a refund: 1 to 64 bytes of `0-9 A-Z a-z _ - | * @` (API v2, 9_4; API
/// v3, 9.1). One number refunds once, however often it is sent.
class OutRefundNo {
 public:
  static constexpr std::size_t longest = 64;  ///< in bytes

  /// @throws Error{usage} saying what is wrong with it
  static OutRefundNo parse(std::string_view text);
  /// Empty where the text is no such number.
  static std::optional<OutRefundNo> try_parse(std::string_view text);
  /// Does not check: for numbers that were checked when they were stored.
  static OutRefundNo trusted(std::string text) { return OutRefundNo{std::move(text)}; }

  const std::string& text() const noexcept { return text_; }
  friend auto operator<=>(const OutRefundNo&, const OutRefundNo&) = default;

 private:
  explicit OutRefundNo(std::string text) : text_{std::move(text)} {}
  std::string text_;
};

/// Whose order it is. The sub fields belong to service-provider mode and are empty otherwise.
struct MerchantIdentity {
  MerchantId mch_id;
  AppId app_id;
  MerchantId sub_mch_id;
  AppId sub_app_id;
  friend auto operator<=>(const MerchantIdentity&, const MerchantIdentity&) = default;
};

}  // namespace wxpay
