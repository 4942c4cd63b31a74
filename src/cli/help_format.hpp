#pragma once

namespace CLI {
class App;
}

namespace wxpay::cli {

/// Lays out --help of this app and of every command that is added to it afterwards.
void set_help_format(CLI::App& root);

}  // namespace wxpay::cli
