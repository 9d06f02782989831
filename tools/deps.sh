#!/usr/bin/env bash
# Installs what vitgen is built with: Debian packages (as root or through sudo), and Halide and
# CMake as wheels into .deps/. What is there is left alone; a second run does nothing.
#
#   tools/deps.sh           what quickstart.sh needs
#   tools/deps.sh --tests   also what test.sh needs
#   tools/deps.sh --help
#
# VITGEN_NO_PACKAGES=1 leaves the system's packages to you.
# Exit code: 0, or 2 usage, 4 folder not writable, 5 something cannot be installed, 6 not x86-64.
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
. "$here/lib/common.sh"
. "$here/lib/deps.sh"

case ${1-} in
  '') install_deps build ;;
  --tests) install_deps tests ;;
  -h | --help) usage "$0" && exit 0 ;;
  *) fail $E_USAGE "unknown argument: $1" "tools/deps.sh --help" ;;
esac

cat <<TEXT
Halide  $VITGEN_DEPS/python/halide
CMake   $VITGEN_DEPS/bin/cmake
To use the presets by hand: export PATH=$VITGEN_DEPS/bin:\$PATH; cmake --preset dev
TEXT
