# shellcheck shell=bash
# What scripts/bench measures of API v3, where RSA is most of the work: held against `openssl speed` in the same run.
# It is read by that script, after bench/batches.sh.
# shellcheck disable=SC2154  # scratch, build and the others are those scripts'
# shellcheck disable=SC2016  # the backquotes are Markdown's

v3_keys=tests/data/keys-v3
v3_public_key_id=PUB_KEY_ID_0119000001092026112300000000000001
v3_apiv3_key=THROWAWAYapiV3key0123456789ABCDE

# A profile of the sample merchant, that trusts WeChat Pay's public key.
configure_v3() {
  local folder=$XDG_CONFIG_HOME/wxpayctl
  mkdir -p "$folder"
  install -m 600 "$v3_keys/merchant_key.pem" "$folder/apiclient_key.pem"
  install -m 600 /dev/null "$folder/v3.key"
  printf '%s\n' "$v3_apiv3_key" >"$folder/v3.key"
  cp "$v3_keys/wxpay_pubkey_mode_pub.pem" "$folder/pub_key.pem"
  cat >"$folder/config.toml" <<TOML
[profiles.bench-v3]
api = "v3"
mch_id = "1900000109"
app_id = "wxd678efh567hg6787"
notify_url = "https://pay.example.com/notify/order"
body = "示例书店-图书"
serial_no = "3C6F1A52E7B04D98A1C2D3E4F5061728394A5B6C"
private_key_file = "apiclient_key.pem"
apiv3_key_file = "v3.key"
public_key_id = "$v3_public_key_id"
public_key_file = "pub_key.pem"
TOML
  chmod 600 "$folder/config.toml"
}

start_v3_gateway() {
  start_gateway --v3 "$v3_keys/wxpay_pubkey_mode_key.pem" "$v3_keys/merchant_pub.pem" "$v3_public_key_id"
}

# speed SECONDS: sets `signatures` and `verifications` to what all cores together can do in a second.
speed() {
  local line
  line=$(openssl speed -seconds "$1" -multi "$(nproc)" rsa2048 2>"$scratch/speed.log" | tail -n 1)
  # "rsa 2048 bits 0.000569s 0.000017s   1757.0  57996.5"
  read -r signatures verifications < <(awk '{ print $(NF - 1), $NF }' <<<"$line")
}

batch_v3() {
  local signed=$1 count=$2 rounds=$3 seconds=$4 profile figures round signatures verifications most rate v2_rate
  local sign_ratios=() sign_rates=() create_ratios=() create_rates=() replay_ratios=() replay_rates=()
  local created=$((signed / 2))
  configure_v3
  awk -v count="$signed" 'BEGIN { for (i = 0; i < count; ++i) printf "wx201410272009395522657a%012d\n", i }' >"$scratch/ids"
  "$build/bench/wxpay_make_notifications" "$count" >"$scratch/notifications"
  "$build/bench/wxpay_make_notifications" "$count" --v3 "$v3_keys/wxpay_pubkey_mode_key.pem" "$v3_public_key_id" \
    "$v3_apiv3_key" >"$scratch/notifications-v3"
  for ((round = 0; round < rounds; ++round)); do
    speed "$seconds"
    profile=bench-v3
    figures=$(used "$scratch/none.db" sign --batch "$scratch/ids")
    rate=$(calculate "$signed / $(field "$figures" seconds)")
    sign_rates+=("$rate")
    sign_ratios+=("$(calculate "$rate / $signatures")")

    start_v3_gateway
    create "$created" --rate 100000
    stop_gateway
    rate=$(calculate "$created / $(field "$figures" seconds)")
    create_rates+=("$rate")
    most=$(calculate "1 / (3 / $signatures + 2 / $verifications)")
    create_ratios+=("$(calculate "$rate / $most")")

    profile=sandbox
    import "$count"
    figures=$(used "$ledger" replay-notify "$scratch/notifications")
    v2_rate=$(calculate "$count / $(field "$figures" seconds)")
    profile=bench-v3
    import "$count"
    figures=$(used "$ledger" replay-notify "$scratch/notifications-v3")
    rate=$(calculate "$count / $(field "$figures" seconds)")
    replay_rates+=("$rate")
    replay_ratios+=("$(calculate "$rate / $v2_rate")")
  done
  say '`openssl speed rsa2048`, all cores: signatures a second' "$signatures" 0
  say '`openssl speed rsa2048`, all cores: verifications a second' "$verifications" 0
  say "API v3: \`sign --batch\` of $signed: a second" "$(median "${sign_rates[@]}")" 0
  say 'API v3: `sign --batch` against `openssl speed`: times' "$(median "${sign_ratios[@]}")" 2 least 0.9
  say "API v3: \`create-order --batch\` of $created, the gateway on the same cores: a second" \
    "$(median "${create_rates[@]}")" 0
  say 'API v3: `create-order --batch` against 3 signatures and 2 verifications an order: times' \
    "$(median "${create_ratios[@]}")" 2 least 0.7
  say "API v3: \`replay-notify\` of $count, applied and durable: a second" "$(median "${replay_rates[@]}")" 0
  say 'API v3: `replay-notify` against API v2: rate, times' "$(median "${replay_ratios[@]}")" 2 least 0.6
}
