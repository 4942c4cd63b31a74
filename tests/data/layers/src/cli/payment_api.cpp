#include "wxpay/v2_gateway.hpp"
