#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "wxpay/notifications.hpp"

namespace wxpay::gateway {

/// One message of a stream of them.
struct SavedMessage {
  NotificationMessage message;  ///< empty where it is too large
  bool too_large = false;       ///< larger than `largest_notification`
  bool is_line = false;         ///< the body is a line of JSON that is still to be taken apart
};

/// Takes a line `{"headers":{"Wechatpay-Nonce":"…",…},"body":"…"}` apart, if it is one; a line that is
/// anything else is a body without headers. It takes longer than to cut the line off, and may be done in
/// another thread.
SavedMessage taken_apart(SavedMessage saved);

/// Fills the buffer with some bytes; 0 at the end.
using MessageSource = std::function<std::size_t(char* buffer, std::size_t size)>;

/// Cuts a stream into the messages of one form of file. What is no message comes out as one too, which the
/// reader refuses; and so does an empty stream.
class MessageCutter {
 public:
  virtual ~MessageCutter() = default;
  /// The next message; nothing at the end. What the source throws comes out.
  virtual std::optional<SavedMessage> next() = 0;
  /// Whether a whole message seems to have been read already, so that `next` does not wait for more.
  virtual bool holds_message() = 0;
};

/// Cuts a stream into messages, in the form that its beginning shows.
class SavedMessages final : public MessageCutter {
 public:
  /// @param reader  tells where a message ends that holds the beginning of another; must outlive this
  SavedMessages(MessageSource source, const NotificationReader& reader)
      : source_{std::move(source)}, reader_{reader} {}
  SavedMessages(const SavedMessages&) = delete;
  SavedMessages& operator=(const SavedMessages&) = delete;
  SavedMessages(SavedMessages&&) = delete;
  SavedMessages& operator=(SavedMessages&&) = delete;
  ~SavedMessages() override = default;

  std::optional<SavedMessage> next() override;
  bool holds_message() override { return cutter_ && cutter_->holds_message(); }

 private:
  std::size_t read(char* buffer, std::size_t size);
  void choose_cutter();
  void read_more();

  MessageSource source_;
  const NotificationReader& reader_;
  bool ended_ = false;       ///< of the source
  std::string first_bytes_;  ///< read to choose, and not given to the cutter yet
  std::unique_ptr<MessageCutter> cutter_;
};

}  // namespace wxpay::gateway
