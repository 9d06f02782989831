# Sourced by the scripts in tools/: what vitgen is built with, and how it gets here.
# Debian packages through apt-get, Halide and CMake as wheels through pip; where from is the
# business of those programs' own settings.
# shellcheck shell=bash

# To build vitgen and the examples.
readonly BUILD_PACKAGES=(
  ca-certificates make ninja-build pkg-config
  llvm-19-dev libcli11-dev libfmt-dev nlohmann-json3-dev
  libjpeg62-turbo-dev libpng-dev libsqlite3-dev libzip-dev
)
# To try it on real data: ten thousand images with their labels.
readonly DATA_PACKAGES=(dataset-fashion-mnist)
# To test it: examples with a second compiler, GPU schedules on a CPU, format and lint checks.
readonly TEST_PACKAGES=(
  libgtest-dev libgmock-dev libbenchmark-dev
  clang-19 lld-19 clang-format-19 clang-tidy-19 cmake
  ocl-icd-libopencl1 pocl-opencl-icd
)

# missing_packages NAME...: those of them that are not installed, one a line.
missing_packages() {
  local installed
  # dpkg-query fails when it knows nothing of a package: that is one that is missing.
  installed=$({ dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null || true; } |
    sed -n 's/^installed //p')
  comm -23 <(printf '%s\n' "$@" | sort -u) <(sort -u <<<"$installed")
}

# The command that installs as root: nothing for root itself, sudo where it is allowed.
as_root() {
  if [[ $(id -u) -eq 0 ]]; then
    env "$@"
  else
    sudo env "$@"
  fi
}

may_install() {
  [[ $(id -u) -eq 0 ]] && return 0
  command -v sudo >/dev/null || return 1
  # A person at a terminal can type a password; a script cannot.
  [[ -t 0 && -t 2 ]] || sudo -n true 2>/dev/null
}

# first_pip: prints the first Python with a pip that works.
first_pip() {
  local python
  for python in python3 /usr/bin/python3; do
    if "$python" -m pip --version >/dev/null 2>&1; then
      echo "$python"
      return 0
    fi
  done
  return 1
}

# wheels_stamp: what .deps must have been made from.
wheels_stamp() { sha256sum <"$VITGEN_ROOT/cmake/requirements.txt" | cut -c 1-64; }

wheels_present() { [[ $(cat "$VITGEN_DEPS/stamp" 2>/dev/null) == "$(wheels_stamp)" ]]; }

# wanted_packages build|tests: the packages for it, and what stands in for missing programs.
wanted_packages() {
  printf '%s\n' "${BUILD_PACKAGES[@]}" "${DATA_PACKAGES[@]}"
  [[ $1 == tests ]] && printf '%s\n' "${TEST_PACKAGES[@]}"
  command -v c++ >/dev/null && command -v cc >/dev/null || printf '%s\n' g++
  wheels_present || first_pip >/dev/null || printf '%s\n' python3-pip
  return 0
}

# install_packages build|tests
install_packages() {
  local wanted missing command log=$VITGEN_DEPS/apt.log
  mapfile -t wanted < <(wanted_packages "$1")
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    fail $E_RESOURCES "this system has no apt-get; vitgen's scripts install Debian 12 packages" \
      "install the like of: ${wanted[*]}" "then run this again with VITGEN_NO_PACKAGES=1"
  fi
  mapfile -t missing < <(missing_packages "${wanted[@]}")
  [[ ${#missing[@]} -eq 0 ]] && return 0
  command="apt-get install --no-install-recommends ${missing[*]}"
  if ! may_install; then
    fail $E_RESOURCES "missing packages, and no right to install them: ${missing[*]}" \
      "run as root: apt-get update && $command"
  fi
  say "installing ${#missing[@]} Debian packages: ${missing[*]}"
  quietly "$log" as_root apt-get update ||
    say "apt-get update failed (see $log); going on with the lists that are here"
  quietly "$log" as_root DEBIAN_FRONTEND=noninteractive apt-get install -y \
    --no-install-recommends "${missing[@]}" ||
    fail $E_RESOURCES "cannot install: ${missing[*]}" \
      "is the network there? Then run as root: apt-get update && $command"
}

# unpack_wheels PYTHON DIR: the wheels as they are for CPython 3.11, which is no limit on PYTHON:
# of Halide's wheel only the C++ library is used.
unpack_wheels() {
  "$1" -m pip --disable-pip-version-check --no-input install --target "$2" \
    --no-deps --no-compile --only-binary=:all: --require-hashes \
    --python-version 3.11 --implementation cp --abi cp311 --abi none \
    --platform manylinux_2_28_x86_64 --platform manylinux_2_17_x86_64 \
    -r "$VITGEN_ROOT/cmake/requirements.txt"
}

install_wheels() {
  wheels_present && return 0
  local python fresh=$VITGEN_DEPS/fresh
  [[ $(uname -sm) == "Linux x86_64" ]] ||
    fail 6 "vitgen runs on x86-64 Linux; this is $(uname -sm)"
  python=$(first_pip) ||
    fail $E_RESOURCES "no python3 with pip" "install python3-pip, or put a python3 with pip on PATH"
  say "getting Halide 21 and CMake (about 100 MB, once)"
  rm -rf "$fresh"
  quietly "$VITGEN_DEPS/pip.log" unpack_wheels "$python" "$fresh" ||
    fail $E_RESOURCES "cannot get the wheels of cmake/requirements.txt" \
      "pip said why, above: a network or a disk that is full, or a pip older than 20.3"
  mkdir -p "$VITGEN_DEPS/bin"
  rm -rf "$VITGEN_DEPS/python" "$VITGEN_DEPS/stamp"
  mv "$fresh" "$VITGEN_DEPS/python"
  for program in cmake ctest cpack; do
    ln -sfn "../python/cmake/data/bin/$program" "$VITGEN_DEPS/bin/$program"
  done
  wheels_stamp >"$VITGEN_DEPS/stamp"
}

# install_deps build|tests: all of it, once; a second call finds everything and returns at once.
# Two scripts at a time take turns.
install_deps() {
  mkdir -p "$VITGEN_DEPS" 2>/dev/null ||
    fail 4 "cannot write to $VITGEN_ROOT" "clone into a folder of your own"
  exec {deps_lock}>"$VITGEN_DEPS/lock"
  flock "$deps_lock"
  [[ ${VITGEN_NO_PACKAGES:-} ]] || install_packages "$1"
  install_wheels
  exec {deps_lock}>&-
  PATH=$VITGEN_DEPS/bin:$PATH
}
