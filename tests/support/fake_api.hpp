#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "wxpay/fields.hpp"
#include "wxpay/notifications.hpp"
#include "wxpay/pay_signer.hpp"
#include "wxpay/set_signer.hpp"

/// An API that does not exist, as unlike API v2 as the seams allow: a message is lines of `name=value`, its
/// signature stands in a header, and pay parameters have a scheme that v2 has not. It shows that another API
/// is new files and nothing else.
namespace wxpay::test::fake_api {

/// The account's merchant, app and key.
MerchantIdentity merchant();
inline constexpr const char* key = "a key of the API that does not exist";

std::unique_ptr<NotificationReader> make_notification_reader();
std::unique_ptr<PaySigner> make_pay_signer();
std::unique_ptr<SetSigner> make_set_signer();

constexpr const char* signature_header = "Fake-Signature";
std::string signature_of(std::string_view text, std::string_view by);
std::string body_of(const Fields& fields);
/// The fields of a body; none where it is no message.
Fields fields_of(std::string_view body);
/// What a message that may be believed proves.
PaymentEvidence evidence_of(EvidenceSource source, const Fields& fields, std::string_view body);

/// What WeChat Pay would send to a notify_url in that API, signed by this key.
NotificationMessage notification(const Fields& fields, const std::string& signed_by = key);

}  // namespace wxpay::test::fake_api
