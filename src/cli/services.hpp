#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "cli/config/settings.hpp"
#include "wxpay/certificate_cache.hpp"
#include "wxpay/clock.hpp"
#include "wxpay/gateway_client.hpp"
#include "wxpay/ledger.hpp"
#include "wxpay/log.hpp"
#include "wxpay/payment_api.hpp"
#include "wxpay/transport.hpp"

namespace wxpay::cli {

/// Whether an API may ask WeChat Pay for what it verifies by.
enum class Network : std::uint8_t { used, none };

/// What a command works with: configuration, secrets, ledger and network. Each is made when first asked for,
/// so that `sign` opens no network and `orders list` asks for no key.
class Services {
 public:
  /// @param log_file  the file of `log`, which no other output may be; empty: none
  Services(SettingOptions settings, std::string log_file, Environment environment, const Stop& stop,
           Log& log);
  Services(const Services&) = delete;
  Services& operator=(const Services&) = delete;
  Services(Services&&) = delete;
  Services& operator=(Services&&) = delete;
  ~Services();

  const SettingOptions& settings() const { return settings_; }
  const Environment& environment() const { return environment_; }
  const Stop& stop() const { return stop_; }
  Clock& clock();
  Random& random();
  Log& log() { return log_; }

  const Profile& profile();
  /// Loaded once. @throws Error{key}, Error{interrupted}
  const Secret& secret(SecretId id);

  LedgerPlace ledger_place() const;
  /// Only commands that bring orders in make a ledger; for all others a missing one is an error.
  Ledger& new_or_existing_ledger();
  /// @throws Error{ledger}  there is none
  Ledger& ledger();
  /// Writes nothing. @throws Error{ledger}  there is none
  Ledger& ledger_read_only();
  /// Held while other processes are kept from the ledger: Ctrl-Z waits for it.
  std::mutex& undisturbed();

  GatewayClient& gateway();
  /// Of a profile whose key may be missing.
  ClockReading read_gateway_clock();
  /// A call by another API of the same account.
  RawOutcome call_by(const PaymentApi& api, RawRequest request);
  /// The profile's account at WeChat Pay, for a command that needs several gateways, or none.
  const PaymentApi& api();
  /// The same for a command that works offline: nothing is fetched.
  const PaymentApi& offline_api();
  /// Of one thread.
  Transport& transport();
  CertificateCache& certificate_cache();
  /// Both give their requests up when this stop is requested.
  std::unique_ptr<Transport> make_transport(const Stop& stop);
  std::unique_ptr<AsyncTransport> make_async_transport(std::size_t slots, const Stop& stop);

  /// Files that this run reads: none of its outputs may be one of them.
  /// @throws Error{usage}  the log is one
  void add_inputs(const std::vector<std::string>& paths);
  /// Refuses an output that would take the place of a file that this run lives on (FilesInUse).
  /// @throws Error{usage}
  void refuse_output(const std::string& option, const std::string& path) const;

 private:
  Ledger& open_ledger(const LedgerAddress& address, LedgerOptions options);

  struct Parts;
  SettingOptions settings_;
  std::string log_file_;
  Environment environment_;
  const Stop& stop_;
  Log& log_;
  std::unique_ptr<Parts> parts_;
};

}  // namespace wxpay::cli
