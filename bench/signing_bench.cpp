#include <benchmark/benchmark.h>

#include "sample_order.hpp"
#include "wxpay/signing.hpp"

namespace wxpay::bench {
namespace {

void canonical_string_of_unifiedorder(benchmark::State& state) {
  const Fields fields = sample_unifiedorder();
  while (state.KeepRunning()) benchmark::DoNotOptimize(canonical_string(fields));
}
BENCHMARK(canonical_string_of_unifiedorder);

void sign_unifiedorder(benchmark::State& state, SignType type) {
  const Fields fields = sample_unifiedorder();
  const Secret key = sample_key();
  while (state.KeepRunning()) benchmark::DoNotOptimize(sign_fields(fields, type, key));
}
BENCHMARK_CAPTURE(sign_unifiedorder, md5, SignType::md5);
BENCHMARK_CAPTURE(sign_unifiedorder, hmac_sha256, SignType::hmac_sha256);

void verify_query_answer(benchmark::State& state) {
  const Fields answer = sample_query_answer();
  const Secret key = sample_key();
  while (state.KeepRunning()) {
    if (!verify_fields(answer, SignType::md5, key))
      state.SkipWithError("the sample's own sign does not hold");
  }
}
BENCHMARK(verify_query_answer);

void sign_jsapi_pay_parameters(benchmark::State& state, SignType type) {
  const AppId app_id{"wxd678efh567hg6787"};
  const PrepayId prepay_id{"wx23100000a1b2c3d4e5f60718293a4b5c6d7e"};
  const Secret key = sample_key();
  while (state.KeepRunning()) {
    benchmark::DoNotOptimize(
        jsapi_pay_parameters(app_id, prepay_id, "1795399200", "5K8264ILTKCH16CQ2502SI8ZNMTM67VS", type, key));
  }
}
BENCHMARK_CAPTURE(sign_jsapi_pay_parameters, md5, SignType::md5);
BENCHMARK_CAPTURE(sign_jsapi_pay_parameters, hmac_sha256, SignType::hmac_sha256);

}  // namespace
}  // namespace wxpay::bench
