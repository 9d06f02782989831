#!/usr/bin/env bash
# link_c.sh WORK COMPILER FLAGS: examples/link_c by make, in a copy.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
work=$1 compiler=$2 flags=$3

need "$compiler"
need make
need pkg-config
rm -rf "$work"
mkdir -p "$work"
cp "$SOURCE"/examples/link_c/* "$work"
make -s -C "$work" CC="$compiler" STANDARD="$flags" LIBRARY="$LIBRARY"
make -s -C "$work" run LIBRARY="$LIBRARY" CC="$compiler" STANDARD="$flags" \
  IMAGES="$(echo "$SOURCE"/examples/fashion/images/*.png)" >"$work/answers"
check_answers "$work/answers"
