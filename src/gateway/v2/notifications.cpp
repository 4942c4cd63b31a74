#include "gateway/v2/notifications.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/text.hpp"
#include "crypto/digest.hpp"
#include "gateway/v2/refund_record.hpp"
#include "gateway/v2/verification.hpp"
#include "wire/req_info.hpp"
#include "wire/xml.hpp"
#include "wxpay/time.hpp"

namespace wxpay::v2 {

namespace {

constexpr std::string_view what = "notification";
// WeChat Pay's own limit of both numbers; what is longer is not shown whole.
constexpr std::size_t longest_number = 32;

Notification& conclude(Notification& notification, NotificationVerdict verdict, std::string reason) {
  notification.verdict = verdict;
  notification.reason = std::move(reason);
  return notification;
}

/// Empty where it is none: whoever sends a document that is not verified chooses what stands there.
std::string shown_number(const Fields& fields, std::string_view name) {
  const auto number = fields.get(name).substr(0, longest_number);
  return OutTradeNo::try_parse(number) ? number : std::string{};
}

/// The order that a document names which is no whole XML, as one that was cut off; empty where it names none.
std::string number_in(std::string_view document) {
  static constexpr std::string_view tag = "<out_trade_no>";
  static constexpr std::string_view cdata = "<![CDATA[";
  const auto at = document.find(tag);
  if (at == std::string_view::npos) return {};
  document.remove_prefix(at + tag.size());
  if (document.starts_with(cdata)) document.remove_prefix(cdata.size());
  const auto end = document.substr(0, longest_number + 1).find_first_of("]<");
  if (end == std::string_view::npos) return {};
  const auto number = OutTradeNo::try_parse(document.substr(0, end));
  return number ? number->text() : std::string{};
}

/// The signed answer to a refund has all that a payment has; money that goes back is no payment.
bool speaks_of_refunds(const Fields& fields) {
  return std::any_of(fields.begin(), fields.end(), [](const auto& field) {
    return !field.second.empty() && field.first.find("refund") != std::string::npos;
  });
}

std::optional<NotificationKind> kind_of(const Fields& fields) {
  // Signatures do not cover empty fields, so anybody can add one: it counts as absent.
  const auto is_set = [&fields](std::string_view name) { return !fields.find(name).value_or("").empty(); };
  if (is_set("req_info")) return NotificationKind::refund;
  if (speaks_of_refunds(fields)) return std::nullopt;
  const bool names_a_payment = is_set("out_trade_no") || is_set("transaction_id");
  return names_a_payment ? std::optional{NotificationKind::payment} : std::nullopt;
}

/// One key signs for all apps of a merchant: whose order it is says the message, as long as the merchant is
/// the same.
MerchantIdentity merchant_in(const Fields& fields, MerchantIdentity merchant) {
  const auto take = [&fields](std::string_view name, AppId& app_id) {
    auto said = fields.get(name);
    const bool is_app_id = !said.empty() && said.size() <= longest_number &&
                           std::all_of(said.begin(), said.end(), [](char c) { return c > ' ' && c <= '~'; });
    if (is_app_id) app_id = AppId{std::move(said)};
  };
  take("appid", merchant.app_id);
  take("sub_appid", merchant.sub_app_id);
  return merchant;
}

/// The answer to a query (9_2) has all that a payment has, and is older than it looks when it is saved. Of
/// the notifications only that of a deduction under a contract names a trade_state.
bool answers_a_query(const Fields& fields) {
  return !fields.get("trade_state").empty() && fields.get("contract_id").empty();
}

/// Of a payment whose signature and identity hold.
void read_payment(Notification& notification, const Fields& fields, const MerchantIdentity& merchant) {
  const auto result_code = fields.get("result_code");
  if (result_code == "FAIL") {
    const auto code = printable(fields.get("err_code"));
    conclude(notification, NotificationVerdict::not_paid,
             "the payment failed" + (code.empty() ? code : ": " + code));
    return;
  }
  if (result_code != "SUCCESS") {
    conclude(notification, NotificationVerdict::malformed, "it has no result_code");
    return;
  }
  // A deduction under a contract has the fields of a payment, and says by trade_state what became of it.
  if (const auto state = fields.get("trade_state"); !state.empty() && state != "SUCCESS") {
    conclude(notification, NotificationVerdict::not_paid, "its trade_state is " + printable(state));
    return;
  }
  auto number = OutTradeNo::try_parse(fields.get("out_trade_no"));
  if (!number) {
    conclude(notification, NotificationVerdict::malformed, "its out_trade_no is missing or malformed");
    return;
  }
  PaymentEvidence evidence{.source = EvidenceSource::notify,
                           .merchant = merchant,
                           .out_trade_no = std::move(*number),
                           .state = OrderState::success,
                           .transaction_id = TransactionId{fields.get("transaction_id")},
                           .total_fee = parse_wire_fen(fields.get("total_fee")),
                           .fee_type = fields.get("fee_type"),
                           .digest = notification.digest};
  take_time_end(evidence, fields);
  if (auto problem = payment_problem(evidence, fields); !problem.empty()) {
    conclude(notification, NotificationVerdict::malformed, std::move(problem));
    return;
  }
  notification.verdict = NotificationVerdict::paid;
  notification.evidence = std::move(evidence);
}

/// Whether its root is that of WeChat Pay's documents; XML lets a declaration stand before it.
bool begins_with_root(std::string_view text) {
  text = trim(text);
  if (text.starts_with("<?xml ")) text = trim(text.substr(std::min(text.find("?>"), text.size() - 2) + 2));
  return text.starts_with("<root>");
}

/// What the notification of a refund holds encrypted; nothing where another key made it, or it was changed.
std::optional<Fields> open_refund(const Fields& envelope, const Secret& key) {
  const auto opened = wire::open_req_info(envelope.find("req_info").value_or(""), key);
  // A wrong key leaves padding that holds now and then, and no document.
  if (!opened || !begins_with_root(*opened)) return std::nullopt;
  auto parsed = wire::parse_xml(*opened);
  auto* fields = std::get_if<Fields>(&parsed);
  return fields == nullptr ? std::nullopt : std::optional{std::move(*fields)};
}

/// Of a refund whose envelope is ours: that it can be opened is all that proves it.
void read_refund(Notification& notification, const Fields& envelope, const MerchantIdentity& merchant,
                 const Secret& key) {
  notification.out_trade_no.clear();
  notification.transaction_id.clear();
  const auto opened = open_refund(envelope, key);
  if (!opened) {
    conclude(notification, NotificationVerdict::bad_signature,
             "the notification cannot be opened: the key is not the one it was made with, or it was changed");
    return;
  }
  notification.out_trade_no = shown_number(*opened, "out_trade_no");
  notification.transaction_id = shown_number(*opened, "transaction_id");
  if (auto number = opened->get("out_refund_no"); OutRefundNo::try_parse(number))
    notification.out_refund_no = std::move(number);
  if (auto problem = identity_problem(*opened, merchant, false, what); !problem.empty()) {
    conclude(notification, NotificationVerdict::wrong_merchant, std::move(problem));
    return;
  }
  const RefundNames names{.out_refund_no = "out_refund_no",
                          .refund_id = "refund_id",
                          .refund_fee = "refund_fee",
                          .refund_status = "refund_status",
                          .success_time = "success_time"};
  auto read = read_refund_record(*opened, names, merchant, EvidenceSource::notify);
  if (auto* problem = std::get_if<std::string>(&read)) {
    conclude(notification, NotificationVerdict::malformed, std::move(*problem));
    return;
  }
  notification.verdict = NotificationVerdict::refund;
  notification.refund = std::move(std::get<RefundEvidence>(read));
  notification.refund->digest = notification.digest;
}

}  // namespace

Notification read_notification(std::string_view document, const V2Account& account) {
  Notification notification;
  auto parsed = wire::parse_xml(document);
  if (auto* malformed = std::get_if<wire::Malformed>(&parsed)) {
    notification.out_trade_no = number_in(document);
    if (!notification.out_trade_no.empty()) notification.digest = crypto::sha256_hex(document);
    return conclude(notification, NotificationVerdict::malformed, std::move(malformed->why));
  }
  const auto& fields = std::get<Fields>(parsed);
  notification.kind = kind_of(fields);
  notification.out_trade_no = shown_number(fields, "out_trade_no");
  notification.transaction_id = shown_number(fields, "transaction_id");
  if (const auto code = fields.get("return_code"); code != "SUCCESS") {
    if (!notification.out_trade_no.empty() || signature_problem(fields, account, what).empty()) {
      notification.digest = crypto::sha256_hex(document);
    }
    return conclude(notification, NotificationVerdict::malformed,
                    code == "FAIL" ? "it is an error message: " + printable(fields.get("return_msg"))
                                   : "it has no return_code");
  }
  notification.digest = crypto::sha256_hex(document);
  const bool is_refund = notification.kind == NotificationKind::refund && fields.get("sign").empty();
  if (!is_refund) {
    if (auto problem = signature_problem(fields, account, what); !problem.empty()) {
      return conclude(notification, NotificationVerdict::bad_signature, std::move(problem));
    }
  }
  const bool names_its_merchant =
      is_refund || (notification.kind == NotificationKind::payment && fields.get("result_code") == "SUCCESS");
  const auto merchant = merchant_in(fields, account.merchant);
  notification.is_of_other_app = merchant != account.merchant;
  if (auto problem = identity_problem(fields, merchant, names_its_merchant, what); !problem.empty()) {
    return conclude(notification, NotificationVerdict::wrong_merchant, std::move(problem));
  }
  if (is_refund) {
    read_refund(notification, fields, merchant, account.key);
    return notification;
  }
  if (notification.kind != NotificationKind::payment) {
    return conclude(
        notification, NotificationVerdict::ignored,
        speaks_of_refunds(fields) ? "it is about a refund" : "it is about neither a payment nor a refund");
  }
  if (answers_a_query(fields)) {
    return conclude(notification, NotificationVerdict::ignored,
                    "it is the answer to a query: it has a trade_state and no contract_id");
  }
  read_payment(notification, fields, merchant);
  return notification;
}

bool is_signed(std::string_view document, const V2Account& account) {
  const auto parsed = wire::parse_xml(document);
  const auto* fields = std::get_if<Fields>(&parsed);
  return fields != nullptr && signature_problem(*fields, account, what, Ambiguity::allowed).empty();
}

namespace {

constexpr std::string_view success = "SUCCESS";

class Reader final : public NotificationReader {
 public:
  explicit Reader(V2Account account) : account_{std::move(account)} {}

  Notification read(const NotificationMessage& message) const override {
    return read_notification(message.body, account_);
  }

  bool is_signed(const NotificationMessage& message) const override {
    return v2::is_signed(message.body, account_);
  }

  NotificationReply reply(std::string_view refusal) const override {
    const bool taken = refusal.empty();
    return {.content_type = "text/xml",
            .body = wire::to_xml({{"return_code", std::string{taken ? success : "FAIL"}},
                                  {"return_msg", std::string{taken ? "OK" : refusal}}})};
  }

  std::vector<HttpHeader> headers_to_forward(const NotificationMessage&) const override {
    return {{"Content-Type", "text/xml"}};
  }

  // WeChat Pay itself goes by the document alone.
  std::string refusal_in(const HttpResponse& answer) const override {
    if (answer.status != 200) return "it answered HTTP " + std::to_string(answer.status);
    const auto parsed = wire::parse_xml(answer.body);
    if (const auto* malformed = std::get_if<wire::Malformed>(&parsed)) {
      return "its answer is no XML of API v2: " + malformed->why;
    }
    const auto& fields = std::get<Fields>(parsed);
    if (fields.get("return_code") == success) return {};
    const auto said = printable(fields.get("return_msg"));
    return said.empty() ? "its answer is not SUCCESS" : "its answer is not SUCCESS: " + said;
  }

 private:
  V2Account account_;
};

}  // namespace

std::unique_ptr<NotificationReader> make_notification_reader(V2Account account) {
  return std::make_unique<Reader>(std::move(account));
}

}  // namespace wxpay::v2
