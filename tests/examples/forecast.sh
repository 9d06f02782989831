#!/usr/bin/env bash
# forecast.sh WORK: examples/forecast with vitgen as it is installed. Its library is generated when
# it is built; its forecast is that of `vitgen run`, its errors and its picture those of its README.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
work=$1
example=$SOURCE/examples/forecast

need g++
need python3
rm -rf "$work"
mkdir -p "$work"
"${CMAKE:-cmake}" --install "$(dirname "$VITGEN")/../.." --prefix "$work/prefix" >"$work/log"
"${CMAKE:-cmake}" -S "$example" -B "$work/build" "-DCMAKE_PREFIX_PATH=$work/prefix" \
  -DCMAKE_CXX_COMPILER=g++ -DCMAKE_CXX_FLAGS=-Werror >>"$work/log"
"${CMAKE:-cmake}" --build "$work/build" >>"$work/log"
rm -rf "$work/prefix"
program=$work/build/forecast weights=$work/build/loads/loads.weights
cd "$work"

# same WANTED FOUND WHAT
same() {
  diff "$1" "$2" >"$work/difference" && return
  head -n 20 "$work/difference"
  echo "$3" >&2
  exit 1
}

# The series: the seed decides it, and the files beside the program are parts of it.
series() { python3 -B "$example/series.py" "$@"; }
series --begin 2024-06-17 --end 2024-07-01 >made.csv
same "$example/history.csv" made.csv "series.py does not make history.csv"
series --begin 2024-07-01 --end 2024-07-03 >made.csv
same "$example/future.csv" made.csv "series.py does not make future.csv"

# A forecast without knowing what came, and the same by vitgen run.
"$program" "$weights" "$example/history.csv"
mv forecast.csv alone.csv
if grep -q '"future"' forecast.svg; then
  echo "the plot shows what is not known" >&2
  exit 1
fi
"$VITGEN" -q generate -m "$example/model.safetensors" --target host --name loads -o loads
"$VITGEN" run loads --input "$example/history.csv" --output run.csv >>log
same run.csv alone.csv "the forecasts of the example and of vitgen run differ"

# errors FILE NAME: its mean absolute and mean squared error.
errors() { sed -nE "s/^$2 +([0-9.]+) +([0-9.]+)$/\1 \2/p" "$1"; }

# better FILE: the model's errors are below all naive forecasts'.
better() {
  local name
  for name in "same hour last week" "same hour yesterday" "last value"; do
    read -r mae mse other_mae other_mse <<<"$(errors "$1" PatchMixer) $(errors "$1" "$name")"
    awk "BEGIN { exit !($mae < $other_mae && $mse < $other_mse) }" && continue
    cat "$1"
    echo "$name is no worse than the model" >&2
    exit 1
  done
}

"$program" "$weights" "$example/history.csv" "$example/future.csv" >two_days
same alone.csv forecast.csv "the forecast depends on what came"
same "$example/forecast.svg" forecast.svg "the README's picture is another"
better two_days

# All of the half-year that nothing was chosen by: the README's table.
series --begin 2024-07-01 --end 2025-01-01 >half_year.csv
"$program" "$weights" "$example/history.csv" half_year.csv >half_year
better half_year
sed -n '/forecasts of 48 hours/,/^last value/p' "$example/README.md" >table
same table half_year "the README's table is another"

# Files that do not fit are refused.
head -n 100 "$example/history.csv" >short.csv
sed '2s/,.*/,1,x,2/' "$example/history.csv" >words.csv
for file in short.csv words.csv missing.csv; do
  if "$program" "$weights" $file 2>message; then
    echo "$file is taken" >&2
    exit 1
  fi
  grep -q "^error: $file" message
done
