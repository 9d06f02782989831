# Sourced by the scripts in tools/ after deps.sh: configure and build a preset.
# shellcheck shell=bash

# The largest compilation includes Halide.h: about 1 GB.
readonly COMPILE_MIB=1200

# configure_preset PRESET: in build/PRESET.
configure_preset() {
  # ccache, where it is: a clean build of the same sources takes seconds.
  if [[ -z ${CMAKE_CXX_COMPILER_LAUNCHER-} ]] && command -v ccache >/dev/null; then
    export CMAKE_CXX_COMPILER_LAUNCHER=ccache
    export CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
  fi
  cd "$VITGEN_ROOT"
  quietly "build/$1.configure.log" cmake --preset "$1" ||
    fail $E_INTERNAL "cannot configure preset $1" "if packages are missing: tools/deps.sh"
}

# build_preset PRESET TARGET...
build_preset() {
  local preset=$1 jobs status=0
  shift
  configure_preset "$preset"
  jobs=$(jobs_for $COMPILE_MIB)
  say "building preset $preset, $jobs at a time (some minutes the first time)"
  NINJA_STATUS="[%f/%t %es] " cmake --build --preset "$preset" -j "$jobs" ${1:+--target "$@"} >&2 ||
    status=$?
  ((status == 0)) || fail $E_INTERNAL "the build failed; the first error is above"
}
