#include <benchmark/benchmark.h>

#include <variant>

#include "sample_order.hpp"
#include "wire/xml.hpp"

namespace wxpay::bench {
namespace {

void parse_query_answer(benchmark::State& state) {
  const std::string document = wire::to_xml(sample_query_answer());
  while (state.KeepRunning()) {
    const auto parsed = wire::parse_xml(document);
    if (!std::holds_alternative<Fields>(parsed)) state.SkipWithError("the sample does not parse");
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(document.size()) *
                          static_cast<std::int64_t>(state.iterations()));
}
BENCHMARK(parse_query_answer);

void write_unifiedorder(benchmark::State& state) {
  const Fields fields = sample_unifiedorder();
  while (state.KeepRunning()) benchmark::DoNotOptimize(wire::to_xml(fields));
}
BENCHMARK(write_unifiedorder);

}  // namespace
}  // namespace wxpay::bench
