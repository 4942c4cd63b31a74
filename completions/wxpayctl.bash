# Completion of wxpayctl(1) for bash; needs nothing but bash itself.

# The options of a command, or the global ones when no command is named.
_wxpayctl_options() {
  case $1 in
    "")
      echo "-h --help --version --config -p --profile --ledger --base-url -o --output --json -q --quiet -v --verbose
        --log-level --log-file --color --no-progress --timeout --yes"
      ;;
    create-order)
      echo "--out-trade-no --openid --total-fee --amount --body --trade-type --attach --detail --goods-tag
        --product-id --device-info --limit-pay --expire-in --time-expire --client-ip --notify-url --scene-info
        --profit-sharing --sub-openid --request --batch --jobs --rate --max-errors --failed --dry-run"
      ;;
    sign)
      echo "--prepay-id --trade-type --timestamp --nonce --params --verify --batch --sign-type --explain"
      ;;
    query) echo "--transaction-id --read-only --watch --for" ;;
    reconcile)
      echo "--older-than --since --until --limit --jobs --rate --close-expired --expire-after --details --dry-run"
      ;;
    replay-notify) echo "--dir --reply --to --max-age --dry-run" ;;
    refund)
      echo "--out-refund-no --refund-fee --amount --all --reason --notify-url --funds-account --batch
        --jobs --rate --max-errors --failed --dry-run"
      ;;
    query-refund) echo "--order --read-only" ;;
    micropay)
      echo "--out-trade-no --auth-code-file --total-fee --amount --body --attach --goods-tag --device-info
        --limit-pay --client-ip --for"
      ;;
    api) echo "--data --header --xml --out" ;;
    "orders list") echo "--state --since --until --min-fee --max-fee --limit" ;;
    "orders export") echo "--state --since --until" ;;
    "refunds list") echo "--state --order --since --until --min-fee --max-fee --limit" ;;
    "refunds export") echo "--state --order --since --until" ;;
    "orders mark") echo "--state --reason" ;;
    "ledger check") echo "--head" ;;
    "sandbox serve") echo "--port --state --tls --trust --refund-interval --reverse-after" ;;
    "sandbox pay") echo "--fee" ;;
    "sandbox refund") echo "--state --notify --to --out" ;;
    "sandbox notify") echo "--refund --to --out" ;;
    "sandbox fault") echo "--count --match --seconds --words" ;;
    init)
      echo "--api --mch-id --app-id --sub-mch-id --sub-app-id --sign-type --notify-url --trade-type --body
        --key-file --key-env --key-command --private-key-file --private-key-password-file --cert-p12-file
        --cert-p12-password-file --cert-file --cert-key-file --serial-no --apiv3-key-file --apiv3-key-env
        --apiv3-key-command --public-key-id --public-key-file"
      ;;
  esac
}

# The commands under a command.
_wxpayctl_commands() {
  case $1 in
    "")
      echo "create-order sign query reconcile replay-notify close refund query-refund micropay reverse orders refunds \
        ledger sandbox api init doctor"
      ;;
    refunds) echo "list export" ;;
    orders) echo "list show import export mark" ;;
    ledger) echo "check backup restore" ;;
    sandbox) echo "serve pay refund notify fault keys rotate" ;;
  esac
}

# The profiles of the configuration file, and the built-in ones.
_wxpayctl_profiles() {
  local file
  echo sandbox sandbox-v3
  for file in "${WXPAYCTL_CONFIG:-${XDG_CONFIG_HOME:-$HOME/.config}/wxpayctl/config.toml}" /etc/wxpayctl/config.toml; do
    [[ -r $file ]] || continue
    sed -n 's/^[[:space:]]*\[profiles\.\([A-Za-z0-9_-]*\)\].*/\1/p' "$file"
    break
  done
}

# True for an option that is followed by a value.
_wxpayctl_takes_value() {
  case $1 in
    *=*) return 1 ;;
    -p | -o) return 0 ;;
    --help | --version | --json | --quiet | --verbose | --no-progress | --yes) return 1 ;;
    --profit-sharing | --explain | --read-only | --watch | --reply | --dry-run | --close-expired | --details | --xml | --all) return 1 ;;
    --*) return 0 ;;
    *) return 1 ;;
  esac
}

# Fills COMPREPLY with files that begin with $1.
_wxpayctl_files() {
  local file
  compopt -o filenames 2>/dev/null
  while IFS= read -r file; do COMPREPLY+=("$file"); done < <(compgen -f -- "$1")
}

# Fills COMPREPLY with the values of option $2 of command $1 that begin with $3.
_wxpayctl_values() {
  local words=
  case "$1 $2" in
    *" --output" | *" -o") words="text json csv" ;;
    *" --color") words="auto always never" ;;
    *" --log-level") words="trace debug info warn error" ;;
    *" --profile" | *" -p") words=$(_wxpayctl_profiles) ;;
    "sign --trade-type") words="JSAPI APP" ;;
    *" --trade-type") words="JSAPI NATIVE APP H5" ;;
    *" --sign-type") words="MD5 HMAC-SHA256" ;;
    *" --limit-pay") words="no_credit" ;;
    "refund --funds-account") words="AVAILABLE UNSETTLED" ;;
    "init --api") words="v2 v3" ;;
    "sandbox serve --trust") words="certificate public-key both" ;;
    "sandbox refund --state") words="SUCCESS CLOSED ABNORMAL PROCESSING" ;;
    "orders list --state" | "orders export --state" | "orders mark --state")
      words="CREATING NOTPAY USERPAYING SUCCESS REFUND CLOSED REVOKED PAYERROR FAILED"
      ;;
    "refunds list --state" | "refunds export --state") words="UNKNOWN PROCESSING ABNORMAL SUCCESS REFUNDCLOSE FAILED" ;;
    *" --config" | *" --ledger" | *" --"*-file | *" --request" | *" --params" | *" --verify" | *" --batch" | *" --failed" | \
      "api --data" | "api --out" | "sandbox notify --out" | "sandbox refund --out" | "sandbox serve --state" | "sandbox serve --tls" | \
      "replay-notify --dir")
      _wxpayctl_files "$3"
      return
      ;;
    *" --key-env" | *" --apiv3-key-env") words=$(compgen -e) ;;
  esac
  # shellcheck disable=SC2207  # one word a line
  COMPREPLY=($(compgen -W "$words" -- "$3"))
}

_wxpayctl() {
  local current=${COMP_WORDS[COMP_CWORD]} previous='' command='' end_of_options='' index word
  COMPREPLY=()

  # What stands before the word to complete: the command, and whether an option waits for its value. Bash makes three
  # words of --option=value.
  for ((index = 1; index < COMP_CWORD; ++index)); do
    word=${COMP_WORDS[index]}
    if [[ -n $previous ]]; then
      [[ $word == = ]] || previous=
    elif [[ -z $end_of_options && $word == -- ]]; then
      end_of_options=yes
    elif [[ -z $end_of_options && $word == -* ]]; then
      if _wxpayctl_takes_value "$word"; then previous=$word; fi
    elif [[ " $(_wxpayctl_commands "$command") " == *" $word "* ]]; then
      command=${command:+$command }$word
    fi
  done

  if [[ -n $previous ]]; then
    [[ $current != = ]] || current=
    _wxpayctl_values "$command" "$previous" "$current"
  elif [[ -z $end_of_options && $current == -* ]]; then
    # shellcheck disable=SC2207
    COMPREPLY=($(compgen -W "$(_wxpayctl_options "") $(_wxpayctl_options "$command")" -- "$current"))
  elif [[ $command == "sandbox fault" ]]; then
    # shellcheck disable=SC2207
    COMPREPLY=($(compgen -W "lost-reply delay 5xx truncated wrong-sign unsigned other-order other-merchant other-app
      other-refund other-amount not-enough system-error rate-limit redirect html wrong-serial stale probe bad-cipher
      refusal none" -- "$current"))
  elif [[ $command == api ]]; then
    # shellcheck disable=SC2207
    [[ ${COMP_WORDS[COMP_CWORD - 1]} != api ]] || COMPREPLY=($(compgen -W "GET POST PUT PATCH DELETE" -- "$current"))
  elif [[ $command == "ledger backup" || $command == "ledger restore" || $command == "orders import" || $command == replay-notify || $command == "sandbox keys" ]]; then
    _wxpayctl_files "$current"
  else
    # shellcheck disable=SC2207
    COMPREPLY=($(compgen -W "$(_wxpayctl_commands "$command")" -- "$current"))
  fi
}

complete -F _wxpayctl wxpayctl
