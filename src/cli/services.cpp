#include "cli/services.hpp"

#include <map>
#include <utility>

#include "base/system.hpp"
#include "cli/actor.hpp"
#include "cli/certificate_cache.hpp"
#include "cli/config/default_paths.hpp"
#include "cli/files_in_use.hpp"
#include "cli/payment_api.hpp"
#include "cli/suspension.hpp"
#include "net/http_transport.hpp"

namespace wxpay::cli {

namespace {

constexpr const char* log_file_option = "--log-file";

net::HttpOptions http_options(const Profile& profile) {
  return {.ca_file = profile.ca_file, .user_agent = "wxpayctl/" WXPAYCTL_VERSION};
}

}  // namespace

struct Services::Parts {
  explicit Parts(const Stop& stop) : clock{stop} {}

  SystemClock clock;
  SystemRandom random;
  std::optional<Profile> profile;
  std::map<SecretId, Secret> secrets;
  std::optional<Suspension> suspension;
  std::unique_ptr<Ledger> ledger;
  std::unique_ptr<Transport> transport;
  std::optional<FileCertificateCache> certificate_cache;
  std::unique_ptr<PaymentApi> api;
  std::unique_ptr<PaymentGateway> gateway;
  std::optional<GatewayClient> client;
  std::vector<std::string> inputs;
};

Services::Services(SettingOptions settings, std::string log_file, Environment environment, const Stop& stop,
                   Log& log)
    : settings_{std::move(settings)},
      log_file_{std::move(log_file)},
      environment_{std::move(environment)},
      stop_{stop},
      log_{log},
      parts_{std::make_unique<Parts>(stop)} {}

Services::~Services() = default;

Clock& Services::clock() { return parts_->clock; }
Random& Services::random() { return parts_->random; }

const Profile& Services::profile() {
  if (!parts_->profile) parts_->profile = resolve_profile(settings_, environment_);
  return *parts_->profile;
}

const Secret& Services::secret(SecretId id) {
  const auto known = parts_->secrets.find(id);
  if (known != parts_->secrets.end()) return known->second;
  return parts_->secrets.emplace(id, load_secret(profile(), id, environment_, &stop_)).first->second;
}

LedgerPlace Services::ledger_place() const {
  const auto& mine = parts_->profile;
  return mine ? LedgerPlace{mine->ledger, mine->default_ledger} : resolve_ledger(settings_, environment_);
}

Ledger& Services::new_or_existing_ledger() {
  const auto place = ledger_place();
  return open_ledger(place.address, {.create_directories = place.default_place,
                                     .actor = actor_of(this_caller(environment_), user_name)});
}

Ledger& Services::ledger() {
  return open_ledger(ledger_place().address,
                     {.must_exist = true, .actor = actor_of(this_caller(environment_), user_name)});
}

Ledger& Services::ledger_read_only() { return open_ledger(ledger_place().address, {.read_only = true}); }

std::mutex& Services::undisturbed() {
  if (!parts_->suspension) parts_->suspension.emplace();
  return parts_->suspension->undisturbed();
}

Ledger& Services::open_ledger(const LedgerAddress& address, LedgerOptions options) {
  if (parts_->ledger) return *parts_->ledger;
  options.stop = &stop_;
  options.undisturbed = &undisturbed();
  parts_->ledger = wxpay::open_ledger(address, options, parts_->clock);
  return *parts_->ledger;
}

Transport& Services::transport() {
  if (!parts_->transport) {
    parts_->transport = make_transport(stop_);
  }
  return *parts_->transport;
}

std::unique_ptr<Transport> Services::make_transport(const Stop& stop) {
  return net::make_http_transport(http_options(profile()), stop, log_);
}

std::unique_ptr<AsyncTransport> Services::make_async_transport(std::size_t slots, const Stop& stop) {
  return net::make_http_async_transport(http_options(profile()), slots, stop, log_);
}

const PaymentApi& Services::api() {
  if (!parts_->api) parts_->api = make_payment_api(*this, Network::used);
  return *parts_->api;
}

const PaymentApi& Services::offline_api() {
  if (!parts_->api) parts_->api = make_payment_api(*this, Network::none);
  return *parts_->api;
}

CertificateCache& Services::certificate_cache() {
  if (!parts_->certificate_cache)
    parts_->certificate_cache.emplace(certificate_cache_path(environment_, profile().merchant.mch_id), log_);
  return *parts_->certificate_cache;
}

GatewayClient& Services::gateway() {
  if (!parts_->client) {
    parts_->gateway = api().make_gateway({clock(), random(), stop_, log_});
    parts_->client.emplace(*parts_->gateway, transport(), clock(), stop_);
  }
  return *parts_->client;
}

RawOutcome Services::call_by(const PaymentApi& api, RawRequest request) {
  const auto gateway = api.make_gateway({clock(), random(), stop_, log_});
  return GatewayClient{*gateway, transport(), clock(), stop_}.raw(std::move(request));
}

ClockReading Services::read_gateway_clock() {
  const auto gateway = make_keyless_gateway(*this, {clock(), random(), stop_, log_});
  return GatewayClient{*gateway, transport(), clock(), stop_}.read_clock();
}

void Services::add_inputs(const std::vector<std::string>& paths) {
  parts_->inputs.insert(parts_->inputs.end(), paths.begin(), paths.end());
  if (!log_file_.empty()) refuse_output(log_file_option, log_file_);
}

void Services::refuse_output(const std::string& option, const std::string& path) const {
  auto files = files_in_use(settings_, environment_);
  for (const auto& input : parts_->inputs) files.add("the input " + input, input);
  if (option != log_file_option && !log_file_.empty()) files.add("the log file", log_file_);
  files.refuse(option, path);
}

}  // namespace wxpay::cli
