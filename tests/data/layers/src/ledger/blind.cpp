#include "base/text.hpp"
#include "net/http_transport.hpp"
