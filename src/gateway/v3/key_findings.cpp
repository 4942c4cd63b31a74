#include "gateway/v3/key_findings.hpp"

#include <algorithm>

#include "gateway/certificate_rules.hpp"

namespace wxpay::v3 {

namespace {

using Weight = KeyFinding::Weight;
using std::chrono::sys_seconds;

bool is_in_force(const TrustReport::CertificateLife& certificate, sys_seconds now) {
  return certificate.valid_from <= now && now < certificate.valid_until;
}

/// Which kind of trust is in force.
KeyFinding trust_finding(const TrustReport& trust, sys_seconds now) {
  const auto count =
      std::count_if(trust.certificates.begin(), trust.certificates.end(),
                    [now](const TrustReport::CertificateLife& each) { return is_in_force(each, now); });
  const auto certificates =
      std::to_string(count) + (count == 1 ? " platform certificate" : " platform certificates");
  if (trust.public_key_id.empty()) {
    if (count > 0 && trust.has_none) {
      return {
          "trust", Weight::notice,
          "by " + certificates +
              " kept from before; WeChat Pay has none for this account now, which needs WeChat Pay's public "
              "key: set public_key_id and public_key_file"};
    }
    if (count > 0) return {"trust", Weight::fine, "by " + certificates};
    return {"trust", Weight::problem,
            "nothing is trusted: " + (trust.problem.empty() ? "no certificate is in force" : trust.problem)};
  }
  const auto by_key = "by the public key " + trust.public_key_id;
  if (count > 0) return {"trust", Weight::fine, by_key + ", and by " + certificates};
  return {"trust", Weight::fine, by_key};
}

/// Whether the APIv3 key opens what WeChat Pay seals with it.
KeyFinding apiv3_key_finding(const TrustReport& trust) {
  const char* about = "apiv3-key";
  if (!trust.has_apiv3_key) {
    return {about, Weight::notice,
            "there is none, and notifications cannot be opened; set apiv3_key_file, apiv3_key_env or "
            "apiv3_key_command"};
  }
  if (trust.has_none) {
    return {about, Weight::fine,
            "not tried: WeChat Pay has no platform certificates for this account; notifications are sealed "
            "with it"};
  }
  if (!trust.problem.empty() && !trust.tried_apiv3_key)
    return {about, Weight::notice, "not tried: " + trust.problem};
  if (!trust.problem.empty()) {
    return {about, trust.public_key_id.empty() ? Weight::problem : Weight::notice, trust.problem};
  }
  return {about, Weight::fine, "opens the platform certificates"};
}

}  // namespace

std::vector<KeyFinding> key_findings(const TrustReport& trust, const std::string& serial_no,
                                     const std::optional<crypto::Certificate>& own, sys_seconds now) {
  std::vector<KeyFinding> findings{trust_finding(trust, now)};
  for (const auto& each : trust.certificates) {
    findings.push_back(gateway::certificate_life("platform-certificate", each.serial_no, each.valid_from,
                                                 each.valid_until, now,
                                                 "; WeChat Pay lists the next one by itself"));
  }
  findings.push_back(apiv3_key_finding(trust));
  findings.push_back(own ? gateway::certificate_life("certificate", serial_no, own->not_before(),
                                                     own->not_after(), now, gateway::certificate_remedy)
                         : KeyFinding{"certificate", Weight::fine,
                                      serial_no + ": when it ends is not known without cert_file"});
  return findings;
}

}  // namespace wxpay::v3
