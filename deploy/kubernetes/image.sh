#!/usr/bin/env bash
# Builds the image of both Kubernetes examples: image.sh SPARK_IMAGE IMAGE
# SPARK_IMAGE is one of Spark 4.2 for Scala 2.13 with Java 17 or newer; the image holds no CUDA libtorch yet.
# Not tested.
set -euo pipefail

here="$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)"
target="$here/../../jobs/target"
spark_image="${1:?usage: image.sh SPARK_IMAGE IMAGE}"
image="${2:?usage: image.sh SPARK_IMAGE IMAGE}"
rm -rf "$target/image"
mkdir -p "$target/image/lib"
cp "$target/puma-spark.jar" "$here/../../conf/"*.conf "$target/image"
cp "$here/../../conf/log4j2.properties" "$here/../nvidia-gpus.sh" "$target/image"
tr : '\n' <"$target/classpath" | grep -E '/ai/djl/|/net/java/dev/jna/' | xargs -I{} cp {} "$target/image/lib"
docker build --build-arg "SPARK_IMAGE=$spark_image" -t "$image" -f "$here/Dockerfile" "$target/image"
