#include <cstddef>
#include <cstdint>

#include "fuzz/targets.hpp"

/// What libFuzzer calls with each input. The build says for which target.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  wxpay::fuzz::WXPAY_FUZZ_CHECK({reinterpret_cast<const char*>(bytes), size});
  return 0;
}
