#!/usr/bin/env bash
# scripts/setup against a machine made of stand-ins for dpkg-query, apt-get and sudo.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
machine=$(mktemp -d)
trap 'rm -rf "$machine"' EXIT
chmod 755 "$machine"
mkdir "$machine/bin"
calls=$machine/calls

# The machine has what $HAS names.
cat >"$machine/bin/dpkg-query" <<'FAKE'
#!/bin/bash
status=0
for package in "${@:4}"; do
  if [[ " $HAS " == *" $package "* ]]; then echo "$package installed"; else status=1; fi
done
exit $status
FAKE
cat >"$machine/bin/apt-get" <<'FAKE'
#!/bin/bash
while [[ $1 == -* ]]; do [[ $1 == -o ]] && shift; shift; done
echo "apt-get $*" >>"$CALLS"
[[ $1 == "$APT_FAILS" ]] && { echo "E: no luck"; exit 100; }
exit 0
FAKE
cat >"$machine/bin/sudo" <<'FAKE'
#!/bin/bash
[[ ${SUDO_WORKS:-no} == yes ]] || exit 1
[[ $1 == -n ]] && shift
echo "sudo ${1##*/}" >>"$CALLS"
exec "$@"
FAKE
cat >"$machine/bin/node" <<'FAKE'
#!/bin/bash
echo "${NODE-v18.20.4}"
FAKE
cat >"$machine/bin/npm" <<'FAKE'
#!/bin/bash
echo "npm $1 in ${3##*/}" >>"$CALLS"
[[ ${NPM_FAILS:-no} == no ]] || { echo "npm ERR! no luck"; exit 1; }
mkdir -p "$3/node_modules"
FAKE
chmod 755 "$machine"/bin/*

bench="libbenchmark-dev curl hyperfine wrk"
failures=0

# check NAME EXPECTED-STATUS EXPECTED-CALLS EXPECTED-WORDS
check() {
  local name=$1 problem=
  ((status == $2)) || problem+=" exit $status where $2 was due;"
  [[ $(cat "$calls") == "$3" ]] || problem+=" calls were: $(cat "$calls");"
  # shellcheck disable=SC2053  # a pattern is meant
  [[ $said == $4 ]] || problem+=" it said: $said;"
  if [[ -n $problem ]]; then
    echo "FAILED: $name:$problem"
    failures=$((failures + 1))
  fi
}

# run USER [VARIABLE=VALUE]… -- ARGUMENTS: what it said is in $said, its exit code in $status.
run() {
  local user=$1 settings=()
  shift
  while [[ $1 != -- ]]; do settings+=("$1") && shift; done
  shift
  : >"$calls"
  chmod 666 "$calls"
  local as=()
  [[ $user == root || $EUID != 0 ]] || as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
  status=0
  said=$("${as[@]}" env CALLS="$calls" HAS= APT_FAILS= PATH="$machine/bin:$PATH" "${settings[@]}" \
    bash "$machine/scripts/setup" "$@" 2>&1 </dev/null) || status=$?
}
# A copy, since another user need not be able to read the project's folder.
mkdir -p "$machine/scripts" "$machine/tests/interop"
cp "$root/scripts/setup" "$machine/scripts/setup"
echo '{}' >"$machine/tests/interop/package-lock.json"
chmod 755 "$machine/scripts" "$machine/scripts/setup" "$machine/tests"
chmod 777 "$machine/tests/interop"

run nobody HAS="$bench" -- --quiet bench
check "all there, quietly: nothing is done or said" 0 "" ""
run nobody HAS="$bench" -- bench
check "all there: it says so" 0 "" "setup: all packages for bench are there"
run nobody HAS= SUDO_WORKS=no -- bench
check "neither root nor sudo: it says what to run" 1 "" "*apt-get update && apt-get install --no-install-recommends $bench"
run nobody HAS="curl wrk" SUDO_WORKS=yes -- bench
check "through sudo: only what is missing" 0 \
  $'sudo true\nsudo env\napt-get update\nsudo env\napt-get install --no-install-recommends libbenchmark-dev hyperfine' \
  $'setup: installing libbenchmark-dev hyperfine\nsetup: done'
run nobody SUDO_WORKS=yes -- bogus
check "an unknown group" 2 "" "usage: *"

# A machine without node: nothing but the stand-ins and what the script itself needs.
mkdir "$machine/bare"
for tool in bash cat dirname env sed; do ln -s "$(command -v "$tool")" "$machine/bare/$tool"; done
for tool in dpkg-query apt-get sudo; do ln -s "../bin/$tool" "$machine/bare/$tool"; done
run nobody HAS=openssl PATH="$machine/bare" -- interop
check "no node: Debian's is named" 1 "" "*apt-get install --no-install-recommends nodejs npm"
run nobody HAS=openssl NODE=v16.20.2 -- interop
check "a node that is too old" 1 "" "*needs node 18 or newer*'v16.20.2'"
run nobody HAS=openssl NODE= -- interop
check "what is no node" 1 "" "*needs node 18 or newer*"
run nobody HAS=openssl NPM_FAILS=yes -- --quiet interop
check "a registry out of reach is a failure" 1 "npm ci in interop" "*npm ERR! no luck*registry must be in reach*"
run nobody HAS=openssl -- interop
check "the packages of npm" 0 "npm ci in interop" "setup: installing *setup: done"
run nobody HAS=openssl -- interop
check "the packages of npm are there" 0 "" "setup: all packages for interop are there"
echo '{"another": 1}' >"$machine/tests/interop/package-lock.json"
run nobody HAS=openssl -- --quiet interop
check "other packages of npm are wanted" 0 "npm ci in interop" "setup: installing *"

if ((EUID == 0)); then
  run root HAS="libbenchmark-dev hyperfine wrk" -- --quiet bench bench
  check "as root: no sudo, each package once" 0 \
    $'apt-get update\napt-get install --no-install-recommends curl' "setup: installing curl"
  run root HAS="libbenchmark-dev hyperfine wrk" APT_FAILS=update -- --quiet bench
  check "lists that cannot be fetched need not matter" 0 \
    $'apt-get update\napt-get install --no-install-recommends curl' "setup: installing curl"$'\n'"*going on*"
  run root HAS="libbenchmark-dev hyperfine wrk" APT_FAILS=install -- --quiet bench
  check "a package that cannot be had" 1 \
    $'apt-get update\napt-get install --no-install-recommends curl' "*E: no luck*could not install*"
fi

((failures == 0)) || exit 1
