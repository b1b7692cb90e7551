#!/usr/bin/env bash
# Trains on YARN in client mode, which keeps puma's exit codes: train.sh CONFIG_FILE [KEY=VALUE...]
# Not tested.
#
#   SPARK_HOME, HADOOP_CONF_DIR  as for any spark-submit to YARN
#   RANKS, RANK_CORES, RANK_MEMORY, RANK_MEMORY_OVERHEAD  executors, one rank each; tensors live in the overhead
#   TORCH_ARCHIVE  a .tgz of libtorch's files, on HDFS; PYTORCH_VERSION and PYTORCH_FLAVOR say which
#   GPU_DISCOVERY_SCRIPT  path on every node, such as that of a copy of nvidia-gpus.sh
set -euo pipefail

here="$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)"
config="${1:?usage: train.sh CONFIG_FILE [KEY=VALUE...]}"
shift
export PYTORCH_LIBRARY_PATH=./libtorch
# Containers may not write to the home directory.
export DJL_CACHE_DIR=./djl
exec "$here/../submit.sh" --master yarn --deploy-mode client \
  --archives "$TORCH_ARCHIVE#libtorch" \
  --conf spark.executor.instances="$RANKS" \
  --conf spark.executor.cores="$RANK_CORES" --conf spark.task.cpus="$RANK_CORES" \
  --conf spark.executor.memory="$RANK_MEMORY" --conf spark.executor.memoryOverhead="$RANK_MEMORY_OVERHEAD" \
  --conf spark.executor.resource.gpu.amount=1 --conf spark.task.resource.gpu.amount=1 \
  --conf spark.executor.resource.gpu.discoveryScript="$GPU_DISCOVERY_SCRIPT" \
  -- train --config "$config" "cluster.ranks=$RANKS" "cluster.threads-per-rank=$RANK_CORES" "$@"
