#!/usr/bin/env bash
# What to run before a commit: the project's rules, the formatter and clang-tidy.
#
#   tools/check.sh          clang-tidy over the files that differ from HEAD
#   tools/check.sh REF      ... from a commit or branch
#   tools/check.sh --all    ... over all files (many minutes)
#   tools/check.sh --help
#
# Exit code: 0, or 1 something is to be mended, 2 usage, 5 something cannot be installed.
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
. "$here/lib/common.sh"
. "$here/lib/deps.sh"
. "$here/lib/build.sh"

readonly build=build/dev
readonly TIDY_MIB=1500

# The C++ sources to look at: of the whole tree, or changed and new ones. Those of the examples
# include headers that are generated.
sources() {
  local base=$1
  if [[ $base == --all ]]; then
    git ls-files '*.cpp'
  else
    git diff --name-only --diff-filter=d "$base" -- '*.cpp'
    git ls-files --others --exclude-standard '*.cpp'
  fi | grep -vE '^(tests/fuzz|examples)/' || true
}

base=${1:-HEAD}
case $base in
  -h | --help) usage "$0" && exit 0 ;;
  --all) ;;
  *)
    git -C "$VITGEN_ROOT" rev-parse -q --verify "$base^{commit}" >/dev/null ||
      fail $E_USAGE "no such commit: $base" "tools/check.sh --help"
    ;;
esac

cd "$VITGEN_ROOT"
install_deps tests
status=0
say "rules and format"
python3 -B tests/rules/check.py all . || status=$E_CHECK
mapfile -t files < <(sources "$base")
if ((${#files[@]})); then
  say "clang-tidy over ${#files[@]} files"
  configure_preset dev
  # clang reads no header that g++ precompiled.
  mkdir -p "$build/tidy"
  sed -E 's/-include [^ ]*cmake_pch\.hxx//; s/-Winvalid-pch//' \
    "$build/compile_commands.json" >"$build/tidy/compile_commands.json"
  printf '%s\0' "${files[@]}" |
    xargs -0 -n 1 -P "$(jobs_for $TIDY_MIB)" clang-tidy-19 --quiet -p "$build/tidy" ||
    status=$E_CHECK
fi
exit "$status"
