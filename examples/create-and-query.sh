#!/usr/bin/env bash
# Creates an order at the sandbox and asks about it with bash, curl and openssl alone, as any client of WeChat Pay's
# API v2 would:
#
#   wxpayctl sandbox serve &
#   examples/create-and-query.sh [OUT_TRADE_NO]
#
# GATEWAY in the environment names another address. Every answer is verified before it is used.
set -euo pipefail

gateway=${GATEWAY:-http://127.0.0.1:8971}
# What `wxpayctl sandbox serve` prints. All of it is public; a real key belongs into a file of its own.
mch_id=1900000109
app_id=wxd678efh567hg6787
key=wxpayctlSandboxKey00000000000000

fail() {
  echo "create-and-query: $*" >&2
  exit 1
}

# sign_of FIELDS: the signature of an associative array (API v2, 4_3): sorted by the bytes of the names, without `sign`
# and without empty values, the key at the end. The key goes through a pipe: other users can read command lines.
sign_of() {
  local -n signed=$1
  local name text=
  while IFS= read -r name; do
    [[ $name == sign || -z ${signed[$name]} ]] || text+="$name=${signed[$name]}&"
  done < <(printf '%s\n' "${!signed[@]}" | LC_ALL=C sort)
  printf '%skey=%s' "$text" "$key" | openssl dgst -md5 -r | cut -d ' ' -f 1 | tr a-f A-F
}

declare -A request answer

request_xml() {
  local name
  printf '<xml>'
  for name in "${!request[@]}"; do printf '<%s><![CDATA[%s]]></%s>' "$name" "${request[$name]}" "$name"; done
  printf '</xml>'
}

# read_answer DOCUMENT: reads what the sandbox answers, flat and in CDATA. A client of the real gateway reads XML with a
# parser, and refuses a DOCTYPE.
read_answer() {
  local rest=${1#*<xml>} name value
  answer=()
  while [[ $rest =~ ^[[:space:]]*\<([A-Za-z0-9_]+)\> ]]; do
    name=${BASH_REMATCH[1]}
    [[ -z ${answer[$name]+there} ]] || fail "the answer has the element $name twice"
    rest=${rest#*"<$name>"}
    value=${rest%%"</$name>"*}
    rest=${rest#*"</$name>"}
    value=${value#'<![CDATA['}
    answer[$name]=${value%']]>'}
  done
  [[ $rest =~ ^[[:space:]]*\</xml\> ]] || fail "what answers at $gateway is no gateway"
}

# call PATH: sends $request, signed; $answer is verified when it returns.
call() {
  local document
  request+=([appid]=$app_id [mch_id]=$mch_id [nonce_str]=$(openssl rand -hex 16))
  request+=([sign]=$(sign_of request))
  document=$(request_xml | curl -sS --max-time 30 -H 'Content-Type: text/xml; charset=utf-8' \
    --data-binary @- "$gateway$1") || fail "no answer: nobody knows whether the order was created; run this again"
  read_answer "$document"
  # Nothing is signed where return_code is FAIL, so its words prove nothing.
  [[ ${answer[return_code]:-} == SUCCESS ]] || fail "not accepted: ${answer[return_msg]:-}"
  [[ ${answer[sign]:-} == "$(sign_of answer)" ]] || fail "the signature of the answer does not hold"
  [[ ${answer[mch_id]:-} == "$mch_id" && ${answer[appid]:-} == "$app_id" ]] || fail "the answer is for another merchant"
  [[ ${answer[result_code]:-} == SUCCESS ]] || fail "refused: ${answer[err_code]:-} ${answer[err_code_des]:-}"
}

out_trade_no=${1:-E$(date +%s)}

request=(
  [body]='green tea' [out_trade_no]=$out_trade_no [total_fee]=1000 [trade_type]=JSAPI [openid]=oTrainee
  [spbill_create_ip]=127.0.0.1 [notify_url]=http://127.0.0.1:8080/notify
)
call /pay/unifiedorder
echo "created  $out_trade_no  ${answer[prepay_id]}"

request=([out_trade_no]=$out_trade_no)
call /pay/orderquery
[[ ${answer[out_trade_no]:-} == "$out_trade_no" ]] || fail "the answer is about another order"
echo "state    $out_trade_no  ${answer[trade_state]}"
