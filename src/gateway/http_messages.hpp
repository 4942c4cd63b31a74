#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/saved_messages.hpp"

namespace wxpay::gateway {

/// The bytes of a stream that were read and not taken yet.
class ReadAhead {
 public:
  explicit ReadAhead(MessageSource source) : source_{std::move(source)} {}

  std::string_view bytes() const { return std::string_view{buffer_}.substr(start_); }
  /// @return whether there are more bytes than before
  bool fill();
  /// Takes that many of them off the front.
  void skip(std::size_t count);
  /// Reads on and takes bytes off, to the end of a line or of the input.
  void skip_line();

 private:
  MessageSource source_;
  std::string buffer_;
  std::size_t start_ = 0;
  bool ended_ = false;
};

/// Messages as JSON Lines, each as it stands, to be taken apart.
class JsonLineCutter final : public MessageCutter {
 public:
  explicit JsonLineCutter(MessageSource source) : input_{std::move(source)} {}

  std::optional<SavedMessage> next() override;
  bool holds_message() override { return input_.bytes().find('\n') != std::string_view::npos; }

 private:
  ReadAhead input_;
  bool given_ = false;
};

/// Messages as they went over the wire: headers, a blank line and the body, which ends where its
/// Content-Length says or, without one, with the input. What has no such form is a body without headers, up
/// to a line that begins a request: what nobody signed hides nothing behind it.
class HttpDumpCutter final : public MessageCutter {
 public:
  /// @param reader  tells whether a line end belongs to the body; must outlive this
  HttpDumpCutter(MessageSource source, const NotificationReader& reader)
      : input_{std::move(source)}, reader_{reader} {}

  std::optional<SavedMessage> next() override;
  bool holds_message() override;

 private:
  bool skip_between();
  SavedMessage take_rest();
  SavedMessage take_garbage();
  std::string_view read_line();
  SavedMessage take_body(std::size_t size, NotificationMessage message);
  void drop_added_line_end(NotificationMessage& message) const;

  ReadAhead input_;
  const NotificationReader& reader_;
  bool given_ = false;
};

}  // namespace wxpay::gateway
