# Sourced by the scripts beside it. They get the work folder as $1 and, from the environment,
# VITGEN (the program), SOURCE (of this project) and LIBRARY (the generated fashion library).
# shellcheck shell=bash
set -euo pipefail

SKIP=77

# need PROGRAM: skips the test where it is absent.
need() {
  command -v "$1" >/dev/null || {
    echo "no $1 here" >&2
    exit $SKIP
  }
}

# check_answers FILE: one line per image with label, probability and time, and the labels are those
# that `vitgen run` gives.
check_answers() {
  local images=("$SOURCE"/examples/fashion/images/*.png)
  "$VITGEN" run "$LIBRARY" --image "${images[@]}" -k 1 |
    awk '/\.png  \(/ { n = split($1, path, "/"); next } NF { sub(/^ *[0-9.]+ % +/, "")
         print path[n] ": " $0 }' >"$1.expected"
  sed -nE 's#^(.*/)?([^/]+\.png: .+) [0-9.]+ %, [0-9.]+ ms$#\2#p' "$1" >"$1.found"
  if (($(wc -l <"$1.expected") != ${#images[@]})) || ! diff "$1.expected" "$1.found"; then
    cat "$1"
    echo "the answers of the example and of vitgen run differ" >&2
    exit 1
  fi
}
