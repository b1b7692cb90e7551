#!/usr/bin/env bash
# Starts a standalone Master and Workers on 127.0.0.1 and prints the Master's URL: start.sh DIR
# Logs, process ids and the executors' folders go below DIR; stop.sh DIR ends it all.
#
#   SPARK_HOME            a Spark installation; unset: DIR/spark, made from the jars that Maven fetched
#   MASTER_PORT           7077, or the next free one
#   WORKERS               2
#   WORKER_CORES          1; cores of each
#   WORKER_MEMORY         2g; what the executors' heaps of each may add up to
#   GPU_DISCOVERY_SCRIPT  absolute; unset: no GPUs. It finds the Worker's number from 0 in WORKER_NUMBER
#   GPUS_PER_WORKER       1
set -euo pipefail

here="$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)"
mkdir -p "${1:?usage: start.sh DIR}"
dir="$(cd "$1" && pwd)"
if [[ -z "${SPARK_HOME:-}" ]]; then
  SPARK_HOME="$dir/spark"
  "$here/spark-home.sh" "$SPARK_HOME"
fi
if compgen -G "$dir/pids/*" >/dev/null; then
  echo "start.sh: error: Cannot start a cluster in '$dir': one runs there, or ended badly (run stop.sh '$dir')" >&2
  exit 1
fi
mkdir -p "$dir"/{pids,logs,work,local,tmp}

worker_options=""
if [[ -n "${GPU_DISCOVERY_SCRIPT:-}" ]]; then
  worker_options+=" -Dspark.worker.resource.gpu.amount=${GPUS_PER_WORKER:-1}"
  worker_options+=" -Dspark.worker.resource.gpu.discoveryScript='$GPU_DISCOVERY_SCRIPT'"
fi
export SPARK_LOCAL_IP=127.0.0.1 SPARK_DAEMON_MEMORY=512m SPARK_LOCAL_DIRS="$dir/local"
export SPARK_DAEMON_JAVA_OPTS="-Djava.io.tmpdir='$dir/tmp'"
export SPARK_MASTER_OPTS="-Dspark.master.rest.enabled=false"
export SPARK_WORKER_OPTS="$worker_options"

# Each in a process group of its own: with its executors, and out of reach of the terminal's Ctrl-C.
launch() {
  local name="$1"
  shift
  set -m
  nohup "$SPARK_HOME/bin/spark-class" "$@" </dev/null >"$dir/logs/$name" 2>&1 &
  echo $! >"$dir/pids/$name"
  set +m
}

# The first match of a pattern in a log, waited for.
await() {
  local name="$1" pattern="$2" i
  for ((i = 0; i < 300; i++)); do
    grep -o -m 1 "$pattern" "$dir/logs/$name" && return
    kill -0 "$(<"$dir/pids/$name")" 2>/dev/null || break
    sleep 0.2
  done
  tail -n 20 "$dir/logs/$name" >&2
  echo "start.sh: error: Cannot start $name (log: $dir/logs/$name)" >&2
  "$here/stop.sh" "$dir"
  exit 1
}

launch master org.apache.spark.deploy.master.Master \
  --host 127.0.0.1 --port "${MASTER_PORT:-7077}" --webui-port 0
url="$(await master 'spark://127.0.0.1:[0-9]*')"
for ((i = 0; i < ${WORKERS:-2}; i++)); do
  WORKER_NUMBER=$i launch "worker-$i" org.apache.spark.deploy.worker.Worker \
    --host 127.0.0.1 --webui-port 0 --cores "${WORKER_CORES:-1}" --memory "${WORKER_MEMORY:-2g}" \
    --work-dir "$dir/work" "$url"
done
for ((i = 0; i < ${WORKERS:-2}; i++)); do
  await "worker-$i" 'Successfully registered with master' >/dev/null
done
echo "$url"
