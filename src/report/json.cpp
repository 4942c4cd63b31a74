#include "wire/json.hpp"
#include "report/record.hpp"

namespace wxpay::report {

namespace {

template <class Items, class Append>
void append_array(std::string& json, const Items& items, const Append& append) {
  json += '[';
  for (const auto& item : items) {
    if (json.back() != '[') json += ',';
    append(item);
  }
  json += ']';
}

struct Appender {
  std::string& json;
  void operator()(const std::string& text) const { wire::append_json(json, text); }
  void operator()(std::int64_t number) const { json += std::to_string(number); }
  void operator()(bool flag) const { json += flag ? "true" : "false"; }
  void operator()(const std::vector<std::string>& texts) const { append_array(json, texts, *this); }
  void operator()(const Record& record) const { json += to_json(record); }
  void operator()(const std::vector<Record>& records) const { append_array(json, records, *this); }
};

}  // namespace

std::string to_json(const Record& record) {
  constexpr std::size_t usual = 512;
  std::string json;
  json.reserve(usual);
  json += '{';
  for (const auto& [key, value] : record) {
    if (json.size() > 1) json += ',';
    wire::append_json(json, key);
    json += ':';
    std::visit(Appender{json}, value);
  }
  json += '}';
  return json;
}

}  // namespace wxpay::report
