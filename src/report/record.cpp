#include "report/record.hpp"

#include <algorithm>
#include <utility>

namespace wxpay::report {

Record& Record::text(std::string key, std::string value) {
  values_.emplace_back(std::move(key), std::move(value));
  return *this;
}

Record& Record::text_if_set(std::string key, std::string value) {
  return value.empty() ? *this : text(std::move(key), std::move(value));
}

Record& Record::number(std::string key, std::int64_t value) {
  values_.emplace_back(std::move(key), value);
  return *this;
}

Record& Record::flag(std::string key, bool value) {
  values_.emplace_back(std::move(key), value);
  return *this;
}

Record& Record::list(std::string key, std::vector<std::string> value) {
  values_.emplace_back(std::move(key), std::move(value));
  return *this;
}

Record& Record::records(std::string key, std::vector<Record> value) {
  values_.emplace_back(std::move(key), std::move(value));
  return *this;
}

Record& Record::fields(Fields fields) {
  for (auto& [name, value] : std::move(fields).take()) text(std::move(name), std::move(value));
  return *this;
}

const Record::Value* Record::find(std::string_view key) const {
  const auto found =
      std::find_if(values_.begin(), values_.end(), [key](const auto& item) { return item.first == key; });
  return found == values_.end() ? nullptr : &found->second;
}

}  // namespace wxpay::report
