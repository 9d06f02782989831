#!/usr/bin/env bash
# Checks vitgen on a real GPU. Everything is made on a computer that builds vitgen; the one with the
# GPU needs nothing but its driver, bash and glibc.
#
#   tools/gpu_check.sh pack DIR            here: libraries, inputs, expected outputs, a program
#   DIR/gpu_check.sh run DIR -o out.json   there: correctness, compute-sanitizer, times, other programs
#   tools/gpu_check.sh --help
#
# pack: writes DIR and DIR.tar.gz.
#   --build DIR         a build that has both programs (build/release, built if it has not)
#   --only LIST         of the libraries that --list names; others are left out
#   --list              what a pack holds
# run: writes out.json and out.md with what was measured beside what is aimed at, and why something was
# left out. A part that fails, hangs or finds no time costs no other. Beside vitgen it times
# torch.compile, cuBLAS and ONNX Runtime where python3 has them (bench_gpu.py).
#   -o, --output FILE   (gpu_check.json)
#   --seconds N         for all of it (540: fits a slot of ten minutes)
#   --isa LIST          variants to check (those that the GPU runs)
#
# Exit code: 0, or 1 something is computed wrong, 2 usage, 3 no pack, 4 a folder cannot be written,
# 5 not all could be checked, 6 no GPU, 70 the build failed.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
. "$here/lib/common.sh"

readonly E_INPUT=3 E_IO=4

# A model of each family, which together have every op; f32 on CUDA cores, 16 bits on tensor cores.
readonly fixtures="timm_vit google_vit timm_vit_rect timm_deit_distilled timm_deit3 timm_dinov2_giant
  timm_dinov3 timm_eva02 timm_beit timm_beit3 hf_deit_masked hf_mae openai_clip hf_siglip
  timm_vit_siglip_map irpe_product_qkv irpe_cross_qkv tnt tnt_legacy patch_mixer patch_mixer_prefix
  drop_pos drop_pos_attentive torch_post_norm"
readonly narrow_fixtures="timm_vit timm_eva02 timm_beit3 hf_siglip irpe_product_qkv tnt tnt_legacy
  patch_mixer drop_pos"
readonly bench_models="vit_tiny_patch16_224 vit_small_patch16_224 vit_base_patch16_224"
readonly bench_batches=1,8,32,256

# check/NAME and speed/NAME of every library.
all_libraries() {
  local model precision
  for model in $fixtures; do echo "check/${model}_f32"; done
  for precision in f16 bf16; do
    for model in $narrow_fixtures; do echo "check/${model}_$precision"; done
    for model in $bench_models; do echo "speed/${model}_$precision"; done
  done
}

# ---- pack ----------------------------------------------------------------------------------------

# The size of images in an .npy, as HxW; nothing where it holds none.
image_size() {
  head -c 256 "$1" | LC_ALL=C tr -dc '[:print:]' |
    LC_ALL=C sed -nE "s/.*'shape': \(([0-9]+), ([0-9]+), ([0-9]+), ([0-9]+)\).*/\3x\4/p"
}

# The outputs of a fixture whose values are there. Of DeiT with distillation timm averages the two
# tokens for its "pooled"; here it is both of them.
stored_outputs() {
  local file names=()
  for file in "$1"/*_f64.npy; do
    file=$(basename "$file" _f64.npy)
    [[ $1 == *timm_deit_distilled && $file == pooled ]] || names+=("$file")
  done
  (IFS=, && echo "${names[*]}")
}

# pack_fixture NAME_PRECISION: a tiny model with what the original code made of its input.
pack_fixture() {
  local precision=${1##*_} model=tests/fixtures/${1%_*} size
  local library=$pack/check/$1
  local options=(-m "$model" --outputs "$(stored_outputs "$model")")
  size=$(image_size "$model/input.npy")
  [[ ! $size ]] || options+=(--image "$size")
  generate "$1" "$library" --target cuda-sm90,x86-64-avx2 --precision "$precision" "${options[@]}"
  mkdir "$library/expected"
  cp "$model"/input*.npy "$model"/*_f64.npy "$model"/*_f32.npy "$library/expected/"
}

# pack_bench NAME_PRECISION: without weights, which the other computer makes up.
pack_bench() {
  generate "$1" "$pack/speed/$1" --target cuda-sm90 --precision "${1##*_}" --arch "${1%_*}" \
    --random-weights 1 --batch "$bench_batches"
  rm "$pack/speed/$1/$1.weights"
  "$vitgen" gpu-roofs "$pack/speed/$1"
}

# generate NAME DIR OPTION...: of its files those that a check reads.
generate() {
  local name=$1 directory=$2
  say "generating $name"
  "$vitgen" generate -q --emit so --name "$name" -o "$directory" "${@:3}"
  rm -f "$directory"/*.{h,pc,cmake,md}
}

# What the program needs and glibc is not.
copy_program() {
  mkdir -p "$pack/bin" "$pack/lib" "$pack/bench"
  cp "$program" "$pack/bin/gpu_check"
  ldd "$program" | awk '$3 ~ /^\// && $1 !~ /^lib(c|m|dl|rt|pthread)\.so/ { print $3 }' |
    xargs -r cp -t "$pack/bin"
  cp "$here/gpu_check.sh" "$here/bench_gpu.py" "$pack/"
  cp "$here/lib/common.sh" "$pack/lib/"
  cp "$here/bench/figures.py" "$here/bench/gpu_models.py" "$pack/bench/"
}

# value_of OPTION VALUE...: refuses an option without its value.
value_of() { (($# > 1)) || fail $E_USAGE "$1: its value is missing" "tools/gpu_check.sh --help"; }

# find_programs BUILD: those of a build that is there; without BUILD of one that is made.
find_programs() {
  local build=${1:-$VITGEN_ROOT/build/release}
  vitgen=$build/tools/vitgen/vitgen program=$build/tools/gpu_check/gpu_check
  [[ ! -x $vitgen || ! -x $program ]] || return 0
  [[ ! $1 ]] || fail $E_USAGE "--build: $1 has no tools/vitgen/vitgen with tools/gpu_check/gpu_check" \
    "cmake --build $1 --target vitgen gpu_check"
  [[ -e $here/lib/build.sh ]] || fail $E_USAGE "a pack packs nothing" "call it in vitgen's repository"
  . "$here/lib/deps.sh"
  . "$here/lib/build.sh"
  install_deps build
  build_preset release vitgen gpu_check
}

make_pack() {
  local build='' only='' whole='' pack='' vitgen program known library
  while (($#)); do
    case $1 in
      --build) value_of "$@" && build=$(realpath -m "$2") && shift ;;
      --only) value_of "$@" && only=$2 && shift ;;
      --list) all_libraries && exit 0 ;;
      -*) fail $E_USAGE "unknown option: $1" "tools/gpu_check.sh --help" ;;
      *)
        [[ ! $pack ]] || fail $E_USAGE "one DIR, not '$1' as well" "tools/gpu_check.sh --help"
        pack=$1
        ;;
    esac
    shift
  done
  [[ $pack ]] || fail $E_USAGE "pack: where to? DIR is missing" "tools/gpu_check.sh --help"
  [[ ! -e $pack ]] || fail $E_IO "there is something at $pack" "remove it, or name another folder"
  known=$(all_libraries)
  [[ $only ]] || whole=1
  for library in ${only:=$known}; do
    # Not from a pipe: grep closes it at the first match, which fails whoever still writes.
    grep -qx "$library" <<<"$known" ||
      fail $E_USAGE "no library is called $library" "tools/gpu_check.sh pack --list"
  done
  mkdir -p "$pack" || exit $E_IO
  pack=$(cd "$pack" && pwd -P)
  # shellcheck disable=SC2064  # the folder's name as it is now
  trap "rm -rf '$pack' '$pack.tar.gz'" EXIT
  find_programs "$build"
  cd "$VITGEN_ROOT"
  copy_program
  for library in $only; do
    if [[ $library == check/* ]]; then pack_fixture "${library#*/}"; else pack_bench "${library#*/}"; fi
  done
  [[ ! $whole ]] || "$program" ops "$pack"/check/*/
  tar -C "$(dirname "$pack")" -czf "$pack.tar.gz" "$(basename "$pack")"
  trap - EXIT
  say "$pack, packed $((($(stat -c %s "$pack.tar.gz") + 1048575) / 1048576)) MiB in $pack.tar.gz:" \
    "there, tar xzf $(basename "$pack").tar.gz and bash $(basename "$pack")/gpu_check.sh run $(basename "$pack")"
}

# ---- run -----------------------------------------------------------------------------------------

# until PERCENT: seconds left before so much of all the time is over.
until_percent() { echo $((seconds * $1 / 100 - (SECONDS - began))); }

# part FILE NAME LIMIT UNTIL COMMAND...: writes parts/FILE; a line in failed.txt or skipped.txt if not.
# Exit code 1 is a check that failed and says so itself.
part() {
  local file=$parts/$1 name=$2 limit=$3 left status=0
  left=$(until_percent "$4")
  ((left < limit)) && limit=$left
  if ((limit < 1)); then
    echo "$name: no time left" >>"$parts/skipped.txt"
    return
  fi
  say "$name"
  timeout -k 5 "$limit" "${@:5}" >"$file.new" 2>"$file.err" || status=$?
  if ((status == 0 || status == 1)) && [[ -s $file.new ]]; then
    mv "$file.new" "$file"
  elif ((status == 124 && left == limit)); then
    echo "$name: not done when its time was over" >>"$parts/skipped.txt"
  elif ((status == 124)); then
    echo "$name: no end after $limit s" >>"$parts/failed.txt"
  else
    echo "$name: exit code $status: $(tail -n 1 "$file.err" | cut -c 1-300)" >>"$parts/failed.txt"
  fi
}

# The first variant, which is the one that runs, is looked at first; of the others only how small
# models fare.
check_all() {
  local library isa
  for isa in $isas; do
    for library in "$pack"/check/*/ "$pack"/speed/*/; do
      [[ -e $library ]] || continue
      [[ $library != */speed/*/ || $isa == "${isas%% *}" ]] || continue
      part "check_$(basename "$library")_$isa.json" "check $(basename "$library") on $isa" 60 45 \
        "$program" check "$library" --isa "$isa" --samples "$(samples_of "$library")"
    done
  done
}

# The steps of a benchmark's library are large and many.
samples_of() { [[ $1 == */speed/*/ ]] && echo 64 || echo 1024; }

# Two networks of many ops, one on tensor cores.
sanitize_all() {
  local tool library name words results=()
  if ! command -v compute-sanitizer >/dev/null; then
    echo "compute-sanitizer: not installed" >>"$parts/skipped.txt"
    return
  fi
  for library in timm_vit_f16 timm_vit_f32; do
    for tool in memcheck racecheck; do
      name="compute-sanitizer $tool $library"
      [[ -d $pack/check/$library ]] || continue
      part "sanitizer_${tool}_$library.txt" "$name" 40 55 compute-sanitizer --tool "$tool" \
        --error-exitcode 9 "$program" check "$pack/check/$library" --samples 16
      [[ -e $parts/sanitizer_${tool}_$library.txt ]] && words="no errors" || words="see failed or skipped"
      results+=("\"$library $tool\": \"$words\"")
    done
  done
  (IFS=, && echo "{${results[*]-}}") >"$parts/sanitizer.json"
}

bench_all() {
  local library
  for library in "$pack"/speed/*/; do
    [[ -e $library ]] || continue
    part "bench_$(basename "$library").json" "bench $(basename "$library")" 40 70 \
      "$program" bench "$library" --seconds 1
    part "roofs_$(basename "$library").json" "what the GPU can do, for $(basename "$library")" 20 70 \
      "$program" roofs "$library"
  done
}

bench_peers() {
  local left
  left=$(until_percent 97)
  if ! command -v python3 >/dev/null; then
    echo "other programs: no python3" >>"$parts/skipped.txt"
  elif ! python3 -c 'import torch, sys; sys.exit(not torch.cuda.is_available())' 2>/dev/null; then
    echo "other programs: python3 has no torch that sees a GPU" >>"$parts/skipped.txt"
  elif compgen -G "$pack/speed/*/*.manifest.json" >/dev/null; then
    # It writes after each cell, so what was done in time stays.
    say "other programs, $left s"
    timeout -k 5 $((left > 1 ? left : 1)) python3 "$pack/bench_gpu.py" "$pack" \
      --seconds $((left - 15)) -o "$parts/peers.json" 2>"$parts/peers.err" ||
      echo "other programs: $(tail -n 1 "$parts/peers.err" | cut -c 1-300)" >>"$parts/skipped.txt"
  fi
}

make_weights() {
  local library
  for library in "$pack"/speed/*/; do
    [[ -e $library ]] || continue
    compgen -G "$library/*.weights" >/dev/null || "$program" weights "$library"
  done
}

run_pack() {
  local output=gpu_check.json seconds=540 isa probe isas='' pack='' program parts began=$SECONDS status=0
  while (($#)); do
    case $1 in
      -o | --output) value_of "$@" && output=$2 && shift ;;
      --seconds) value_of "$@" && seconds=$2 && shift ;;
      --isa) value_of "$@" && isas=${2//,/ } && shift ;;
      -*) fail $E_USAGE "unknown option: $1" "gpu_check.sh --help" ;;
      *) pack=$1 ;;
    esac
    shift
  done
  [[ $seconds =~ ^[1-9][0-9]{0,5}$ ]] || fail $E_USAGE "--seconds: a number, not '$seconds'"
  [[ -x ${pack:-.}/bin/gpu_check ]] || fail $E_INPUT "no pack in ${pack:-.}" "tools/gpu_check.sh pack DIR makes one"
  pack=$(cd "${pack:-.}" && pwd -P)
  program=$pack/bin/gpu_check
  for isa in $isas; do
    [[ $isa == cuda-sm80 || $isa == cuda-sm90 ]] ||
      fail $E_USAGE "--isa: a pack has cuda-sm80 and cuda-sm90, not '$isa'"
  done
  # Found out now and not when all is done.
  { mkdir -p "$(dirname "$output")" && probe=$(mktemp "$(dirname "$output")/.gpu_check.XXXXXX") &&
    rm "$probe"; } 2>/dev/null ||
    fail $E_IO "cannot write $output" "-o names a file in a folder that can be written"
  parts=$(mktemp -d)
  # shellcheck disable=SC2064  # the folder's name as it is now
  trap "rm -rf '$parts'" EXIT
  "$program" device >"$parts/device.json" || exit $?
  if [[ ! $isas ]]; then
    grep -q '"capability": 90' "$parts/device.json" && isas="cuda-sm90 cuda-sm80" || isas=cuda-sm80
  fi
  make_weights
  check_all
  sanitize_all
  bench_all
  bench_peers
  "$program" summary "$parts" --json "$output" --page "${output%.json}.md" || status=$?
  [[ ! -e ${output%.json}.md ]] || cat "${output%.json}.md"
  exit $status
}

case ${1-} in
  pack) make_pack "${@:2}" ;;
  run) run_pack "${@:2}" ;;
  -h | --help) usage "$0" ;;
  '') fail $E_USAGE "pack or run?" "tools/gpu_check.sh --help" ;;
  *) fail $E_USAGE "unknown argument: $1" "tools/gpu_check.sh --help" ;;
esac
