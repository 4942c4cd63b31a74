#include "wire/json.hpp"

#include "report/record.hpp"

namespace wxpay::report {

namespace {

template <class Items, class Append>
std::string array_of(const Items& items, const Append& append) {
  std::string json{'['};
  for (const auto& item : items) {
    if (json.size() > 1) json += ',';
    append(json, item);
  }
  return json + ']';
}

/// Adds a value to the line under its key.
struct Adder {
  wire::JsonLine& line;
  const std::string& key;
  void operator()(const std::string& text) const { line.text(key, text); }
  void operator()(std::int64_t number) const { line.number(key, number); }
  void operator()(bool flag) const { line.flag(key, flag); }
  void operator()(const std::vector<std::string>& texts) const {
    const auto append = [](std::string& json, const std::string& text) { wire::append_json(json, text); };
    line.raw(key, array_of(texts, append));
  }
  void operator()(const std::vector<Record>& records) const {
    const auto append = [](std::string& json, const Record& record) { json += to_json(record); };
    line.raw(key, array_of(records, append));
  }
};

}  // namespace

std::string to_json(const Record& record) {
  wire::JsonLine line;
  for (const auto& [key, value] : record) std::visit(Adder{line, key}, value);
  return std::move(line).str();
}

}  // namespace wxpay::report
