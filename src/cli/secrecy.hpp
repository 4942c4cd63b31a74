#pragma once

namespace wxpay::cli {

/// Sees to it that no secret in memory comes into a file that nobody asked for: a core dump, or the session
/// keys that libcurl's TLS writes where SSLKEYLOGFILE tells it to. To be called first, while there is one
/// thread.
void keep_secrets_in_memory();

}  // namespace wxpay::cli
