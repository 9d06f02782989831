# Sourced by the scripts in tools/: messages, exit codes and the facts of this machine.
# The exit codes are those of vitgen itself (docs/cli.md).
# shellcheck shell=bash

VITGEN_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
VITGEN_DEPS=$VITGEN_ROOT/.deps
readonly VITGEN_ROOT VITGEN_DEPS
readonly E_CHECK=1 E_USAGE=2 E_RESOURCES=5 E_INTERNAL=70

# say TEXT: what happens now, on stderr, so that stdout stays for results.
say() { printf '%s\n' "-- $*" >&2; }

# fail CODE TEXT [HINT...]: one line that says what is wrong, one per hint, and the exit code.
fail() {
  local code=$1 hint
  printf 'error: %s\n' "$2" >&2
  shift 2
  for hint in "$@"; do printf 'hint: %s\n' "$hint" >&2; done
  exit "$code"
}

# usage FILE: the comment at the top of a script is its help.
usage() { sed -n '2,/^[^#]/{/^#/s/^# \{0,1\}//p}' "$1"; }

# quietly LOG COMMAND...: runs it with all output in LOG, and says now and then how far it is: on
# a terminal in one line that is rewritten, else twice a minute. Shows the end of LOG if it fails.
quietly() {
  local log=$1 status=0 begin=$SECONDS process
  shift
  mkdir -p "$(dirname "$log")"
  "$@" >"$log" 2>&1 &
  process=$!
  while kill -0 "$process" 2>/dev/null; do
    sleep 0.2
    beat "$((SECONDS - begin))" "$log"
  done
  wait "$process" || status=$?
  [[ ! -t 2 ]] || printf '\r\033[K' >&2
  ((status)) || return 0
  tail -n 25 "$log" >&2
  printf 'the whole output is in %s\n' "$log" >&2
  return "$status"
}

# beat SECONDS LOG: one sign of life.
beat() {
  local last
  [[ -t 2 ]] || (($1 != beat_said && $1 % 30 == 29)) || return 0
  (($1 > 0)) || return 0
  beat_said=$1
  last=$(tail -c 300 "$2" | tr '\r' '\n' | tail -n 1 | tr -cd '[:print:]' | cut -c 1-60)
  if [[ -t 2 ]]; then
    printf '\r\033[K   %d s  %s' "$1" "$last" >&2
  else
    printf '   %d s  %s\n' "$1" "$last" >&2
  fi
}
beat_said=0

# Memory that may be used now, in MiB: of the machine, and of the control group if it has a limit.
memory_mib() {
  local machine limit used
  machine=$(awk '/^MemAvailable:/ { print int($2 / 1024) }' /proc/meminfo)
  limit=$(cat /sys/fs/cgroup/memory.max 2>/dev/null || echo max)
  used=$(cat /sys/fs/cgroup/memory.current 2>/dev/null || echo 0)
  if [[ $limit =~ ^[0-9]+$ ]] && ((limit - used < machine * 1048576)); then
    machine=$(((limit - used) / 1048576))
  fi
  echo "$machine"
}

# cpu_jobs: processors that this process may use (affinity and control group quota).
cpu_jobs() {
  local cpus quota period
  cpus=$(nproc)
  if read -r quota period 2>/dev/null </sys/fs/cgroup/cpu.max && [[ $quota =~ ^[0-9]+$ ]]; then
    quota=$(((quota + period - 1) / period))
    if ((quota < cpus)); then cpus=$quota; fi
  fi
  echo "$cpus"
}

# jobs_for MIB: how many processes of so much memory each may run side by side, at least one.
jobs_for() {
  local cpus memory
  cpus=$(cpu_jobs)
  memory=$(($(memory_mib) / $1))
  if ((memory < cpus)); then cpus=$memory; fi
  echo $((cpus > 0 ? cpus : 1))
}
