#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "wire/malformed.hpp"
#include "wxpay/transport.hpp"

namespace wxpay::gateway {

/// A message as it went over the wire, without the line that names its method or status.
struct HttpDump {
  std::vector<HttpHeader> headers;
  std::string body;
};

/// Reads headers, a blank line and the body, with or without a request or status line; lines end with CRLF or
/// LF, and of the body nothing is changed. Blanks behind what Content-Length says are none of it.
std::variant<HttpDump, wire::Malformed> parse_http_dump(std::string_view text);

/// Reads the lines before the blank one. Lines that a browser's tools print, as `POST / HTTP/1.1`, are left
/// out.
std::variant<std::vector<HttpHeader>, wire::Malformed> parse_dump_headers(std::string_view head);

/// What Content-Length says, where it is there and a number; the largest of all where it is too large for
/// one.
std::optional<std::size_t> content_length(const std::vector<HttpHeader>& headers);

/// Where the head of a dump ends: the offset behind its blank line, or npos where that has not come.
std::size_t end_of_head(std::string_view text);

/// Whether a line begins a request or a response: `POST /notify HTTP/1.1`.
bool is_start_line(std::string_view line);

/// Whether a text can be the name of a header.
bool is_header_name(std::string_view name);

/// Whether a text begins as a dump does: with the first line of a request or of a response, or with a header.
bool begins_dump(std::string_view start);

}  // namespace wxpay::gateway
