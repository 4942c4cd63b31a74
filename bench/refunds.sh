# shellcheck shell=bash
# What scripts/bench measures of refunds: held against creations by the same API and gateway, in turn.
# It is read by that script, after bench/batches.sh and bench/v3.sh.
# shellcheck disable=SC2154  # scratch, ledger and the others are those scripts'
# shellcheck disable=SC2016  # the backquotes are Markdown's

# paid_orders_of COUNT: orders of 1000 fen as `orders import` takes them.
paid_orders_of() {
  awk -v count="$1" -v paid_at="$(date -u +%FT%TZ)" 'BEGIN {
    print "outTradeNo,totalFee,state,tradeType,transactionId,paidAt"
    for (i = 0; i < count; ++i) printf "B%010d,1000,SUCCESS,JSAPI,4200000000000000000000000001,%s\n", i, paid_at
  }'
}

# refunds_of COUNT: one refund of 300 fen of each of them.
refunds_of() {
  awk -v count="$1" 'BEGIN {
    print "outTradeNo,outRefundNo,refundFee,reason"
    for (i = 0; i < count; ++i) printf "B%010d,R%010d,300,out of stock\n", i, i
  }'
}

# refund COUNT: `figures` of a batch of so many refunds.
refund() {
  new_ledger
  paid_orders_of "$1" >"$scratch/orders"
  used "$ledger" orders import "$scratch/orders" >/dev/null
  figures=$(used "$ledger" refund --batch "$scratch/refunds" --base-url "$gateway" --jobs 16 --rate 100000)
}

# refunds_against_creations NAME COUNT ROUNDS: of the API whose gateway runs.
refunds_against_creations() {
  local name=$1 count=$2 rounds=$3 figures round created refunded
  local rates=() ratios=()
  refunds_of "$count" >"$scratch/refunds"
  for ((round = 0; round < rounds; ++round)); do
    create "$count" --rate 100000
    created=$(calculate "$count / $(field "$figures" seconds)")
    refund "$count"
    refunded=$(calculate "$count / $(field "$figures" seconds)")
    rates+=("$refunded")
    ratios+=("$(calculate "$refunded / $created")")
  done
  say "$name: \`refund --batch\` of $count: refunds a second" "$(median "${rates[@]}")" 0
  say "$name: \`refund --batch\` against \`create-order --batch\`: rate, times" "$(median "${ratios[@]}")" 2 least 0.8
}

batch_refund() {
  local count=$1 v3_count=$2 rounds=$3 profile=sandbox
  start_gateway
  refunds_against_creations 'API v2' "$count" "$rounds"
  stop_gateway
  configure_v3
  profile=bench-v3
  start_v3_gateway
  refunds_against_creations 'API v3' "$v3_count" "$rounds"
  stop_gateway
}
