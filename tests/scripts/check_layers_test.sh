#!/usr/bin/env bash
# scripts/check-layers finds every kind of include that points the wrong way, and nothing else.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
data=$root/tests/data/layers

status=0
said=$("$root/scripts/check-layers" "$data" 2>/dev/null) || status=$?
diff -u "$data/expected.txt" - <<<"$said"
if ((status != 1)); then
  echo "exit $status where 1 was due"
  exit 1
fi

status=0
"$root/scripts/check-layers" "$data/src/attic" 2>/dev/null || status=$?
if ((status != 2)); then
  echo "exit $status where 2 was due: a folder that is not the project must not pass"
  exit 1
fi
