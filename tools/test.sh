#!/usr/bin/env bash
# Builds vitgen and runs its tests. Installs what is needed first.
#
#   tools/test.sh          the tests labelled `quick`
#   tools/test.sh --full   also those labelled `full`; then the quick ones with ASan and UBSan in one
#                          build, and those of runtime and program with TSan, where eight threads also
#                          run a model 1000 times
#   tools/test.sh --help
#
# Words after -- go to ctest:  tools/test.sh -- -R Linear
# Exit code: 0, or 1 a test failed, 2 usage, 5 something cannot be installed, 70 the build failed.
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
. "$here/lib/common.sh"
. "$here/lib/deps.sh"
. "$here/lib/build.sh"

full=
while (($#)); do
  case $1 in
    --full) full=1 ;;
    -h | --help) usage "$0" && exit 0 ;;
    --) shift && break ;;
    *) fail $E_USAGE "unknown argument: $1" "tools/test.sh --help" ;;
  esac
  shift
done

# A test that generates a model compiles kernels side by side with others: about 1 GB.
readonly TEST_MIB=1500

# run_tests TEST_PRESET CTEST_ARGUMENT...
run_tests() {
  local test=$1
  shift
  say "running the tests of preset $test"
  ctest --preset "$test" -j "$(jobs_for $TEST_MIB)" "$@" || failed+=("$test")
}

failed=()
install_deps tests
if [[ $full ]]; then
  build_preset dev
  run_tests full "$@"
  build_preset asan-ubsan
  run_tests asan-ubsan "$@"
  build_preset tsan test_base test_runtime test_emit test_vitgen  # what has threads
  run_tests tsan "$@"
  run_tests tsan-stress "$@"
else
  build_preset dev
  run_tests dev "$@"
fi
if ((${#failed[@]})); then
  printf 'error: tests failed in preset %s\n' "${failed[*]}" >&2
  exit $E_CHECK
fi
