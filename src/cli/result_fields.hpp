#pragma once

#include <string>

#include "app/outcome.hpp"
#include "report/record.hpp"
#include "wxpay/gateway.hpp"

namespace wxpay::cli {

// The fields of a result that have the names of API v2, whatever API or rule they come from.

/// returnCode and returnMsg: whether there was an answer that can be believed. Nothing where there was none.
void describe_answer(report::Record& record, const Said& said);

/// resultCode, errCode and errCodeDes.
void describe_reply(report::Record& record, app::Reply reply, const std::string& code = {},
                    const std::string& text = {});

}  // namespace wxpay::cli
