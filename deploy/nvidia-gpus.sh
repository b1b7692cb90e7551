#!/usr/bin/env bash
# GPU discovery script for Spark (spark.{worker,executor}.resource.gpu.discoveryScript): all of the node's.
# Not tested.
set -euo pipefail

addresses="$(nvidia-smi --query-gpu=index --format=csv,noheader | sed 's/.*/"&"/' | paste -sd, -)"
echo "{\"name\": \"gpu\", \"addresses\": [$addresses]}"
