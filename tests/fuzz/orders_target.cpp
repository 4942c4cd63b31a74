#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "app/import_orders.hpp"
#include "app/order_request.hpp"
#include "fuzz/kept_order.hpp"
#include "fuzz/rules.hpp"
#include "fuzz/shop.hpp"
#include "fuzz/targets.hpp"
#include "gateway/v2/requests.hpp"
#include "wire/records.hpp"
#include "wire/xml.hpp"
#include "wxpay/error.hpp"
#include "wxpay/signing.hpp"

namespace wxpay::fuzz {

namespace {

wire::RecordReader reader_of(std::string_view input) {
  return wire::RecordReader{Pieces{input, std::size_t{1} << 16U}};
}

/// Runs what may refuse its input in words.
template <class Work>
void expect_refusal_or(const Work& work) {
  try {
    work();
  } catch (const Error& error) {
    expect(error.kind() == ErrorKind::usage && *error.what() != '\0',
           "a refusal is the user's to mend, and says why");
  }
}

void check_import(std::string_view input) {
  auto reader = reader_of(input);
  app::ImportInput import{reader, {shop().mch_id, TradeType::jsapi, PayScheme::md5, now}};
  while (const auto entry = import.next()) {
    expect(entry->order.has_value() == entry->problem.empty(), "a record is an order or has a problem");
    if (!entry->order) continue;
    auto order = *entry->order;
    // As the ledger fills it in.
    if (is_paid(order.state) && !order.paid_at) order.paid_at = now;
    expect_kept(order);
  }
}

/// What is sent for an order is what WeChat Pay reads, and can be read in no other way.
void check_request(const app::OrderRequest& request) {
  app::OrderDefaults defaults;
  defaults.merchant = shop();
  defaults.body = "Tea";
  defaults.notify_url = "https://pay.example.com/notify/order";
  defaults.client_ip = "127.0.0.1";
  const auto intent = app::check_order_request(request, defaults, now).intent;
  const auto sent =
      v2::unifiedorder_request(intent, shop_account(SignType::md5), "5K8264ILTKCH16CQ2502SI8ZNMTM67VS");
  expect(ambiguity(sent).empty(), "what is sent is not ambiguous");
  const auto document = wire::to_xml(sent);
  const auto parsed = wire::parse_xml(document);
  const auto* fields = std::get_if<Fields>(&parsed);
  expect(fields != nullptr && same(*fields, sent), "what is sent is read as it was");
  Order order{.intent = intent, .created_at = now, .updated_at = now};
  expect_kept(order);
}

void check_batch(std::string_view input) {
  auto reader = reader_of(input);
  std::optional<app::OrderColumns> columns;
  const bool is_csv = reader.format() == wire::RecordFormat::csv;
  while (const auto record = reader.next()) {
    expect_refusal_or([&] {
      if (!record->problem.empty()) return;
      if (!is_csv) {
        app::out_trade_no_in(record->text);
        check_request(app::parse_order_request(record->text));
        return;
      }
      auto cells = wire::split_csv(record->text);
      auto* split = std::get_if<std::vector<std::string>>(&cells);
      if (split == nullptr) return;
      if (!columns) {
        columns.emplace(*split);
        return;
      }
      columns->out_trade_no_in(*split);
      check_request(columns->read(std::move(*split)));
    });
    if (is_csv && !columns) return;
  }
}

}  // namespace

void check_orders(std::string_view input) {
  expect_refusal_or([&] { check_import(input); });
  check_batch(input);
}

}  // namespace wxpay::fuzz
