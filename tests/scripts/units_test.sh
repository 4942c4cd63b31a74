#!/usr/bin/env bash
# systemd has nothing to say against the units, whether it runs on this machine or not: units_test.sh WXPAYCTL
set -euo pipefail
program=$(realpath -- "$1")
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
command -v systemd-analyze >/dev/null || {
  echo "systemd-analyze is not installed"
  exit 77 # skipped
}
units=$(mktemp -d)
# A name that needs no quotes in a unit.
named=$units-program
ln -s "$program" "$named"
trap 'rm -rf "$units" "$named"' EXIT
failures=0

# refused [SED-EXPRESSION]…: whether systemd refuses something in the units with these changes. The program need not be
# installed; whether the page of Documentation= is there is looked at below.
refused() {
  local change
  cp "$root"/systemd/* "$units"
  for change in "s|^ExecStart=wxpayctl |ExecStart=$named |" "$@"; do sed -i "$change" "$units"/*; done
  ! systemd-analyze verify --man=no --recursive-errors=no "$units"/* 2>&1
}

problem() {
  echo "FAILED: $*"
  failures=$((failures + 1))
}

if said=$(refused); then problem "systemd refuses: $said"; fi
for broken in 's/^ProtectHome=/ProtectHomes=/' 's/^ProtectHome=yes/ProtectHome=perhaps/' '/^ExecStart=/d' \
  's/^ExecStart=[^ ]*/&.missing/' 's|^OnCalendar=.*|OnCalendar=*:0/x|' 's/^\[Timer\]/[Timers]/'; do
  refused "$broken" >/dev/null || problem "this must be refused: $broken"
done

while IFS= read -r page; do
  [[ -e $root/man/$page ]] || problem "no page $page"
done < <(sed -nE 's/^Documentation=man:(.*)\(([0-9])\)$/\1.\2/p' "$root"/systemd/*)

# From 0, shut off from everything, to 100. A protection that goes is to be noticed.
systemd-analyze security --offline=yes --threshold=35 --no-pager "$root"/systemd/*.service >"$units/security" 2>&1 ||
  problem "less is shut off than was: $(tail -n 1 "$units/security")"
((failures == 0)) || exit 1
