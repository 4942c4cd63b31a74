# shellcheck shell=bash
# What scripts/bench measures of commands that work on many orders. It is read by that script, whose variables and
# functions it uses; all that is held against each other is run in one go and in turn.
# shellcheck disable=SC2154  # build, results, scratch and the others are that script's
# shellcheck disable=SC2016  # the backquotes are Markdown's

cost=$build/bench/wxpay_process_cost
batch_json=$scratch/batch.json
: >"$batch_json"

# start_gateway [OPTION…]: sets `gateway` to the address of a fixed gateway of its own.
start_gateway() {
  : >"$scratch/gateway"
  "$build/bench/wxpay_fixed_gateway" "$@" >"$scratch/gateway" &
  server=$!
  await_listening "$scratch/gateway" "the fixed gateway"
}

# Ends it; `came` is what it says of the requests.
stop_gateway() {
  kill "$server"
  wait "$server"
  server=
  came=$(tail -n 1 "$scratch/gateway")
}

# calculate EXPRESSION: by awk, with all digits.
calculate() { awk "BEGIN { printf \"%.6f\", $1 }"; }

# median NUMBER…
median() { printf '%s\n' "$@" | sort -g | awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }'; }

# say NAME VALUE DECIMALS [least|most LIMIT]: one line of the table.
say() {
  local name=$1 value=$2 decimals=$3 kind=${4:-} limit=${5:-} words='' shown
  [[ -z $kind ]] || words="at $kind $limit"
  shown=$(printf "%.${decimals}f" "$value")
  printf '| %s | %s | %s |\n' "$name" "$shown" "$words" >>"$markdown"
  printf '{"name":"%s","value":%s%s}\n' "$name" "$value" "${kind:+,\"at${kind^}\":$limit}" >>"$batch_json"
  if [[ -n $kind ]] && awk -v value="$value" -v limit="$limit" -v kind="$kind" \
    'BEGIN { exit !(kind == "least" ? value < limit : value > limit) }'; then
    echo "bench: $name: $shown, and must be $words" >&2
    missed=$((missed + 1))
  fi
}

# say_memory WHAT SMALL SMALL-KIB LARGE LARGE-KIB: by how much memory grows with the work. The ledger's page cache may
# be full with the large one alone.
say_memory() {
  say "$1 of $2: peak memory, KiB" "$3" 0
  say "$1 of $4: peak memory, KiB" "$5" 0
  say "$1: memory grown meanwhile, KiB" "$(calculate "$5 - $3")" 0 most $((16384 + 4096))
}

# requests_of COUNT: a batch of orders.
requests_of() {
  awk -v count="$1" 'BEGIN {
    for (i = 0; i < count; ++i)
      printf "{\"outTradeNo\":\"B%010d\",\"openId\":\"oUpF8uMuAJO_M2pxb1Q9zNjWeS6o\",\"totalFee\":1000," \
             "\"body\":\"示例书店-图书\",\"clientIp\":\"127.0.0.1\"," \
             "\"notifyUrl\":\"https://pay.example.com/notify/order\"}\n", i
  }'
}

# unpaid_orders_of COUNT: the same orders as `orders import` takes them.
unpaid_orders_of() {
  awk -v count="$1" 'BEGIN {
    print "outTradeNo,totalFee,state,tradeType"
    for (i = 0; i < count; ++i) printf "B%010d,1000,NOTPAY,JSAPI\n", i
  }'
}

# Whose orders they are: the sandbox's, unless bench/v3.sh says otherwise.
profile=sandbox

# used LEDGER COMMAND…: what wxpayctl took, with this ledger.
used() {
  local ledger=$1
  shift
  "$cost" "$wxpayctl" "$@" -p "$profile" --json --quiet --no-progress --ledger "$ledger"
}

new_ledger() {
  rm -f "$results/batch.db"*
  ledger=$results/batch.db
}

batch_sign() {
  local count=$1 figures
  awk -v count="$count" 'BEGIN { for (i = 0; i < count; ++i) printf "wx201410272009395522657a%012d\n", i }' \
    >"$scratch/ids"
  figures=$(used "$scratch/none.db" sign --batch "$scratch/ids")
  say "\`sign --batch\` of $count: a second" "$(calculate "$count / $(field "$figures" seconds)")" 0
  say "\`sign --batch\` of $count: a second of CPU time, in one thread" \
    "$(calculate "$count / $(field "$figures" cpuSeconds)")" 0 least 500000
  say "\`sign --batch\` of $count: peak memory, KiB" "$(field "$figures" peakRssKib)" 0 most 32768
}

# create COUNT [OPTION…]: `figures` of a batch of so many new orders.
create() {
  local count=$1
  shift
  new_ledger
  requests_of "$count" >"$scratch/requests"
  figures=$(used "$ledger" create-order --batch "$scratch/requests" --base-url "$gateway" --jobs 16 "$@")
}

batch_create() {
  local count=$1 rounds=$2 seconds=$3 figures floor wrk_rate round
  local cpu_ratios=() rates=() rate_ratios=() costs=() floors=() floor_rates=() wrk_rates=()
  "$build/bench/wxpay_curl_floor" --body >"$scratch/body"
  start_gateway
  for ((round = 0; round < rounds; ++round)); do
    floor=$("$build/bench/wxpay_curl_floor" "$gateway" "$count" 16)
    create "$count" --rate 100000
    wrk_rate=$(BODY=$scratch/body wrk -t1 -c16 -d"${seconds}s" -s bench/post_body.lua "$gateway/pay/unifiedorder" |
      awk '/^Requests\/sec:/ { print $2 }')
    costs+=("$(calculate "1e6 * $(field "$figures" cpuSeconds) / $count")")
    floors+=("$(calculate "1e6 * $(field "$floor" cpuSeconds) / $count")")
    cpu_ratios+=("$(calculate "$(field "$figures" cpuSeconds) / $(field "$floor" cpuSeconds)")")
    rates+=("$(calculate "$count / $(field "$figures" seconds)")")
    floor_rates+=("$(calculate "$count / $(field "$floor" seconds)")")
    rate_ratios+=("$(calculate "$(field "$floor" seconds) / $(field "$figures" seconds)")")
    wrk_rates+=("$wrk_rate")
  done
  stop_gateway
  say "\`create-order --batch\` of $count, \`--jobs 16\`: CPU time an order, µs" "$(median "${costs[@]}")" 1
  say 'libcurl alone, 16 connections: CPU time a request, µs' "$(median "${floors[@]}")" 1
  say '`create-order --batch` against libcurl alone: CPU time, times' "$(median "${cpu_ratios[@]}")" 2 most 3.4
  batch_rate=$(median "${rates[@]}")
  say "\`create-order --batch\` of $count: orders a second" "$batch_rate" 0
  say 'libcurl alone, 16 connections: requests a second' "$(median "${floor_rates[@]}")" 0
  say '`create-order --batch` against libcurl alone: rate, times' "$(median "${rate_ratios[@]}")" 2 least 0.5
  say '`wrk -t1 -c16`: requests a second' "$(median "${wrk_rates[@]}")" 0
}

batch_memory() {
  local small=$1 large=$2 figures small_rss large_rss
  start_gateway
  create "$small" --rate 100000
  small_rss=$(field "$figures" peakRssKib)
  create "$large" --rate 100000
  large_rss=$(field "$figures" peakRssKib)
  stop_gateway
  say_memory '`create-order --batch`' "$small" "$small_rss" "$large" "$large_rss"
}

batch_rate() {
  local rate=$1 seconds=$2 figures came
  start_gateway
  create "$((rate * seconds))" --rate "$rate"
  stop_gateway
  local kept
  kept=$(calculate "($(field "$came" requests) - 1) / $(field "$came" seconds)")
  say "\`--rate $rate\` over $seconds s: requests a second" "$kept" 1
  say "\`--rate $rate\`: away from it, %" "$(calculate "100 * ($kept > $rate ? $kept / $rate - 1 : 1 - $kept / $rate)")" \
    2 most 2
  say "\`--rate $rate\`: most requests within any second" "$(field "$came" mostInASecond)" 0 most "$rate"
}

# import COUNT: `figures` of an import into a new ledger.
import() {
  new_ledger
  unpaid_orders_of "$1" >"$scratch/orders"
  figures=$(used "$ledger" orders import "$scratch/orders")
}

batch_replay() {
  local count=$1 rounds=$2 figures floor round
  local rates=() floor_rates=() rate_ratios=()
  "$build/bench/wxpay_make_notifications" "$count" >"$scratch/notifications"
  for ((round = 0; round < rounds; ++round)); do
    import "$count"
    floor=$("$build/bench/wxpay_sqlite_floor" "$ledger" "$count")
    import "$count"
    figures=$(used "$ledger" replay-notify "$scratch/notifications")
    rates+=("$(calculate "$count / $(field "$figures" seconds)")")
    floor_rates+=("$(calculate "$count / $(field "$floor" seconds)")")
    rate_ratios+=("$(calculate "$(field "$floor" seconds) / $(field "$figures" seconds)")")
  done
  say "\`replay-notify\` of $count, applied and durable: a second" "$(median "${rates[@]}")" 0 least 20000
  say "SQLite's statements of $count alone: a second" "$(median "${floor_rates[@]}")" 0
  say "\`replay-notify\` against SQLite's statements alone: rate, times" "$(median "${rate_ratios[@]}")" 2 least 0.5
  say "\`replay-notify\` of $count: peak memory, KiB" "$(field "$figures" peakRssKib)" 0
}

batch_reconcile() {
  local count=$1 figures created
  start_gateway
  create "$count" --rate 100000
  created=$(calculate "$count / $(field "$figures" seconds)")
  import "$count"
  figures=$(used "$ledger" reconcile --older-than 0s --base-url "$gateway" --jobs 16 --rate 100000)
  stop_gateway
  local asked
  asked=$(calculate "$count / $(field "$figures" seconds)")
  say "\`reconcile\` of $count open orders: a second" "$asked" 0
  say "\`reconcile\` against \`create-order --batch\` of $count: rate, times" "$(calculate "$asked / $created")" 2 least 0.8
  say "\`reconcile\` of $count: peak memory, KiB" "$(field "$figures" peakRssKib)" 0
}

batch_ledger() {
  local small=$1 large=$2 figures import_rss export_rss
  import "$small"
  import_rss=$(field "$figures" peakRssKib)
  figures=$(used "$ledger" orders export)
  export_rss=$(field "$figures" peakRssKib)
  import "$large"
  say "\`orders import\` of $large, with history: a second" "$(calculate "$large / $(field "$figures" seconds)")" 0 least 80000
  say_memory '`orders import`' "$small" "$import_rss" "$large" "$(field "$figures" peakRssKib)"
  figures=$(used "$ledger" orders export)
  say "\`orders export\` of $large: a second" "$(calculate "$large / $(field "$figures" seconds)")" 0 least 250000
  say_memory '`orders export`' "$small" "$export_rss" "$large" "$(field "$figures" peakRssKib)"
}

# batches PART: all of it, or one part.
batches() {
  local part
  {
    echo
    echo '### Many orders'
    echo
    echo '| measure | figure | must be |'
    echo '| --- | ---: | --- |'
  } >>"$markdown"
  for part in sign create memory rate replay reconcile ledger v3 refund; do
    [[ $1 == all || $1 == "$part" ]] || continue
    echo "bench: many orders: $part" >&2
    case $part-$quick in
      sign-no) batch_sign 1000000 ;;
      sign-yes) batch_sign 20000 ;;
      create-no) batch_create 100000 3 5 ;;
      create-yes) batch_create 2000 1 1 ;;
      memory-no) batch_memory 10000 1000000 ;;
      memory-yes) batch_memory 1000 5000 ;;
      rate-no) batch_rate 1000 60 ;;
      rate-yes) batch_rate 1000 10 ;;
      replay-no) batch_replay 100000 3 ;;
      replay-yes) batch_replay 2000 1 ;;
      reconcile-no) batch_reconcile 100000 ;;
      reconcile-yes) batch_reconcile 2000 ;;
      ledger-no) batch_ledger 10000 1000000 ;;
      ledger-yes) batch_ledger 1000 20000 ;;
      v3-no) batch_v3 20000 100000 3 10 ;;
      v3-yes) batch_v3 10000 20000 1 4 ;;
      refund-no) batch_refund 50000 10000 3 ;;
      refund-yes) batch_refund 2000 1000 1 ;;
    esac
  done
  rm -f "$results/batch.db"*
}
