#!/usr/bin/env bash
# Tests the whole path on a real standalone cluster of this machine: check.sh [DIR]
# A Master, two Workers with a made-up GPU each, and one spark-submit per command. Takes some minutes. Prints
# what it checked and ends with 0, or with 1 at the first thing that is not as it must be. Files go to DIR,
# which must not exist; without DIR to a temporary one that is removed when all is well.
#
#   TMPDIR         where the temporary folder goes
#   DJL_CACHE_DIR  where executors unpack libtorch (default: the launcher's, ~/.cache/puma-spark/djl)
set -euo pipefail

here="$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)"
root="$(cd "$here/../.." && pwd)"
if (($#)); then
  mkdir "$1"
  dir="$(cd "$1" && pwd)"
else
  dir="$(mktemp -d "${TMPDIR:-/tmp}/puma-check-XXXXXXXX")"
fi
mkdir "$dir/out"
unset SPARK_HOME SPARK_CONF_DIR SPARK_SUBMIT_OPTS PYTORCH_LIBRARY_PATH PYTORCH_VERSION PYTORCH_FLAVOR
export SPARK_LOCAL_IP=127.0.0.1
export DJL_CACHE_DIR="${DJL_CACHE_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/puma-spark/djl}"
is_dir_given=$#
submitted=""

finish() {
  local code=$?
  trap - EXIT
  [[ -z "$submitted" ]] || kill "$submitted" 2>/dev/null || true
  [[ ! -d "$dir/cluster/pids" ]] || "$here/stop.sh" "$dir/cluster"
  if ((code != 0)); then
    echo "check.sh: failed; logs: $dir/out and $dir/cluster" >&2
  elif ((!is_dir_given)); then
    rm -rf "$dir"
  fi
  exit "$((code == 0 ? 0 : 1))"
}
trap finish EXIT
trap 'exit 1' INT TERM HUP

passed() {
  echo "ok: $*"
}

fail() {
  echo "check.sh: error: $*" >&2
  exit 1
}

# Standard output and error of a step are its files in out/.
expect_code() {
  local name="$1" expected="$2" code="$3"
  ((code == expected)) && return
  tail -n 20 "$dir/out/$name.err" >&2
  fail "$name ended with exit code $code instead of $expected"
}

expect_text() {
  local file="$1" text="$2"
  grep -qF -- "$text" "$file" || fail "'$text' is not in $file"
}

expect_one_error() {
  local name="$1" lines
  lines="$(grep -c '^puma: error: ' "$dir/out/$name.err" || true)"
  [[ "$lines" == 1 ]] || fail "$name printed $lines error lines instead of one ($dir/out/$name.err)"
  sed -n 's/^puma: error: /    /p' "$dir/out/$name.err"
}

# submit NAME EXIT_CODE [SPARK-SUBMIT OPTION...] -- COMMAND [ARGUMENT...]
submit() {
  local name="$1" expected="$2" code=0
  shift 2
  "$root/deploy/submit.sh" --master "$master" --conf spark.ui.enabled=false \
    --conf spark.executor.extraJavaOptions="-Djava.io.tmpdir=$dir/cluster/tmp" "$@" \
    >"$dir/out/$name.out" 2>"$dir/out/$name.err" </dev/null &
  submitted=$!
  if declare -F "while_running_$name" >/dev/null; then
    "while_running_$name"
  fi
  wait "$submitted" || code=$?
  submitted=""
  expect_code "$name" "$expected" "$code"
}

gpus=(--conf spark.executor.resource.gpu.amount=1 --conf spark.task.resource.gpu.amount=1)
train=(train "run.directory=$dir/run" run.name=check "dataset.train=$dir/data/train"
  network.width=32 network.layers=1 network.heads=2 network.key-value-heads=2 network.feed-forward-width=64
  masking.phases=6 optimizer.warmup-steps=10
  train.steps=600 train.global-batch-size=16 train.checkpoint-every=100)

# --- the cluster and its input ---
"$root/puma" --version >"$dir/out/version.out"
jar="$root/jobs/target/puma-spark.jar"
(($(wc -c <"$jar") < 20000000)) || fail "'$jar' is no thin jar"
passed "thin jar of $(wc -c <"$jar") bytes, $(head -n 1 "$dir/out/version.out")"

master="$(GPU_DISCOVERY_SCRIPT="$here/fake-gpus.sh" "$here/start.sh" "$dir/cluster")"
export SPARK_HOME="$dir/cluster/spark"
passed "Master at $master and two Workers from $(find "$SPARK_HOME/jars" -name '*.jar' | wc -l) Maven jars"

"$root/puma" generate sudoku --boards 2000 --size 6 --out "$dir/puzzles.csv" \
  >"$dir/out/generate.out" 2>"$dir/out/generate.err" || expect_code generate 0 $?
submit shard 0 -- shard --input "$dir/puzzles.csv" --output "$dir/data"
"$root/puma" verify "$dir/data/train" >"$dir/out/verify.out" 2>"$dir/out/verify.err" \
  || expect_code verify 0 $?
passed "shard: datasets of 2000 puzzles, every checksum right"

# --- what must not train ---
submit no-gpu 2 "${gpus[@]}" -- "${train[@]}" cluster.allow-cpu-fallback=false
expect_one_error no-gpu
expect_text "$dir/out/no-gpu.err" "Cannot use GPU"
passed "train: a GPU of the task that libtorch does not see ends the run with exit code 2 and one line"

SECONDS=0
submit too-many-ranks 2 "${gpus[@]}" -- "${train[@]}" cluster.ranks=3 train.global-batch-size=48 \
  "run.directory=$dir/too-many"
expect_one_error too-many-ranks
expect_text "$dir/out/too-many-ranks.err" "need 3 free slots, have 2"
passed "train: three ranks on two slots are refused with exit code 2, all in all in $SECONDS s"

! compgen -G "$dir/*/checkpoints/step-*" >/dev/null || fail "a refused run left a checkpoint"
passed "train: neither left a checkpoint"

# --- training, a stop in the middle, and the same command again ---
while_running_stopped() {
  until compgen -G "$dir/run/checkpoints/step-*/COMMITTED" >/dev/null; do
    kill -0 "$submitted" 2>/dev/null || return 0
    sleep 0.1
  done
  kill -TERM "$submitted"
}
submit stopped 75 "${gpus[@]}" -- "${train[@]}" cluster.allow-cpu-fallback=true
expect_text "$dir/out/stopped.out" '"finished":false'
passed "train: SIGTERM ends it with a checkpoint and exit code 75: $(<"$dir/out/stopped.out")"

submit finished 0 "${gpus[@]}" -- "${train[@]}" cluster.allow-cpu-fallback=true
expect_text "$dir/out/finished.out" '"finished":true'
expect_text "$dir/out/finished.out" '"step":600'
expect_text "$dir/out/finished.out" '"world_size":2'
expect_text "$dir/out/finished.err" " ranks from '"
[[ "$(wc -l <"$dir/out/finished.out")" == 1 ]] || fail "standard output is more than one line of JSON"
passed "train: the same command goes on and finishes: $(<"$dir/out/finished.out")"

logs=("$dir"/cluster/work/app-*/*/stderr)
ranks="$(grep -ohE 'rank=[0-9]/2: GPU addresses from Spark: \[[0-9]\]' "${logs[@]}" | sort | uniq -c)"
for number in 0 1; do
  [[ "$ranks" == *"rank=$number/2"* && "$ranks" == *"[$number]"* ]] \
    || fail "rank $number or GPU $number is missing in: $ranks"
  grep -qE "GPU $number is wanted, .*: computing on the CPU" "${logs[@]}" \
    || fail "no executor says that it computes on the CPU instead of GPU $number"
done
passed "train: both ranks took their GPU's address from their task and fell back to the CPU"

# --- scores, with libtorch from a folder of the node instead of a jar ---
mkdir "$dir/libtorch"
ln -s "$DJL_CACHE_DIR"/pytorch/2.7.1-*cpu-*/lib* "$dir/libtorch/"
PYTORCH_LIBRARY_PATH="$dir/libtorch" PYTORCH_VERSION=2.7.1 PYTORCH_FLAVOR=cpu DJL_CACHE_DIR="$dir/cache" \
  submit evaluate 0 "${gpus[@]}" -- evaluate --checkpoints "$dir/run/checkpoints/*" --data "$dir/data/validation" \
  --out "$dir/evaluation" evaluate.limit=20 cluster.allow-cpu-fallback=true
scores="$(find "$dir/evaluation/results" -name '*.json' | wc -l)"
saved="$(find "$dir/run/checkpoints" -name COMMITTED | wc -l)"
((scores == saved && saved >= 6)) || fail "$scores scores of $saved checkpoints"
[[ -s "$dir/evaluation/results.parquet" || -d "$dir/evaluation/results.parquet" ]] || fail "no Parquet file"
apps=("$dir"/cluster/work/app-*)
! compgen -G "${apps[-1]}/*/pytorch-native-*" >/dev/null || fail "libtorch came as a jar (${apps[-1]})"
passed "evaluate: $scores scores of $saved checkpoints, libtorch by PYTORCH_LIBRARY_PATH"

submit report 0 -- report --runs "$dir/run" --evaluation "$dir/evaluation" --out "$dir/report.html"
expect_text "$dir/report.html" "</html>"
expect_text "$dir/report.html" "check"
passed "report: $(wc -c <"$dir/report.html") bytes of HTML"

# --- the end ---
"$here/stop.sh" "$dir/cluster"
left="$(ps -eo pid=,args= | awk -v dir="$dir/" 'index($0, dir) && !/check\.sh|awk/')"
[[ -z "$left" ]] || fail "processes are left: $left"
passed "no process is left"
