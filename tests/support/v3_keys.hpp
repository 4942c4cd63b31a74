#pragma once

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "crypto/base64.hpp"
#include "crypto/private_key.hpp"
#include "wxpay/error.hpp"

namespace wxpay::test {

/// The bytes of a file of tests/data: "keys-v3/merchant_key.pem".
inline std::string data_file(const std::string& name) {
  std::ifstream file{WXPAY_TEST_DATA "/" + name, std::ios::binary};
  if (!file) throw std::runtime_error{"no test data: " + name};
  return {std::istreambuf_iterator<char>{file}, {}};
}

/// One section of the API v3 test vectors, which other implementations confirmed.
inline nlohmann::ordered_json v3_vectors(const std::string& section) {
  const auto all = nlohmann::ordered_json::parse(data_file("vectors-v3.json"));
  if (!all.contains(section) || all.at(section).empty()) throw std::runtime_error{"no vectors: " + section};
  return all.at(section);
}

inline std::string bytes_of(const nlohmann::ordered_json& base64) {
  return crypto::from_base64(base64.get<std::string>()).value();
}

/// What the file is called in messages.
inline const crypto::Origin test_origin{"the file", ErrorKind::key};

/// A key without a password.
inline crypto::PrivateKey private_key(const std::string& name) {
  return crypto::PrivateKey::from_pem(data_file(name), nullptr, test_origin);
}

inline crypto::PrivateKey merchant_key() { return private_key("keys-v3/merchant_key.pem"); }

/// The message of the error that this ends with; empty where it ends well.
template <class Action>
std::string refusal_of(Action action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

}  // namespace wxpay::test
