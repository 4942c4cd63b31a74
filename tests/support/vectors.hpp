#pragma once

#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "wxpay/fields.hpp"
#include "wxpay/sign_type.hpp"

namespace wxpay::test {

/// One section of a file of test vectors, which other implementations confirmed.
inline nlohmann::ordered_json vectors_in(const char* path, const std::string& section) {
  std::ifstream file{path};
  const auto all = nlohmann::ordered_json::parse(file);
  if (!all.contains(section) || all.at(section).empty()) throw std::runtime_error{"no vectors: " + section};
  return all.at(section);
}
inline nlohmann::ordered_json v2_vectors(const std::string& section) {
  return vectors_in(WXPAY_TEST_DATA "/vectors-v2.json", section);
}
inline nlohmann::ordered_json v3_vectors(const std::string& section) {
  return vectors_in(WXPAY_TEST_DATA "/vectors-v3.json", section);
}

inline Fields fields_of(const nlohmann::ordered_json& object) {
  Fields fields;
  for (const auto& item : object.items()) fields.add(item.key(), item.value().get<std::string>());
  return fields;
}

inline SignType sign_type_of(const nlohmann::ordered_json& vector) {
  return parse_sign_type(vector.at("sign_type").get<std::string>()).value();
}

}  // namespace wxpay::test
