#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace wxpay::gateway {

/// How messages call WeChat Pay's own first host; any other is named, as the fallback, a proxy in between or
/// a gateway for practice may speak where WeChat Pay is asked.
inline constexpr std::string_view wechat_pay = "WeChat Pay";

/// The addresses at which one merchant's WeChat Pay can be reached, and the one that is used now.
class Hosts {
 public:
  struct Host {
    std::string base_url;
    std::string speaker;  ///< who answers there, as messages name it
  };

  /// @param base_urls  in the order in which they are tried; at least one
  explicit Hosts(const std::vector<std::string>& base_urls);

  std::size_t current() const noexcept { return current_; }
  const Host& at(std::size_t host) const { return hosts_[host]; }
  /// This one could not be reached. Of many requests that fail at once, the first says it for all.
  void leave(std::size_t host) noexcept;

 private:
  std::vector<Host> hosts_;
  std::size_t current_ = 0;
};

}  // namespace wxpay::gateway
