#!/usr/bin/env bash
# link_cmake.sh WORK find_package|vitgen_add_library COMPILER C|CXX: examples/link_cmake with the
# system's CMake, which is the oldest one promised (3.25), against the library as it was generated
# or with vitgen as it is installed.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
work=$1 way=$2 compiler=$3 language=$4

cmake=/usr/bin/cmake
need $cmake
need "$compiler"
rm -rf "$work"
mkdir -p "$work"
if [[ $way == find_package ]]; then
  options=("-Dfashion_DIR=$LIBRARY")
else
  prefix=$work/prefix
  "${CMAKE:-cmake}" --install "$(dirname "$VITGEN")/../.." --prefix "$work/installed" >"$work/log"
  mv "$work/installed" "$prefix" # it must work from another place
  options=("-DCMAKE_PREFIX_PATH=$prefix" "-DMODEL=$SOURCE/examples/fashion/model.safetensors")
fi
"$cmake" -S "$SOURCE/examples/link_cmake" -B "$work/build" "${options[@]}" \
  "-DAS_LANGUAGE=$language" "-DCMAKE_${language}_COMPILER=$compiler" >>"$work/log"
"$cmake" --build "$work/build" >>"$work/log"
"$cmake" --build "$work/build" --target run | grep '\.png: ' >"$work/answers"
check_answers "$work/answers"
if [[ $way == vitgen_add_library ]]; then
  "$cmake" --build "$work/build" >"$work/again"
  if grep Generating "$work/again"; then
    echo "nothing has changed, but the library is generated again" >&2
    exit 1
  fi
  rm -rf "$prefix"
fi
