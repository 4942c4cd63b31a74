#include "gateway/hosts.hpp"

namespace wxpay::gateway {

namespace {

constexpr std::string_view wechat_pay_host = "api.mch.weixin.qq.com";

std::string_view speaker_of(std::string_view base_url) {
  const auto scheme = base_url.find("://");
  const auto host = scheme == std::string_view::npos ? base_url : base_url.substr(scheme + 3);
  return host == wechat_pay_host ? wechat_pay : host;
}

}  // namespace

Hosts::Hosts(const std::vector<std::string>& base_urls) {
  hosts_.reserve(base_urls.size());
  for (const auto& url : base_urls) hosts_.push_back({url, std::string{speaker_of(url)}});
}

void Hosts::leave(std::size_t host) noexcept {
  if (current_ == host) current_ = (host + 1) % hosts_.size();
}

}  // namespace wxpay::gateway
