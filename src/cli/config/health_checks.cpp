#include "cli/config/health_checks.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <set>
#include <system_error>
#include <variant>

#include "base/text.hpp"
#include "wxpay/time.hpp"

namespace wxpay::cli {

namespace {

constexpr std::chrono::seconds skew_warned{60};
constexpr std::chrono::seconds skew_failed{300};
constexpr const char* wrong_key =
    "the key or the sign_type is not the merchant's: compare both with the merchant platform";

Finding judge_refusal(const Refused& refused) {
  const auto& said = refused.said;
  const auto speaker = refused.speaker.empty() ? std::string{"WeChat Pay"} : refused.speaker;
  if (said.verified() && refused.reaction == Reaction::order_unknown) {
    return {Health::ok, speaker + " knows the merchant and the key"};
  }
  if (said.about_signature) return {Health::fail, speaker + " refuses the signature; " + wrong_key};
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
    return {Health::fail, "WeChat Pay refuses the signature; " + std::string{wrong_key}};
  }
  if (unknown.kind == ErrorKind::untrusted) {
    return {Health::fail, "the answer cannot be believed: " + unknown.message + "; " + wrong_key};
  }
  return {Health::fail, "no usable answer: " + unknown.message + "; check base_url, network and proxy"};
}

/// By the effective user, as opening would be.
bool may(const std::filesystem::path& path, int mode) {
  return ::faccessat(AT_FDCWD, path.c_str(), mode, AT_EACCESS) == 0;
}

/// In a folder with the sticky bit nobody touches what is another's.
bool all_may_write(const std::filesystem::path& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0 || (found.st_mode & S_IWOTH) == 0) return false;
  return !S_ISDIR(found.st_mode) || (found.st_mode & S_ISVTX) == 0;
}

bool is_folder(const std::filesystem::path& path) {
  std::error_code error;
  return std::filesystem::is_directory(path, error);
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

Finding judge_clock(const HttpResult& answer, std::chrono::sys_seconds sent,
                    std::chrono::sys_seconds received) {
  const auto* response = std::get_if<HttpResponse>(&answer);
  if (response == nullptr) return {Health::warn, "not compared: there is no answer from the gateway"};
  if (!response->date) return {Health::warn, "not compared: the gateway's answer has no Date"};
  // Positive: this clock is ahead. An answer dated within the call agrees.
  std::chrono::seconds skew{0};
  if (*response->date < sent) skew = sent - *response->date;
  if (*response->date > received) skew = received - *response->date;
  const auto size = std::chrono::abs(skew);
  if (size <= skew_warned) {
    return {Health::ok, size.count() == 0 ? "agrees with the gateway's"
                                          : "within " + std::to_string(size.count()) + " s of the gateway's"};
  }
  return {size > skew_failed ? Health::fail : Health::warn,
          "this machine's clock is " + std::to_string(size.count()) + " s " +
              (skew.count() > 0 ? "ahead of" : "behind") + " the gateway's; set it by NTP"};
}

Finding judge_new_ledger(const LedgerPlace& place) {
  const auto path = std::filesystem::absolute(place.path);
  auto folder = path.parent_path();
  // Only the default place has its folders made.
  while (place.default_place && !is_folder(folder) && folder != folder.root_path())
    folder = folder.parent_path();
  if (!is_folder(folder)) {
    return {Health::fail, "the folder " + folder.string() + " of the ledger is not there; create it"};
  }
  if (!may(folder, W_OK | X_OK)) {
    return {Health::fail,
            path.string() + " cannot be created: the folder " + folder.string() + " is not writable"};
  }
  return {Health::ok, path.string() + " will be created with the first order"};
}

bool may_write_ledger(const LedgerPlace& place) {
  std::error_code ignored;
  const auto path = std::filesystem::weakly_canonical(std::filesystem::absolute(place.path), ignored);
  // SQLite keeps its log beside the ledger.
  return may(path, W_OK) && may(path.parent_path(), W_OK | X_OK);
}

Finding judge_open_ledger(const LedgerPlace& place) {
  const auto path = std::filesystem::absolute(place.path);
  // The log beside it gets its mode from whoever writes next.
  std::string open_to_all;
  std::error_code ignored;
  const auto real = std::filesystem::weakly_canonical(path, ignored);
  std::set<std::filesystem::path> files{real, real.parent_path()};
  // Who may write the folder of a link may have it lead elsewhere.
  if (std::filesystem::is_symlink(path, ignored)) files.insert(path.parent_path());
  for (const auto& file : files) {
    if (all_may_write(file)) open_to_all += " " + file.string();
  }
  if (!open_to_all.empty()) {
    return {Health::warn,
            "every user of this machine may change or replace the ledger; run chmod o-w" + open_to_all};
  }
  if (!may_write_ledger(place)) {
    return {Health::warn, path.string() + " opens, but this user may not write it or its folder"};
  }
  return {Health::ok, path.string()};
}

}  // namespace wxpay::cli
