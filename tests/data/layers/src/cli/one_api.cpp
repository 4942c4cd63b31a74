#include "gateway/v3/pay_signer.hpp"
#include "wire/xml.hpp"
