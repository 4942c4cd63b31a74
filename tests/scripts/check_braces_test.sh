#!/usr/bin/env bash
# scripts/check-braces finds a call after a member with bare braces, and nothing else.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

status=0
said=$("$root/scripts/check-braces" "$root/tests/data/braces" 2>/dev/null) || status=$?
diff -u - <(printf '%s\n' "$said") <<'EXPECTED'
src/shapes.cpp:4: time_of() follows a member with bare braces (line 3): name its type
src/shapes.cpp:5: id_of() follows a member with bare braces (line 5): name its type
EXPECTED
if ((status != 1)); then
  echo "exit $status where 1 was due"
  exit 1
fi

if "$root/scripts/check-braces" "$root/docs" 2>/dev/null; then
  echo "a folder that is not the project must not pass"
  exit 1
fi
