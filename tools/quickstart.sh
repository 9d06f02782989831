#!/usr/bin/env bash
# From a trained model to a running C program, in one command: installs what is needed, builds
# vitgen, generates the library of the model in examples/fashion for this computer, compiles and
# links the C programs of examples/ against it, and classifies pictures.
#
#   tools/quickstart.sh
#   tools/quickstart.sh --help
#
# Everything is written below build/. A second run takes seconds.
# Exit code: 0, or 2 usage, 5 something cannot be installed, 70 the build failed, or vitgen's own.
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
. "$here/lib/common.sh"
. "$here/lib/deps.sh"
. "$here/lib/build.sh"

case ${1-} in
  '') ;;
  -h | --help) usage "$0" && exit 0 ;;
  *) fail $E_USAGE "unknown argument: $1" "tools/quickstart.sh --help" ;;
esac

readonly example=examples/fashion
readonly data=/usr/share/datasets/fashion-mnist
readonly out=build/quickstart
readonly library=$out/fashion

# compile PROGRAM FILE FLAG...: shows the command, for it is all that a program of yours needs.
compile() {
  local command=(cc -std=c99 -O2 "-I$library" "$2" "$library/libfashion.a" "${@:3}" -pthread -lm
    -o "$out/$1")
  say "${command[*]}"
  "${command[@]}"
}

# The test set, where it is installed.
test_accuracy() {
  local name
  if [[ ! -r $data/t10k-images-idx3-ubyte.gz ]]; then
    say "no test set in $data (Debian package dataset-fashion-mnist): accuracy not measured"
    return 0
  fi
  for name in t10k-images-idx3-ubyte t10k-labels-idx1-ubyte; do
    gzip -dc "$data/$name.gz" >"$out/$name"
  done
  compile accuracy $example/accuracy.c
  "$out/accuracy" "$library/fashion.weights" "$out/t10k-images-idx3-ubyte" \
    "$out/t10k-labels-idx1-ubyte" $example/expected/t10k_classes.txt
}

install_deps build
build_preset release vitgen
mkdir -p "$out"
say "generating $library from $example/model.safetensors"
build/release/tools/vitgen/vitgen generate -m $example/model.safetensors --target host \
  --name fashion -o "$library"
read -ra png < <(pkg-config --cflags --libs libpng)
compile classify examples/link_c/main.c "${png[@]}"
"$out/classify" "$library/fashion.weights" $example/images/*.png
test_accuracy
cat <<TEXT

The library is in $library: begin with fashion.README.md there. Your own model:
  build/release/tools/vitgen/vitgen generate --help
TEXT
