#include "cli/secrecy.hpp"

#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>

namespace wxpay::cli {

void keep_secrets_in_memory() {
  // The limit alone does not keep a dump from a program that the system pipes it to.
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::unsetenv("SSLKEYLOGFILE");
}

}  // namespace wxpay::cli
