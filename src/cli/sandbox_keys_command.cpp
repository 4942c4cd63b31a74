#include <CLI/CLI.hpp>
#include <deque>
#include <filesystem>
#include <memory>
#include <string>

#include "cli/config/new_file.hpp"
#include "cli/config/sandbox_v3_keys.hpp"
#include "cli/output.hpp"
#include "cli/sandbox_commands.hpp"
#include "cli/sandbox_control.hpp"
#include "cli/services.hpp"

namespace wxpay::cli {

namespace {

/// The files of one folder, which come to stay together or not at all.
class KeyFolder {
 public:
  explicit KeyFolder(const std::string& folder)
      : path_{std::filesystem::absolute(folder).lexically_normal()} {
    make_private_folders(path_);
  }

  /// Adds a file of this name, and to the result where it is.
  void add(report::Record& result, const char* key, const char* name, const std::string& text) {
    const auto place = path_ / name;
    auto& file = files_.emplace_back(place);
    file.write(text);
    file.publish("choose another folder, or move that file away");
    result.text(key, place.string());
  }
  void keep() {
    for (auto& file : files_) file.keep();
  }

 private:
  std::filesystem::path path_;
  std::deque<NewFile> files_;
};

/// The merchant's keys are the built-in ones, which are public; another profile's are nobody's to write out.
int run_keys(const std::string& folder, Services& services, Output& output) {
  const auto answer = ask_sandbox(services, "/sandbox/keys");
  if (text_at(answer, "serialNo") != sandbox_serial_no) {
    throw Error{ErrorKind::refused,
                "the sandbox that runs serves a merchant of your own, whose keys you have",
                "for the built-in ones start it without -p"};
  }
  report::Record result;
  for (const auto* const key : {"mchId", "appId", "serialNo"}) result.text(key, text_at(answer, key));
  KeyFolder files{folder};
  files.add(result, "privateKeyFile", "apiclient_key.pem", sandbox_private_key);
  files.add(result, "certFile", "apiclient_cert.pem", sandbox_certificate);
  files.add(result, "apiv3KeyFile", "apiv3.key", std::string{sandbox_apiv3_key} + "\n");
  if (const auto key = text_at(answer, "publicKey"); !key.empty()) {
    result.text("publicKeyId", text_at(answer, "publicKeyId"));
    files.add(result, "publicKeyFile", "pub_key.pem", key);
  }
  if (const auto certificates = text_at(answer, "platformCertificates"); !certificates.empty())
    files.add(result, "platformCertificatesFile", "platform_certificates.pem", certificates);
  output.print(result, {"mchId", "appId", "serialNo", "privateKeyFile", "certFile", "apiv3KeyFile",
                        "publicKeyId", "publicKeyFile", "platformCertificatesFile"});
  files.keep();
  return 0;
}

}  // namespace

void add_sandbox_keys(CLI::App& sandbox, Command& chosen) {
  const auto folder = std::make_shared<std::string>();
  auto* command =
      sandbox.add_subcommand("keys", "Write the test keys and the certificate as files, for any client");
  command->add_option("DIR", *folder, "Folder that they are written to; made where it is missing")
      ->required();
  command->footer(
      "Writes the merchant's private key, the certificate of it and the APIv3 key, which are public, and "
      "what\n"
      "the running sandbox signs by: its public key, its platform certificates, or both. No file is\n"
      "overwritten. Prints what a profile needs.\n\n"
      "Exit codes: 0 written, 1 refused (it serves another merchant), 4 no sandbox answers, 8 a file is "
      "there or\n"
      "cannot be written.\n\n"
      "Examples:\n"
      "  wxpayctl sandbox keys keys --json");
  command->callback([&chosen, folder] {
    chosen = [folder](Services& services, Output& output) { return run_keys(*folder, services, output); };
  });
}

}  // namespace wxpay::cli
