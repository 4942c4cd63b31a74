#include "cli/config/health_checks.hpp"

#include <doctest/doctest.h>

#include "gateway/v2/reactions.hpp"
#include "ledger/sqlite/file_permissions.hpp"
#include "support/config_folder.hpp"

using namespace std::chrono_literals;
using wxpay::ErrorKind;
using wxpay::Reaction;
using wxpay::Refused;
using wxpay::Said;
using wxpay::Unknown;
using wxpay::cli::Health;
using wxpay::test::ConfigFolder;

TEST_CASE("only a signed answer about the order proves merchant and key") {
  const auto said = [](Said::Trust trust, const std::string& code, const std::string& words) {
    return Said{trust, code, "", words, wxpay::v2::is_about_signature(code, words), "the key of the profile"};
  };
  const auto refused = [said](const std::string& return_code, const std::string& return_msg,
                              const std::string& code, Reaction reaction) {
    const auto trust = return_code == "SUCCESS" ? Said::Trust::verified : Said::Trust::unverified;
    return Refused{said(trust, code, return_msg), reaction, ""};
  };
  const auto unknown = [said](ErrorKind kind, const std::string& message,
                              const std::string& return_msg = {}) {
    return Unknown{kind, "", message, said(Said::Trust::unverified, "", return_msg)};
  };
  const wxpay::PaymentEvidence evidence{wxpay::EvidenceSource::query,
                                        {},
                                        wxpay::OutTradeNo::trusted("T1"),
                                        wxpay::OrderState::notpay,
                                        {},
                                        {},
                                        {},
                                        {},
                                        {},
                                        {},
                                        {},
                                        {}};
  const wxpay::QueryAnswer found{evidence, "NOTPAY", ""};
  struct Row {
    wxpay::QueryOutcome outcome;
    Health health;
    std::string hint;
  };
  const Row rows[] = {
      {refused("SUCCESS", "OK", "ORDERNOTEXIST", Reaction::order_unknown), Health::ok, "knows the merchant"},
      {found, Health::ok, "knows the merchant"},
      {refused("FAIL", "ORDERNOTEXIST", "", Reaction::order_unknown), Health::fail, "refuses the request"},
      {refused("FAIL", "签名失败", "", Reaction::refuse), Health::fail, "refuses the signature"},
      {refused("FAIL", "Sign error", "", Reaction::refuse), Health::fail,
       "refuses the signature; the key of the profile"},
      {refused("SUCCESS", "OK", "SIGNERROR", Reaction::refuse), Health::fail, "refuses the signature"},
      {refused("FAIL", "参数格式校验错误", "", Reaction::refuse), Health::fail, "参数格式校验错误"},
      {refused("SUCCESS", "OK", "APPID_MCHID_NOT_MATCH", Reaction::refuse), Health::fail,
       "check mch_id and app_id"},
      {refused("SUCCESS", "OK", "SYSTEMERROR", Reaction::repeat), Health::warn, "again later"},
      {refused("SUCCESS", "OK", "FREQUENCY_LIMITED", Reaction::slow_down), Health::warn, "again later"},
      {unknown(ErrorKind::network, "connection refused"), Health::fail, "connection refused; check base_url"},
      {unknown(ErrorKind::timeout, "no answer in time"), Health::fail, "no answer in time"},
      {unknown(ErrorKind::gateway, "HTTP 502"), Health::fail, "HTTP 502"},
      {unknown(ErrorKind::untrusted, "the sign does not hold"), Health::fail,
       "the sign does not hold; the key of the profile"},
      {unknown(ErrorKind::gateway, "return_code FAIL", "签名错误"), Health::fail, "refuses the signature"},
  };
  for (const auto& row : rows) {
    const auto finding = wxpay::cli::judge_query(row.outcome);
    CAPTURE(row.hint);
    CAPTURE(finding.hint);
    CHECK((finding.health == row.health));
    CHECK(finding.hint.find(row.hint) != std::string::npos);
  }
  CHECK_THROWS_AS(wxpay::cli::judge_query(unknown(ErrorKind::interrupted, "interrupted")), wxpay::Error);
}

TEST_CASE("a clock more than a minute off is a warning, more than five a failure") {
  const std::chrono::sys_seconds sent{1'795'420'800s};
  const auto received = sent + 2s;
  struct Row {
    std::chrono::seconds date;  // after sent
    Health health;
    std::string hint;
  };
  const Row rows[] = {
      {0s, Health::ok, "agrees"},           {2s, Health::ok, "agrees"},
      {-60s, Health::ok, "within 60 s"},    {62s, Health::ok, "within 60 s"},
      {-61s, Health::warn, "61 s ahead"},   {63s, Health::warn, "61 s behind"},
      {-300s, Health::warn, "300 s ahead"}, {-301s, Health::fail, "301 s ahead"},
      {302s, Health::warn, "300 s behind"}, {303s, Health::fail, "301 s behind"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.date.count());
    const auto finding = wxpay::cli::judge_clock({true, sent + row.date, sent, received});
    CAPTURE(finding.hint);
    CHECK((finding.health == row.health));
    CHECK(finding.hint.find(row.hint) != std::string::npos);
  }
  CHECK((wxpay::cli::judge_clock({true, {}, sent, received}).health == Health::warn));
  CHECK((wxpay::cli::judge_clock({false, {}, sent, received}).health == Health::warn));
}

TEST_CASE("a ledger that is not there is judged by its folder, and nothing is created") {
  const ConfigFolder folder;
  const auto health_of_new = [&folder](const std::string& path, bool makes_folders) {
    const wxpay::LedgerAddress address{folder.path(path)};
    return wxpay::cli::judge_ledger(wxpay::examine_new_ledger(address, makes_folders));
  };
  CHECK((health_of_new("a.db", false).health == Health::ok));
  CHECK((health_of_new("x/y/a.db", true).health == Health::ok));
  const auto missing = health_of_new("x/a.db", false);
  CHECK((missing.health == Health::fail));
  CHECK(missing.hint.find("is not there") != std::string::npos);
  folder.write("file", "");
  CHECK((health_of_new("file/a.db", false).health == Health::fail));
  CHECK((health_of_new("/proc/a.db", false).health != Health::warn));
  CHECK(std::distance(std::filesystem::directory_iterator{folder.path()}, {}) == 1);
  const auto open = wxpay::ledger::examine_permissions(folder.path("file"));
  CHECK((wxpay::cli::judge_ledger(open).health == Health::ok));
}

TEST_CASE("an error becomes a failure with its hint") {
  const auto finding = wxpay::cli::failed(wxpay::Error{ErrorKind::key, "no key", "name one"});
  CHECK((finding.health == Health::fail));
  CHECK(finding.hint == "no key; name one");
  CHECK(wxpay::cli::failed(wxpay::Error{ErrorKind::key, "no key"}).hint == "no key");
  CHECK(std::string{wxpay::cli::to_string(Health::warn)} == "WARN");
}
