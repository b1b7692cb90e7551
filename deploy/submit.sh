#!/usr/bin/env bash
# Submits one puma command to a cluster: submit.sh [SPARK-SUBMIT OPTION...] -- COMMAND [ARGUMENT...]
#
#   SPARK_HOME            a Spark 4.2 installation, or a folder made by standalone/spark-home.sh
#   PYTORCH_LIBRARY_PATH  where libtorch is on every node; unset: the CPU build travels with the application
#   PYTORCH_VERSION, PYTORCH_FLAVOR, DJL_CACHE_DIR, OMP_NUM_THREADS  handed on to the executors if set
set -euo pipefail

root="$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)"
options=(--conf spark.executorEnv.DJL_OFFLINE=true)
while (($#)) && [[ "$1" != -- ]]; do
  options+=("$1")
  shift
done
if (($# < 2)); then
  echo "usage: submit.sh [SPARK-SUBMIT OPTION...] -- COMMAND [ARGUMENT...]" >&2
  exit 2
fi
shift

# What neither Spark nor our own jar brings.
jars=()
IFS=: read -r -a class_path <<<"$(<"$root/jobs/target/classpath")"
for jar in "${class_path[@]}"; do
  case "$jar" in
    */pytorch-native-*) [[ -n "${PYTORCH_LIBRARY_PATH:-}" ]] || jars+=("$jar") ;;
    */ai/djl/* | */net/java/dev/jna/*) jars+=("$jar") ;;
  esac
done
for name in PYTORCH_LIBRARY_PATH PYTORCH_VERSION PYTORCH_FLAVOR DJL_CACHE_DIR OMP_NUM_THREADS; do
  [[ -z "${!name:-}" ]] || options=(--conf "spark.executorEnv.$name=${!name}" "${options[@]}")
done

export DJL_OFFLINE=true
export SPARK_SUBMIT_OPTS="-Dlog4j2.configurationFile=$root/conf/log4j2.properties ${SPARK_SUBMIT_OPTS:-}"
exec "$SPARK_HOME/bin/spark-submit" --jars "$(IFS=, && echo "${jars[*]}")" "${options[@]}" \
  "$root/jobs/target/puma-spark.jar" "$@"
