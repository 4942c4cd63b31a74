#include "gateway/v2/reactions.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace wxpay;
using enum v2::Operation;

TEST_CASE("words that are said before an order is made are final, and have the documents' code") {
  struct Row {
    const char* words;
    const char* err_code;
    Reaction reaction = Reaction::refuse;
  };
  const Row rows[] = {
      {"签名错误", "SIGNERROR", Reaction::wrong_key},
      {"签名失败", "SIGNERROR", Reaction::wrong_key},
      {"签名错误，请检查后再试", "SIGNERROR", Reaction::wrong_key},
      {"SIGNERROR", "SIGNERROR", Reaction::wrong_key},
      {"Sign Error", "SIGNERROR", Reaction::wrong_key},
      {"invalid signature", "SIGNERROR", Reaction::wrong_key},
      {"XML格式错误", "XML_FORMAT_ERROR"},
      {"POST_DATA_EMPTY", "POST_DATA_EMPTY"},
      {"REQUIRE_POST_METHOD 请使用post方法", "REQUIRE_POST_METHOD"},
      {"编码格式错误", "NOT_UTF8"},
      {"商户号该产品权限未开通，请前往商户平台>产品中心检查后重试", "NOAUTH"},
      {"您没有JSAPI支付权限", "NOAUTH"},
      {"无权限", "NOAUTH"},
      {"此商家的收款功能已被限制，暂无法支付。", "NOAUTH"},
      {"商户号已注销", "NOAUTH"},
      {"该商户已暂停交易", "NOAUTH"},
      {"appid不存在", "APPID_NOT_EXIST"},
      {"AppID不存在，请检查后再试", "APPID_NOT_EXIST"},
      {"商户号mch_id或sub_mch_id不存在", "MCHID_NOT_EXIST"},
      {"商户号mch_id与appid不匹配", "APPID_MCHID_NOT_MATCH"},
      {"appid和mch_id不匹配，请检查后再试", "APPID_MCHID_NOT_MATCH"},
      {"sub_mch_id与sub_appid不匹配", "APPID_MCHID_NOT_MATCH"},
      {"appid and openid not match", "PARAM_ERROR"},
      {"openid与appid不匹配", "PARAM_ERROR"},
      {"openid is invalid", "PARAM_ERROR"},
      {"invalid openid", "PARAM_ERROR"},
      {"无效的openid", "PARAM_ERROR"},
      {"JSAPI支付必须传openid", "LACK_PARAMS"},
      {"受理机构必须传入sub_mch_id", "LACK_PARAMS"},
      {"缺少参数", "LACK_PARAMS"},
      {"invalid spbill_create_ip", "PARAM_ERROR"},
      {"spbill_create_ip参数长度有误", "PARAM_ERROR"},
      {"appid参数长度有误", "PARAM_ERROR"},
      {"mch_id参数格式错误", "PARAM_ERROR"},
      {"body参数长度有误", "PARAM_ERROR"},
      {"out_trade_no参数长度有误", "PARAM_ERROR"},
      {"不识别的参数foo", "PARAM_ERROR"},
      {"参数错误", "PARAM_ERROR"},
      {"频率限制", "FREQUENCY_LIMITED", Reaction::slow_down},
      {"请求频率过高,请稍后再试", "FREQUENCY_LIMITED", Reaction::slow_down},
  };
  for (const auto& row : rows) {
    CAPTURE(row.words);
    const auto refusal = v2::unsigned_refusal(row.words);
    REQUIRE(refusal);
    CHECK(std::string{refusal->err_code} == row.err_code);
    CHECK((refusal->reaction == row.reaction));
  }
}

TEST_CASE("what may be said of an order that is there, or of a request that is carried out, is not final") {
  for (const auto* words : {"",
                            "OK",
                            "FAIL",
                            "请求失败",
                            "system error",
                            "系统错误",
                            "系统繁忙,请稍后再试",
                            "系统超时，签名未完成",
                            "timeout",
                            "Request timed out, check your signature",
                            "服务繁忙",
                            "该订单已支付",
                            "商户订单号重复",
                            "201 商户订单号重复",
                            "订单已关闭",
                            "参数错误:与原订单不一致",
                            "openid与原订单不匹配",
                            "订单号格式错误",
                            "ORDERPAID",
                            "duplicate out_trade_no, parameter error",
                            "total_fee不匹配",
                            "金额不匹配",
                            "不存在",
                            "invalid request",
                            "internal error"}) {
    CAPTURE(words);
    CHECK_FALSE(v2::unsigned_refusal(words));
  }
}

TEST_CASE("WeChat Pay's word about our signature is the same for every question, signed or not") {
  for (const auto operation : {unifiedorder, orderquery, closeorder}) {
    CHECK((v2::reaction_to(operation, "SIGNERROR") == Reaction::wrong_key));
    CHECK((v2::reaction_to(operation, "NOAUTH") == Reaction::refuse));
  }
}
