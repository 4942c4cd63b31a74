#include "sandbox/apis.hpp"

#include <algorithm>
#include <array>

#include "sandbox/v2_api.hpp"
#include "sandbox/v2_notify_answer.hpp"

namespace wxpay::sandbox {

namespace {

struct ApiRow {
  std::string_view name;
  std::unique_ptr<GatewayApi> (*make)(const GatewayAccount& account, const ApiDeps& deps);
  AnswerReader read_answer;
};

std::unique_ptr<GatewayApi> make_v2(const GatewayAccount& account, const ApiDeps& deps) {
  return std::make_unique<V2Api>(account.merchant, account.v2_key.duplicate(), deps.store, deps.clock,
                                 deps.random, deps.log);
}

constexpr std::array rows{ApiRow{"v2", make_v2, read_v2_notify_answer}};

}  // namespace

std::vector<NamedApi> make_apis(const GatewayAccount& account, const ApiDeps& deps) {
  std::vector<NamedApi> apis;
  for (const auto& row : rows) apis.push_back({row.name, row.make(account, deps)});
  return apis;
}

AnswerReader find_answer_reader(std::string_view api) {
  const auto* const found =
      std::find_if(rows.begin(), rows.end(), [api](const ApiRow& row) { return row.name == api; });
  return found == rows.end() ? nullptr : found->read_answer;
}

}  // namespace wxpay::sandbox
