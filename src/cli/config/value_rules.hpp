#pragma once

#include <string>
#include <string_view>

namespace wxpay::cli {

// Rules of values that the keys of a profile, options and messages share. A fault reads on after the name:
// "is not …"; it is empty for a good value.

/// An absolute http or https URL, with a query or without, that holds no password.
std::string address_fault(std::string_view url);

/// Letters, digits and any other UTF-8 but blanks, `/` and a leading `.` or `-`, at most 64 bytes: it names
/// the default ledger's file.
std::string profile_name_fault(std::string_view name);

/// 32 visible ASCII characters; the fault tells the length, never the content.
std::string v2_key_fault(std::string_view key);

/// The same of an APIv3 key.
std::string apiv3_key_fault(std::string_view key);

/// A faulty value for a message, with a blank before it; empty where it is or could be a secret, or holds a
/// password.
std::string shown_value(std::string_view key, std::string_view value);

/// Whether the key's value is a secret, or could be one put into the wrong place.
bool is_secret_key(std::string_view key);

/// Whether a text looks like the key itself, as happens to key_env and key_file: it has a word of 32 letters
/// and digits, as WeChat Pay's own keys are. Such a text is not repeated in messages.
bool looks_like_key(std::string_view text);

/// The URL without its trailing slashes. Only for one without a fault.
std::string without_trailing_slash(std::string_view url);

/// Whether the host is WeChat Pay's own.
bool is_wechat_host(std::string_view url);
/// Whether it is WeChat Pay's own gateway and nothing else: no port, no path (a path is one of its
/// sandboxes).
bool is_wechat_gateway(std::string_view url);

/// In backquotes, for a message; only its length where it is too long, not printable or looks like a key.
std::string printable(std::string_view text);

/// As one word for a shell.
std::string shell_quoted(const std::string& text);

}  // namespace wxpay::cli
