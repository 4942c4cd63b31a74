#!/usr/bin/env bash
# Runs what README.md shows at a prompt, section by section, each in a fresh home with a sandbox of its own, and holds
# what README shows there against what comes. No example of a man page or of --help may be wrong usage:
# readme_test.sh WXPAYCTL
# shellcheck disable=SC2030,SC2031,SC2317  # each session is a subshell with a home of its own; eval calls functions
set -euo pipefail
program=$(realpath -- "$1")
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
for variable in "${!WXPAYCTL_@}" "${!XDG_@}"; do unset "$variable"; done
failures=0

# What differs from run to run, a rule for each; all else is held to the letter.
leave_open() {
  sed -E \
    -e 's/127\.0\.0\.1:[0-9]+/127.0.0.1:PORT/' \
    -e 's/^(gateway +OK +)[^ ]+ /\1GATEWAY /' \
    -e "s#/home/lin/|$scratch/home-[^/]*/#HOME/#g" \
    -e 's/\b[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\+08:00/TIME/g' \
    -e 's/^(timeStamp +)[0-9]{10}$/\1TIME/' \
    -e 's/"durationMs":[0-9]+/"durationMs":DURATION/' \
    -e 's/\bwx[0-9]{14}[0-9a-f]{20}\b/PREPAY_ID/g' \
    -e 's/\b4200[0-9]{24}\b/TRANSACTION_ID/g' \
    -e 's/\b503[0-9]{26}\b/REFUND_ID/g' \
    -e 's/\bpr=[A-Za-z0-9]{9}$/pr=CODE/' \
    -e 's/^(nonceStr +)[A-Za-z0-9]{32}$/\1NONCE/' \
    -e 's/^(paySign +)[0-9A-F]{32}$/\1SIGNATURE/' \
    -e 's#^(paySign +)[A-Za-z0-9+/]{342}==$#\1SIGNATURE#' \
    -e 's/^(platform-certificate +OK +)[0-9A-F]{40} ends at TIME, in 182[0-9] days$/\1SERIAL/' \
    -e 's/\b[0-9a-f]{64}\b/HASH/g' \
    -e 's/^(TIME .* (create|close) +)[^ ]+( \([^)]*\))?/\1ACTOR/' \
    -e 's/  +/  /g; s/ +$//' # columns are as wide as the longest value, which may be the actor
}

# Lines of README.md: those of a section (## TITLE) that belong to a block with a prompt in it.
prompts_of() {
  awk -v section="## $1" '
    function end_block() { if (block ~ /(^|\n)\$ /) printf "%s", block; block = blanks = "" }
    /^## / { end_block(); inside = $0 == section; next }
    !inside { next }
    /^    / { block = block blanks substr($0, 5) "\n"; blanks = ""; next }
    /^$/ && block != "" { blanks = blanks "\n"; next }
    { end_block() }
    END { end_block() }' "$root/README.md"
}

sections_with_prompts() {
  awk '/^## / { title = substr($0, 4) } /^    \$ / && title != last { print title; last = title }' "$root/README.md"
}

# serve OUTPUT: the sandbox of a session, on a free port; what it says is in OUTPUT.
serve() {
  wxpayctl sandbox serve --port 0 >"$1" 2>&1 &
  until grep -qs "^keyNote" "$1"; do
    kill -0 $! 2>/dev/null || { cat "$1" >&2; return 1; }
    sleep 0.05
  done
  WXPAYCTL_BASE_URL=$(sed -n 's/^listening *//p' "$1")
  export WXPAYCTL_BASE_URL
}

# What README tells in words before a command, or takes for granted.
prepare() {
  case $1 in
    "(umask 077 && \${EDITOR:-vi} shop.key)")
      # What is shown asks WeChat Pay with a profile of its own; here the sandbox stands in.
      unset WXPAYCTL_PROFILE
      export EDITOR=true
      (umask 077 && echo wxpayctlSandboxKey00000000000000 >shop.key)
      ;;
    "(umask 077 && \${EDITOR:-vi} apiv3.key)")
      unset WXPAYCTL_PROFILE
      export EDITOR=true
      wxpayctl sandbox keys .
      ;;
    'wxpayctl query 2026112300001')
      [[ $title != 'Your first real order' ]] || wxpayctl -p sandbox sandbox pay 2026112300001
      ;;
    'cat orders.csv')
      awk '/^\$ cat orders.csv$/ { inside = 1; next } /^\$ / { inside = 0 } inside' shown >orders.csv
      ;;
    'wxpayctl replay-notify 1.xml 1.xml changed.xml')
      wxpayctl sandbox pay 2026112300011
      wxpayctl sandbox notify 2026112300011 --out 1.xml
      sed 's/\[1000\]/[1]/' 1.xml >changed.xml
      ;;
    'wxpayctl reconcile --older-than 0s --json')
      wxpayctl sandbox pay 2026112300012
      ;;
    'wxpayctl refund 2026112300041 '*' --amount 3.00 '*)
      wxpayctl create-order --out-trade-no 2026112300041 --openid oTrainee --amount 10.00
      wxpayctl sandbox pay 2026112300041
      ;;
    'wxpayctl create-order --request order.json --json | '*)
      echo '{"outTradeNo":"2026112300021","openId":"oTrainee","amount":"10.00"}' >order.json
      ;;
  esac >/dev/null
}

# run_prompts: everything after a prompt in the file `shown`, in this shell; prints the session as it went.
run_prompts() {
  local line status=0
  while IFS= read -r line; do
    [[ $line == '$ '* ]] || continue
    printf '%s\n' "$line"
    line=${line#'$ '}
    prepare "$line"
    if [[ $line == 'wxpayctl sandbox serve &' ]]; then
      serve came_of_one || exit 1
      status=0
    else
      (exit "$status") # for what asks with $?
      eval "$line" </dev/null >came_of_one 2>&1
      status=$?
    fi
    cat came_of_one
    [[ -z $(tail -c 1 came_of_one) ]] || echo # as a terminal shows it
  done <shown
}

# session TITLE: a section's prompts, in a home of its own.
session() (
  set +e
  title=$1
  HOME=$scratch/home-$1
  mkdir -p "$HOME/build/release"
  export HOME
  cd "$HOME" || exit 1
  # The tour puts this folder onto the path itself.
  ln -s "$(dirname "$program")" build/release/src
  prompts_of "$1" >shown
  if ! grep -qxF '$ wxpayctl sandbox serve &' shown; then
    export PATH=$PWD/build/release/src:$PATH WXPAYCTL_PROFILE=sandbox
    serve served || exit 1
  fi
  run_prompts >came
  kill %1
  wait
  diff -u --label "README.md, $1" --label 'what came' <(leave_open <shown) <(leave_open <came)
)

# The examples of a command's help; a line for cron begins with the time.
help_examples_of() {
  "$program" ${1:+"$1"} --help | awk '/^Examples:/ { inside = 1; next } /^$/ { inside = 0 } inside' |
    sed -E 's/^ *(\*[^ ]* +)*//'
}

# The examples of a man page, a command a line.
examples_of() {
  awk '/^\.SH / { inside = $2 == "EXAMPLES" } /^\.(RS|RE)$/ { listed = $0 == ".RS"; next } inside && listed' "$1" |
    sed -e 's/\\-/-/g' -e "s/\\\\(aq/'/g" -e 's/\\e$/\\/' | sed -e ':join' -e '/\\$/ { N; s/\\\n *//; b join' -e '}'
}

# Without an account, orders or the files they name most examples fail; none may be wrong usage.
run_examples() (
  set +e
  mkdir "$scratch/examples"
  cd "$scratch/examples" || exit 1
  # Refused before anything is sent, and after the usage has been checked.
  export HOME=$PWD WXPAYCTL_BASE_URL=http://example.invalid
  wxpayctl() {
    "$program" "$@"
    local code=$?
    ((code != 2)) || echo "wxpayctl $*" >>usage
    return "$code"
  }
  local page line
  for page in "$root"/man/*.1; do
    while IFS= read -r line; do
      case $line in
        'wxpayctl sandbox serve'*) ;; # runs until it is stopped
        'wxpayctl init') ;;           # asks, on a terminal
        wxpayctl* | *'| wxpayctl '*) eval "$line" </dev/null >/dev/null 2>said ;;
        *) echo "$line" >>usage ;;
      esac
    done < <(examples_of "$page"; help_examples_of "$(sed -E 's/.*wxpayctl-?(.*)\.1$/\1/' <<<"$page")")
  done
  [[ ! -e usage ]] || { sed 's/^/an example that is wrong usage: /' usage; return 1; }
)

# What README.zh-CN.md shows at a prompt is shown, and so run, in README.md too.
check_translation() {
  local line missing=0
  while IFS= read -r line; do
    grep -qxF -- "$line" "$root/README.md" || { echo "only in README.zh-CN.md: $line"; missing=1; }
  done < <(grep '^    \$ ' "$root/README.zh-CN.md")
  return "$missing"
}

mapfile -t sections < <(sections_with_prompts)
for section in 'Your first real order' 'A tour of five minutes'; do
  if [[ " ${sections[*]} " != *" $section "* ]]; then
    echo "README.md has no prompts below '$section'"
    exit 1
  fi
done
for section in "${sections[@]}"; do session "$section" || failures=$((failures + 1)); done
check_translation || failures=$((failures + 1))
run_examples || failures=$((failures + 1))
((failures == 0)) || exit 1
